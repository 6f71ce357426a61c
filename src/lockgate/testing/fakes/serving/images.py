"""An engine of images without a container: an image is what it was made of."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lockgate.domain.identity import digest_of_file
from lockgate.domain.releasing.safe_names import why_unsafe
from lockgate.errors import DocumentError, InputError, ToolError


class FakeImages:
    """Images by their id, which follows from what they were made of. ``tags`` and ``images`` are for tests to look at.

    ``files`` are what ``COPY FROM TO`` of a Dockerfile took from its context: the bytes, or where a link leads.

    ``served`` is where the images of before answer, for whoever asks them.
    """

    def __init__(self, served: str = "http://127.0.0.1:3000") -> None:
        self.tags: dict[str, str] = {}
        self.images: dict[str, Mapping[str, str]] = {}
        self.files: dict[str, dict[str, bytes | Path]] = {}
        self.serving: list[str] = []
        self._served = served

    def ping(self) -> str:
        """The engine's version."""
        return "fake 1"

    def find(self, tag: str) -> str | None:
        """The id of the image that has this tag or id, or ``None``. Raises ``InputError`` for what is neither."""
        if tag != tag.lower() or " " in tag:
            raise InputError(f"{tag}: not an image tag", hint="a tag is written NAME:VERSION, in lower case")
        return self.tags.get(tag, tag if tag in self.images else None)

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` for no such image, ``DocumentError`` for no such label."""
        found = self.images[self._id(image)].get(name)
        if not found:
            raise DocumentError(f"{image} has no label {name}", hint="it is no release's image: lockgate image release")
        return found

    def bring(self, image: str, folder: str, into: Path) -> Mapping[str, str]:
        """Copy the bundle in a folder of an image to a new folder; what was not copied, and why."""
        files = {
            name.removeprefix(f"{folder}/"): content
            for name, content in self.files[self._id(image)].items()
            if name.startswith(f"{folder}/")
        }
        if not files:
            raise DocumentError(f"{image} has no {folder}", hint="it is no release's image")
        left: dict[str, str] = {}
        for name, content in files.items():
            if isinstance(content, Path):
                left[name] = f"it is a link to {content}, no plain file"
            elif (why := why_unsafe(name)) is not None:
                left[name] = why
            else:
                (into / name).parent.mkdir(parents=True, exist_ok=True)
                (into / name).write_bytes(content)
        return left

    def _id(self, image: str) -> str:
        made = self.tags.get(image, image)
        if made not in self.images:
            raise ToolError(f"{image}: no such image", hint="build it: lockgate image release")
        return made

    @contextmanager
    def serve(self, image: str) -> Iterator[str]:
        """Where an image that serves a release answers. Raises ``ToolError`` where there is no such image."""
        made = self._id(image)
        self.serving.append(made)
        try:
            yield self._served
        finally:
            self.serving.remove(made)

    def build(
        self,
        context: Mapping[str, Path],
        dockerfile: Path,
        tag: str | None,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> str:
        """Make an image of its context, with a tag unless it gets its name later; the image's id."""
        for path in (dockerfile, *context.values()):
            if not path.exists():
                raise DocumentError(f"cannot build {tag or 'an image'}: {path}: missing", hint="see docker/")
        made = hashlib.sha256(repr((sorted(arguments.items()), sorted(labels.items()))).encode())
        for name, path in (("Dockerfile", dockerfile), *sorted(context.items())):
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    with file.open("rb") as opened:
                        made.update(f"{name}/{file.relative_to(path)} {digest_of_file(opened, 'sha256')}".encode())
        image = f"sha256:{made.hexdigest()}"
        on_line(f"made {image}")
        self.images[image] = dict(labels)
        self.files[image] = dict(_copied(context["."], dockerfile)) if "." in context else {}
        if tag is not None:
            self.name(image, tag)
        return image

    def name(self, image: str, tag: str) -> None:
        """Give the image of that id a tag; whatever had it before has it no more."""
        if image not in self.images:
            raise ToolError(f"cannot tag {tag}: no such image: {image}")
        self.find(tag)
        self.tags[tag] = image

    def discard(self, image: str) -> None:
        """Remove the image of that id where it has no tag; nothing happens to one that has, or that is gone."""
        if image not in self.tags.values():
            self.images.pop(image, None)


def _copied(context: Path, dockerfile: Path) -> Iterator[tuple[str, bytes | Path]]:
    for line in dockerfile.read_text(encoding="utf-8").splitlines():
        step, *arguments = line.split() or [""]
        if step != "COPY":
            continue
        source, target = [each for each in arguments if not each.startswith("--")]
        for path in sorted((context / source).rglob("*")) if (context / source).is_dir() else []:
            name = f"{target}/{path.relative_to(context / source).as_posix()}"
            if path.is_symlink():
                yield name, path.readlink()
            elif path.is_file():
                yield name, path.read_bytes()
