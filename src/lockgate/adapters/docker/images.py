"""Builds container images on a Docker engine, through the Docker SDK and the engine's classic builder."""

import contextlib
import io
import os
import re
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlsplit

import docker.errors
import requests

from lockgate.adapters.docker.bundle_archive import unpack
from lockgate.adapters.docker.engine import connected
from lockgate.domain.names import listed
from lockgate.errors import DocumentError, ToolError

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


class DockerImages:
    """The images port on the engine that ``DOCKER_HOST`` names, or the one at the default socket."""

    def ping(self) -> str:
        """The engine's version. Raises ``ToolError`` where no engine answers."""
        with connected("reach the engine") as client:
            return str(client.version()["Version"])

    def find(self, tag: str) -> str | None:
        """The id of the image that the engine has under this tag, or ``None``."""
        with connected(f"look for {tag}") as client:
            try:
                return str(client.images.get(tag).id)
            except docker.errors.ImageNotFound:
                return None

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` for no such image, ``DocumentError`` for no such label."""
        with connected(f"look at {image}") as client:
            found = client.images.get(image).labels.get(name)
        if not found:
            raise DocumentError(f"{image} has no label {name}", hint="it is no release's image: lockgate image release")
        return str(found)

    def bring(self, image: str, folder: str, into: Path) -> Mapping[str, str]:
        """Copy the bundle in a folder of an image to a new folder; what was left there, and why.

        A container is created and never started: nothing of the image runs.
        """
        with connected(f"copy {folder} out of {image}") as client:
            # An image without a command needs one to be created; the volumes that it declares go with the container.
            container = client.containers.create(image, command=["/never-started"], network_disabled=True)
            try:
                archive, _ = container.get_archive(folder)
                with contextlib.closing(cast("Generator[bytes, None, None]", archive)):
                    return unpack(archive, folder.rpartition("/")[2], into, f"{image}, {folder}")
            except docker.errors.NotFound as error:
                raise DocumentError(f"{image} has no {folder}", hint="it is no release's image") from error
            finally:
                container.remove(force=True, v=True)

    @contextmanager
    def serve(self, image: str) -> Iterator[str]:
        """Run an image that serves a release; its URL once it answers. Leaving the block removes it.

        It is asked on loopback, or from a container beside it, where the engine is this machine's; else at the host
        that ``DOCKER_HOST`` names, where it listens for as long as the block lasts.
        """
        remote = _remote_host()
        with connected(f"run {image}") as client:
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
        with tempfile.TemporaryFile() as packed, connected(f"build {what}") as client:
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
        with connected(f"tag {tag}") as client:
            client.images.get(image).tag(tag)

    def discard(self, image: str) -> None:
        """Remove the image of that id where it has no tag; nothing happens to one that has, or that is gone."""
        # One that the engine keeps, for a container or a layer above it, stays without a name.
        with connected(f"remove {image}") as client, contextlib.suppress(docker.errors.APIError):
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
