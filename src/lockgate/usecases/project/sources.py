"""The source that is judged: the commit, what differs from it, and which files count that git does not have."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.making.stage_files import StageReads
from lockgate.domain.source import Source, pages_alone
from lockgate.ports import Repository
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.valid_documents import read_if_sound


@dataclass(frozen=True)
class Noticed:
    """Files that git does not have: those that may have been read, and those that surely were not."""

    read: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LookedAt:
    """The source that is judged, and the files that git does not have and that are told alone.

    Nothing has read the ``unread`` ones. This process writes its own output to the ``own`` ones.
    """

    source: Source
    unread: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """Both, in the order of their names."""
        return tuple(sorted((*self.unread, *self.own)))


def look_at_source(project: Project, repository: Repository) -> LookedAt:
    """A file that git does not have counts unless it is surely nobody's: neither a stage nor a test has read it.

    Raises ``SourceError`` where there is no commit.
    """
    (source, untracked), times, root = repository.source_and_untracked(), project.access_times, project.layout.root
    if times is None:
        return LookedAt(source)
    files = [name for name in untracked if name in source.changed and not _packaged(project, name)]
    own = [name for name in files if times.is_output(root / name)]
    known = _known(project)
    unread = [
        name
        for name in files
        if name not in own and name not in known.read and (name in known.unread or times.never_read(root / name))
    ]
    changed = tuple(name for name in source.changed if name not in {*own, *unread})
    return LookedAt(replace(source, changed=changed), tuple(unread), tuple(own))


def judged_source(project: Project, repository: Repository) -> Source:
    """The same without what is told alone."""
    return look_at_source(project, repository).source


def look_at_reading(project: Project, repository: Repository) -> Callable[[], Noticed]:
    """Begin to look at the files that git does not have; the call tells which were read since, and which surely not."""
    times = project.access_times
    files = {project.layout.root / name: name for name in repository.untracked() if not _packaged(project, name)}
    unread = times.watch(files) if times else frozenset[Path]
    own = {path for path in files if times and times.is_output(path)}

    def told() -> Noticed:
        found = frozenset(files[path] for path in unread() | own)
        return Noticed(frozenset(files.values()) - found, found)

    return told


def look_at_pages(project: Project, repository: Repository) -> Callable[[], tuple[str, ...]]:
    """Begin to look at the pages of the commit; the call tells which of them, surely, nobody has read since.

    Whoever asks git may have had any file of the commit from it, and then none is told.
    """
    times, root = project.access_times, project.layout.root
    if times is None:
        return tuple[str, ...]
    git, tracked = repository.read_when_asked(), repository.plain_files()
    folders = {(root / name).parent for name in pages_alone(tracked)}
    beside = (path.relative_to(root).as_posix() for folder in folders for path in project.store.find(folder, "*"))
    alone = (tracked & pages_alone({*tracked, *beside})) - {*repository.source().changed}
    deciding = f"{project.layout.deploy.relative_to(root).as_posix()}/"
    files = {root / name: name for name in alone if not _packaged(project, name) and not name.startswith(deciding)}
    unread = times.watch_closely((*files, *git))

    def told() -> tuple[str, ...]:
        found = unread()
        return tuple(sorted(files[path] for path in found - {*git})) if found.issuperset(git) else ()

    return told


def note_reading(project: Project, stage: str, noticed: Noticed) -> None:
    """Keep what a stage may have read of it beside the results in this working copy, where alone those files are."""
    project.documents.write(project.layout.stage_reads(stage), StageReads(stage, tuple(sorted(noticed.read))))


def _known(project: Project) -> Noticed:
    """What tests and stages have read when they ran last, and what the tests have not."""
    tests = read_if_sound(project, project.layout.tests, TestsEvidence)
    notes = (
        read_if_sound(project, path, StageReads)
        for path in project.store.find(project.layout.stage_reads("*").parent, "*.json")
    )
    read = {name for note in notes if note for name in note.untracked}
    if tests is None:
        return Noticed(frozenset(read))
    return Noticed(frozenset({*read, *tests.source.changed}), frozenset(tests.unread) - read)


def _packaged(project: Project, name: str) -> bool:
    """Whether it goes into a package, whoever has read it."""
    return name.startswith(f"{project.settings.service}/")
