"""``lockgate store gc``: what no commit of any branch or tag names is removed from the store, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.names import listed
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest
from lockgate.errors import InputError, LockgateError, SourceError
from lockgate.ports import CommitLog, ReleaseStore, StoredRelease
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

GRACE_DAYS = 30
"""A release that nobody has promoted yet is kept so long."""
_DIGITS = 12
_NAMED = re.compile(rf"(?<![0-9a-f])[0-9a-f]{{{_DIGITS},64}}(?![0-9a-f])")


@dataclass(frozen=True)
class Looked:
    """A thing in the store: ``kind`` is release, record or unfinished, and ``why`` it stays, or goes."""

    digest: Digest
    bytes: int
    kind: str
    why: str
    garbage: bool = False


@dataclass(frozen=True)
class Collected:
    """What was looked at, and whether the garbage of it was removed."""

    where: str
    looked: tuple[Looked, ...]
    removed: bool

    @property
    def garbage(self) -> tuple[Looked, ...]:
        """What nobody names."""
        return tuple(each for each in self.looked if each.garbage)


def collect(instruments: Instruments, older_than: int, *, dry_run: bool) -> Collected:
    """Remove what no commit of any branch or tag names and is older than so many days.

    Raises ``SourceError`` where this clone lacks commits of its remotes: they may name what it would remove.
    """
    demand_whole(instruments)
    store = instruments.release_store()
    looked = tuple(_looked(instruments, store, older_than))
    if not dry_run:
        for each in looked:
            if each.garbage:
                (store.forget if each.kind == "record" else store.drop)(each.digest)
    return Collected(store.where, looked, removed=not dry_run)


def demand_whole(instruments: Instruments) -> None:
    """Raise ``SourceError`` unless every commit of every branch and tag of all remotes is here."""
    if instruments.commit_log().shallow():
        raise SourceError(
            "this clone is shallow: commits that it does not have may name releases", hint="git fetch --unshallow"
        )
    if absent := instruments.repository().unfetched():
        raise SourceError(
            f"commits of others are not here, and may name releases: {listed(absent)}",
            hint="git fetch --all --tags --prune, with every branch: git remote set-branches origin '*'",
        )


def named_by_git(project: Project, log: CommitLog) -> frozenset[str]:
    """The first twelve digits of all that may be a digest in a file under ``deploy/``, as it is or ever was, or in a
    message of a commit or tag.
    """
    found: set[str] = set()
    for content in log.ever(project.layout.deploy):
        found.update(_NAMED.findall(content.decode(errors="replace")))
    for path in project.store.find(project.layout.deploy, "**/*"):
        found.update(_NAMED.findall(project.store.content(path).decode(errors="replace")))
    for message in log.messages():
        found.update(_NAMED.findall(message))
    return frozenset(each[:_DIGITS] for each in found)


def _looked(instruments: Instruments, store: ReleaseStore, older_than: int) -> Iterator[Looked]:
    project, log = instruments.project(), instruments.commit_log()
    named, today = named_by_git(project, log), instruments.clock().today()
    for kind, found in (
        ("release", store.releases()),
        ("unfinished", store.unfinished()),
        ("record", store.records()),
    ):
        for stored in found:
            looked = Looked(stored.digest, stored.bytes, kind, "")
            if stored.digest.hex[:_DIGITS] in named:
                yield replace(looked, why="git names it")
            elif (days := _days(stored, today)) is None or days < older_than:
                yield replace(looked, why=f"younger than {older_than} days")
            elif kind == "unfinished":
                yield replace(looked, why="begun, and never put to its end", garbage=True)
            elif why := _not_ours(project, log, store, looked):
                yield replace(looked, why=why)
            else:
                yield replace(looked, why="no commit of any branch or tag names it", garbage=True)


def _days(stored: StoredRelease, today: date) -> int | None:
    """Since it was put; ``None`` where the store does not know."""
    return (today - datetime.fromtimestamp(stored.put_at, UTC).date()).days if stored.put_at else None


def _not_ours(project: Project, log: CommitLog, store: ReleaseStore, looked: Looked) -> str:
    """Why it may be another repository's, or another project's of this one; empty where it surely is this one's."""
    try:
        if looked.kind == "record":
            content = store.record(looked.digest) or b""
        else:
            manifest = store.document(looked.digest, MANIFEST) or b""
            if project.documents.parse(manifest, MANIFEST, Manifest).name != project.settings.model:
                return "of another model"
            content = store.document(looked.digest, VERDICT) or b""
        commit = project.documents.parse(content, VERDICT, Verdict).source.commit
    except InputError as error:
        return f"it cannot be read: {_first_line(error)}"
    return "" if log.resolve(commit) else f"of another repository: commit {commit[:12]} is not here"


def _first_line(error: LockgateError) -> str:
    return error.message.splitlines()[0]
