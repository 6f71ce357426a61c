"""The project, its documents and tables, git, and the machine under it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.adapters.clock import SystemClock
from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.documents import encode as encoding
from lockgate.adapters.files.access_times import LocalAccessTimes
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.folder_store import FolderReleases
from lockgate.adapters.git.log import GitLog
from lockgate.adapters.git.repository import GitRepository
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.adapters.python.installed import InstalledLibraries
from lockgate.cli.wiring.judging import with_gates
from lockgate.domain.project.layout import Layout
from lockgate.errors import SettingsError
from lockgate.usecases.project.project import Project, open_project

if TYPE_CHECKING:
    from lockgate.adapters.python.import_path import ProjectFinder
    from lockgate.ports import Clock, CommitLog, Keyring, ProjectStore, Repository, Tables
    from lockgate.usecases.releasing.signing.verdict_follows import Bench


def find_layout(root: Path | None) -> Layout:
    """The project at ``root``, or the nearest one above the working directory, unread."""
    start = (root or Path.cwd()).resolve()
    folders = [start] if root else [start, *start.parents]
    found = next((folder for folder in folders if (folder / "params.yaml").exists()), None)
    if found is None:
        raise SettingsError(
            f"no params.yaml in {start}" + ("" if root else " or above"),
            hint="run in a project's folder, or name one with -C",
        )
    return Layout(found)


def find_project(root: Path | None) -> Project:
    """The same with its settings."""
    return project_at(find_layout(root))


def project_at(layout: Layout) -> Project:
    """The project there with its settings, and the gates of others that they name."""
    files = LocalFiles()
    documents, times, libraries = TypedDocuments(files), LocalAccessTimes(), InstalledLibraries()
    releases = FolderReleases(layout.releases, documents, files)
    keys, commits = keyring(files), commit_log(layout)
    project = open_project(layout, documents, files, store(layout), releases, keys, commits, times, libraries)
    return with_gates(project, layout.params)


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """The only delivery in this working copy. Raises ``Busy`` where another one, or what it has left, is at work."""
    from lockgate.adapters.leftovers import await_left

    with LocalFiles().hold(layout.lock):
        await_left(layout.root, lambda line: print(line, file=sys.stderr))
        yield


def store(layout: Layout) -> "ProjectStore":
    """The project's folder on this disk."""
    return LocalProjectStore(layout.root)


def clock() -> "Clock":
    """The system's."""
    return SystemClock()


def repository(layout: Layout) -> "Repository":
    """Git."""
    return GitRepository(layout.root)


def keyring(files: LocalFiles) -> "Keyring":
    """The user's own keys, and what the environment names."""
    from lockgate.adapters.signing.keyring import FileKeyring

    return FileKeyring(files)


def own_keyring() -> "Keyring":
    """The same outside every project."""
    return keyring(LocalFiles())


def bare_bench() -> "Bench":
    """What a folder is verified with where there is no project: no commit names a key there."""
    from lockgate.domain.releasing.signing.keys import Keys
    from lockgate.usecases.releasing.signing.verdict_follows import Bench

    files = LocalFiles()
    documents, ring = TypedDocuments(files), keyring(files)

    def tables() -> "Tables":
        from lockgate.adapters.parquet import ParquetTables

        return ParquetTables(files)

    store = LocalProjectStore(Path.cwd())
    return Bench(documents, files, store, ring, tables, Keys(), ring.own(), lambda _: False)


def commit_log(layout: Layout) -> "CommitLog":
    """Git."""
    return GitLog(layout.root)


def tables(project: Project) -> "Tables":
    """Parquet."""
    from lockgate.adapters.parquet import ParquetTables

    return ParquetTables(project.files)


def import_path(layout: Layout) -> "ProjectFinder":
    """Where the project's modules are found."""
    from lockgate.adapters.python.import_path import put_on_path

    return put_on_path(layout.root)


def encode(document: object) -> str:
    """A document as it is written."""
    return encoding(document).decode()


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a document."""
    from lockgate.adapters.documents import json_schema as schema

    return schema(kind)
