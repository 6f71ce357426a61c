"""A connection to the engine for one piece of work; every error of the SDK becomes one of Lockgate's, with advice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import docker.errors
import requests
import urllib3

from lockgate.errors import InputError, LockgateError, ToolError

_RAISED = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)


@contextmanager
def connected(doing: str) -> Iterator[docker.DockerClient]:
    """A connection for one piece of work; what the SDK raises becomes a ``ToolError``."""
    try:
        client = docker.from_env()
    except _RAISED as error:
        raise _unreachable(doing, error) from error
    try:
        yield client
    except _RAISED as error:
        raise explained(doing, error) from error
    finally:
        client.close()


def explained(doing: str, error: Exception) -> LockgateError:
    """What went wrong after the engine had answered, and what to do. The order matters: many are also an OSError."""
    match error:
        case docker.errors.DockerException() if "invalid reference format" in str(error):
            return InputError(f"cannot {doing}: not an image tag", hint="a tag is written NAME:VERSION, in lower case")
        case docker.errors.APIError():
            return ToolError(f"cannot {doing}: {str(error.explanation or error).strip()}", hint=_advice(str(error)))
        case docker.errors.DockerException():
            return ToolError(f"cannot {doing}: {error}")
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            return ToolError(
                f"cannot {doing}: the engine has stopped answering", hint="look at its load and its log, then try again"
            )
        case requests.RequestException() | urllib3.exceptions.HTTPError() | ConnectionError():
            return ToolError(
                f"cannot {doing}: the connection to the engine broke: {error}", hint="does it still run? docker info"
            )
        case _:
            return ToolError(f"cannot {doing}: {error}", hint="can this user read all that the image is made of?")


def _advice(reason: str) -> str:
    if "no space left" in reason:
        return "make room where the engine keeps its images: docker system df"
    return ""


def _unreachable(doing: str, error: Exception) -> ToolError:
    host = os.environ.get("DOCKER_HOST", "")
    where = f"DOCKER_HOST={host}" if host else "the default socket, as DOCKER_HOST is not set"
    if "permission denied" in str(error).lower():
        return ToolError(
            f"cannot {doing}: no permission for the engine at {where}",
            hint="join the group that owns the socket, usually `docker`",
        )
    return ToolError(
        f"cannot {doing}: no Docker engine answers at {where}",
        hint="start one, or set DOCKER_HOST to its address; `docker context inspect` shows the docker command's own",
    )
