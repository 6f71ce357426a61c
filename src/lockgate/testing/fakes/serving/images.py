"""An engine of images without a container: an image is what it was made of."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lockgate.domain.identity import digest_of_file
from lockgate.errors import DocumentError, InputError, ToolError


class FakeImages:
    """Images by their id, which follows from what they were made of. ``tags`` and ``images`` are for tests to look at.

    ``served`` is where the images of before answer, for whoever asks them.
    """

    def __init__(self, served: str = "http://127.0.0.1:3000") -> None:
        self.tags: dict[str, str] = {}
        self.images: dict[str, Mapping[str, str]] = {}
        self.serving: list[str] = []
        self._served = served

    def ping(self) -> str:
        """The engine's version."""
        return "fake 1"

    def find(self, tag: str) -> str | None:
        """The id of the image that has this tag, or ``None``. Raises ``InputError`` for what is no tag."""
        if tag != tag.lower() or " " in tag:
            raise InputError(f"{tag}: not an image tag", hint="a tag is written NAME:VERSION, in lower case")
        return self.tags.get(tag)

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` where there is no such image, or the image has no such label."""
        found = self.images.get(self.tags.get(image, image), {}).get(name)
        if not found:
            raise ToolError(f"{image} has no label {name}", hint="it is no release's image: lockgate image release")
        return found

    @contextmanager
    def serve(self, image: str) -> Iterator[str]:
        """Where an image that serves a release answers. Raises ``ToolError`` where there is no such image."""
        made = self.tags.get(image, image)
        if made not in self.images:
            raise ToolError(f"{image}: no such image", hint="build it: lockgate image release")
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
