"""Typed documents and the settings that people write."""

from pathlib import Path
from typing import Protocol, TypeVar

from lockgate.domain.identity import Digest

T = TypeVar("T")


class Documents(Protocol):
    """Typed documents on disk. Reading checks the schema; writing is atomic."""

    def read(self, path: Path, kind: type[T]) -> T:
        """Read a JSON document. Raises ``DocumentError`` when it is missing, not JSON, or of another schema."""

    def parse(self, content: bytes, name: str, kind: type[T]) -> T:
        """The same by its bytes; ``name`` is what errors call it."""

    def read_settings(self, path: Path, kind: type[T], section: str = "") -> T:
        """Read a YAML file that people write, or a section of it such as ``train.sklearn``.

        Raises ``SettingsError`` with line, path and the likely meant key.
        """

    def parse_settings(self, content: bytes, name: str, kind: type[T]) -> T:
        """What such a file holds, by its bytes; ``name`` is what errors call it. Raises ``SettingsError``."""

    def line(self, path: Path, place: tuple[str, ...]) -> str:
        """``params.yaml:12``: the name of such a file, and the line of the deepest key of that place that it holds."""

    def digest(self, document: object) -> Digest:
        """The digest of the one written form of a document: of the bytes that ``write`` writes."""

    def write(self, path: Path, document: object) -> Digest:
        """Write a JSON document whole or not at all; the digest is of the bytes written."""

    def write_settings(self, path: Path, document: object, *, heading: str) -> None:
        """Write a YAML file that people read, with a comment above; whole or not at all.

        One that is there keeps its form: the comments, quotes and line ends that people and formatters gave it.
        """
