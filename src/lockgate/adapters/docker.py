"""Builds container images on a Docker engine, through the Docker SDK and the engine's classic builder."""

import contextlib
import io
import os
import re
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import docker
import docker.errors
import requests
import urllib3

from lockgate.domain.names import listed
from lockgate.errors import DocumentError, InputError, LockgateError, ToolError

SILENCE = 900
"""Seconds for which a build may say nothing. The SDK's own limit of 60 is shorter than one long installation."""

READY_SECONDS = 90.0
PORT = "3000/tcp"

TAIL = 20
"""Lines of a failed build that the error repeats."""

# The engine reads these two and takes them out of the context before a COPY sees it.
_RECIPE, _IGNORE = ".lockgate.Dockerfile", ".dockerignore"
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What the classic builder says between its steps: ids of layers and containers, of use to nobody.
_NOISE = re.compile(r" ---> (Running in )?[0-9a-f]{12}|Removing intermediate container [0-9a-f]{12}")
_RAISED = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class DockerImages:
    """The images port on the engine that ``DOCKER_HOST`` names, or the one at the default socket."""

    def ping(self) -> str:
        """The engine's version. Raises ``ToolError`` where no engine answers."""
        with _engine("reach the engine") as client:
            return str(client.version()["Version"])

    def find(self, tag: str) -> str | None:
        """The id of the image that the engine has under this tag, or ``None``."""
        with _engine(f"look for {tag}") as client:
            try:
                return str(client.images.get(tag).id)
            except docker.errors.ImageNotFound:
                return None

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` where the engine has no such image, or the image no such label."""
        with _engine(f"look at {image}") as client:
            found = client.images.get(image).labels.get(name)
        if not found:
            raise ToolError(f"{image} has no label {name}", hint="it is no release's image: lockgate image release")
        return str(found)

    @contextmanager
    def serve(self, image: str) -> Iterator[str]:
        """Run an image that serves a release; its URL once it answers. Leaving the block removes it.

        It is asked on loopback, or from a container beside it, where the engine is this machine's; else at the host
        that ``DOCKER_HOST`` names, where it listens for as long as the block lasts.
        """
        remote = _remote_host()
        with _engine(f"run {image}") as client:
            published = ("0.0.0.0" if remote else "127.0.0.1", 0)  # noqa: S104 - of another machine, for a while
            container = client.containers.run(image, detach=True, init=True, ports={PORT: published})
            try:
                yield _when_ready(container, image, remote)
            finally:
                container.remove(force=True, v=True)

    def build(
        self,
        context: Mapping[str, Path],
        dockerfile: Path,
        tag: str | None,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> str:
        """Build an image, with a tag unless it gets its name later; the image's id.

        Each line of the log goes to ``on_line`` as it comes.

        Raises ``DocumentError`` where a part of the context is missing, ``ToolError`` where the build fails.
        """
        what = tag or "an image"
        _demand(what, [dockerfile, *context.values()])
        with tempfile.TemporaryFile() as packed, _engine(f"build {what}") as client:
            _pack(packed, context, dockerfile)
            events = client.api.build(
                fileobj=packed,
                custom_context=True,
                dockerfile=_RECIPE,
                tag=tag,
                buildargs=dict(arguments),
                labels=dict(labels),
                rm=True,
                forcerm=True,
                timeout=SILENCE,
                decode=True,
            )
            made = _follow(events, what, on_line)
            return str(client.images.get(tag or made).id)

    def name(self, image: str, tag: str) -> None:
        """Give the image of that id a tag; whatever had it before has it no more."""
        with _engine(f"tag {tag}") as client:
            client.images.get(image).tag(tag)

    def discard(self, image: str) -> None:
        """Remove the image of that id where it has no tag; nothing happens to one that has, or that is gone."""
        # One that the engine keeps, for a container or a layer above it, stays without a name.
        with _engine(f"remove {image}") as client, contextlib.suppress(docker.errors.APIError):
            if not client.images.get(image).tags:
                client.images.remove(image)


def _remote_host() -> str:
    """The machine of an engine that is reached over the network; empty where it is this one's."""
    address = urlsplit(os.environ.get("DOCKER_HOST", ""))
    host = address.hostname or "" if address.scheme in {"tcp", "ssh", "http", "https"} else ""
    return f"[{host}]" if ":" in host else host


def _places(container: Any, remote: str) -> Iterator[str]:
    """Where the container may be asked."""
    for published in container.ports.get(PORT) or ():
        if ":" not in str(published["HostIp"]):
            yield f"http://{remote or '127.0.0.1'}:{published['HostPort']}"
    if not remote:  # whoever runs in a container has a loopback of its own
        networks = container.attrs["NetworkSettings"]["Networks"].values()
        yield from (f"http://{each['IPAddress']}:{PORT.partition('/')[0]}" for each in networks if each["IPAddress"])


def _when_ready(container: Any, image: str, remote: str) -> str:
    """The container's URL, once it says that it is ready."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        container.reload()
        if container.status in {"exited", "dead"}:
            break
        for url in _places(container, remote):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{url}/readyz", timeout=2).ok:
                    return url
        time.sleep(0.2)
    said = "\n    ".join(container.logs(tail=TAIL).decode(errors="replace").splitlines())
    asked = listed(_places(container, remote)) or "no address"
    raise ToolError(f"{image} does not get ready; asked was {asked}", hint=f"its log ends with:\n    {said}")


def _demand(tag: str, paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise DocumentError(f"cannot build {tag}: {path}: missing", hint="see docker/")


def _pack(packed: IO[bytes], context: Mapping[str, Path], dockerfile: Path) -> None:
    """The context as one archive, in which equal files give equal bytes, so that the engine's cache knows them."""
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, path in context.items():
            archive.add(path, arcname=name, filter=_anonymous)
        for name, content in (
            (_RECIPE, dockerfile.read_bytes()),
            (_IGNORE, f"{_IGNORE}\n{_RECIPE}\n".encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry without its owner and time, and readable by the user that the image runs as."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _follow(events: Iterable[Mapping[str, Any]], what: str, on_line: Callable[[str], None]) -> str:
    """Hand on the log, and raise what the engine says went wrong with the log's end; the id of what was made."""
    tail: deque[str] = deque(maxlen=TAIL)
    failure = made = ""
    for event in events:  # to the end in any case: a stream that is left half read keeps its connection
        failure = failure or str(event.get("error", "")).strip()
        made = str((event.get("aux") or {}).get("ID", made))
        for text in _COLOUR.sub("", str(event.get("stream", ""))).splitlines():
            line = text.rstrip()
            if line and not _NOISE.fullmatch(line):
                tail.append(line)
                on_line(line)
    if failure:
        raise ToolError(
            f"cannot build {what}: {failure}", hint="the log ends with:\n    " + "\n    ".join(tail or ["(nothing)"])
        )
    return made


@contextmanager
def _engine(doing: str) -> Iterator[docker.DockerClient]:
    """A connection for one piece of work; what the SDK raises becomes a ``ToolError``."""
    try:
        client = docker.from_env()
    except _RAISED as error:
        raise _unreachable(doing, error) from error
    try:
        yield client
    except _RAISED as error:
        raise _explained(doing, error) from error
    finally:
        client.close()


def _explained(doing: str, error: Exception) -> LockgateError:
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
