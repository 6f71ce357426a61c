"""Where files, documents and tables lie, and the git repository around them."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from lockgate.domain.identity import Digest
from lockgate.domain.model.signature import Columns
from lockgate.domain.source import Source

T = TypeVar("T")


class Documents(Protocol):
    """Typed documents on disk. Reading checks the schema; writing is atomic."""

    def read(self, path: Path, kind: type[T]) -> T:
        """Read a JSON document. Raises ``DocumentError`` when it is missing, not JSON, or of another schema."""

    def read_settings(self, path: Path, kind: type[T], section: str = "") -> T:
        """Read a YAML file that people write, or a section of it such as ``train.sklearn``.

        Raises ``SettingsError`` with line, path and the likely meant key.
        """

    def parse_settings(self, content: bytes, name: str, kind: type[T]) -> T:
        """What such a file holds, by its bytes; ``name`` is what errors call it. Raises ``SettingsError``."""

    def write(self, path: Path, document: object) -> Digest:
        """Write a JSON document whole or not at all; the digest is of the bytes written."""

    def write_settings(self, path: Path, document: object, *, heading: str) -> None:
        """Write a YAML file that people read, with a comment above; whole or not at all.

        One that is there keeps its form: the comments, quotes and line ends that people and formatters gave it.
        """


class Tables(Protocol):
    """Columnar tables on disk."""

    def read(self, path: Path) -> Columns:
        """Read a table. Raises ``DataError`` when it is missing or not a table."""

    def write(self, path: Path, columns: Columns) -> None:
        """Write a table whole or not at all; equal columns give equal bytes."""


class Files(Protocol):
    """Plain files: their digests, and moving whole folders into place."""

    def sha256(self, path: Path) -> Digest:
        """Digest of a file's bytes. Raises ``DocumentError`` when it is missing."""

    def md5(self, path: Path) -> Digest:
        """The hash that DVC gives to a file. Raises ``DataError`` when it is missing."""

    def tree(self, folder: Path, *, links: bool = False) -> Mapping[str, Digest]:
        """The SHA-256 of every file below a folder, by its relative POSIX path. Refuses links and odd files.

        With ``links``, a link to a file is that file: DVC places results so where its cache is told to.
        """

    def place(self, folder: Path, files: Mapping[str, Path]) -> AbstractContextManager[Path]:
        """Copy files into a new folder that appears at ``folder``, whole, when the block ends without an error."""

    def hold(self, path: Path) -> AbstractContextManager[None]:
        """Be the only process in a block that holds this file. Raises ``Busy`` where another one is."""

    def clear(self, folder: Path) -> None:
        """Make a folder that is empty, whatever was there."""

    def move(self, folder: Path, target: Path) -> None:
        """Rename a folder; where the target is there already, it is replaced."""

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""


class AccessTimes(Protocol):
    """Which files somebody has read."""

    def watch(self, paths: Iterable[Path]) -> Callable[[], frozenset[Path]]:
        """Begin to look at these files; the call tells which of them, surely, nobody has read since.

        Whoever follows a file that is being written, such as a log, is not taken for its reader.
        """

    def never_read(self, path: Path) -> bool:
        """Whether, surely, nobody has read the file since it was written."""

    def is_output(self, path: Path) -> bool:
        """Whether this process writes its own output there."""


class Repository(Protocol):
    """The git repository of the project."""

    def head(self) -> str:
        """The latest commit. Raises ``SourceError`` where there is none, or where git refuses the folder."""

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""

    def untracked(self) -> tuple[str, ...]:
        """The files that git neither has nor ignores; `source` names them among the changed ones."""

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""

    def uncommitted(self, *paths: Path) -> tuple[Path, ...]:
        """Those of the files that are not here as in the latest commit: altered, added or gone, ignored ones too."""

    def content(self, path: Path) -> bytes | None:
        """That file's bytes in the latest commit; ``None`` where it has no such file."""

    def changed_since(self, commit: str) -> tuple[str, ...] | None:
        """The paths that differ between that commit and the latest one; ``None`` where that commit is not here.

        The lock file that DVC writes is a result, and never one of them.
        """

    def commit(self, path: Path, message: str, means: Callable[[bytes], bool] | None = None) -> str:
        """Commit that one file and nothing else; the new commit's hash.

        A hook may give the file another form: it is committed so where ``means`` says of its bytes that they mean the
        same, and the file here is as committed in the end. Without ``means``, only equal lines do. Where it raises, the
        latest commit and the index are as before, or the commit was made and the file is as committed.
        """

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""
