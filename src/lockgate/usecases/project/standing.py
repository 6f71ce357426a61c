"""Whether what was made on an earlier commit still stands: no commit since then changed what it was made from."""

from dataclasses import dataclass, replace

from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.making.stage_records import overlap
from lockgate.domain.source import Source
from lockgate.errors import InputError
from lockgate.ports import CommitLog, Repository, StageLock
from lockgate.usecases.project.project import Project

OF_TRUST = ("keys.yaml", "allowed_signers", "allowed_keys.asc", "revoked_signers")
"""Files under ``deploy/`` that say whose signatures count. No stage reads them, no policy, and no test has cause to."""


def state_files(project: Project) -> frozenset[str]:
    """The files that say what is to serve and who may say so, from the project's root: not what is judged."""
    layout = project.layout
    paths = (*map(layout.environment, project.settings.environments), *(layout.deploy / name for name in OF_TRUST))
    return frozenset(path.relative_to(layout.root).as_posix() for path in paths)


@dataclass(frozen=True)
class Since:
    """What commits changed since another: files that may have been read, and pages that tests and stages did not."""

    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def changed_since(
    project: Project, repository: Repository, lock: StageLock, commit: str, tests: TestsEvidence | None
) -> Since | None:
    """What differs from that commit, by who may have read it. ``None`` where this clone does not have that commit.

    A page counts as unread where ``tests`` are of that commit and have it so, no stage names it, and it is still there.
    """
    differing = repository.changed_since(commit)
    if differing is None:
        return None
    names = [name for name in differing if name not in state_files(project)]
    known = frozenset(tests.unread_pages) if tests is not None and tests.source.commit == commit else frozenset[str]()
    unread = known.intersection(names)
    if unread:
        unread = unread & repository.plain_files() - _named(unread, lock)
    return Since(tuple(name for name in names if name not in unread), tuple(sorted(unread)))


def _named(pages: frozenset[str], lock: StageLock) -> frozenset[str]:
    """Those that a stage names, as it ran or as it is defined now; all where there is no record of the stages."""
    try:
        recorded = lock.stages()
    except InputError:
        return pages
    stages = [stage for ran in recorded for stage in (ran, lock.defined(ran.name)) if stage is not None]
    listed = {path for stage in stages for path in (*stage.deps, *stage.outs, *stage.params)}
    return frozenset(page for page in pages if any(overlap(page, path) for path in listed))


@dataclass(frozen=True)
class Standing:
    """The source that is judged, and what commits changed since its own that neither tests nor stages have read."""

    source: Source
    unread: tuple[str, ...] = ()


def as_tested(
    project: Project,
    repository: Repository,
    log: CommitLog,
    lock: StageLock,
    now: Source,
    tests: TestsEvidence | None,
) -> Standing:
    """The source by the commit that the tests ran on, where no commit since then changed what anybody reads.

    A promotion is such a commit: it would make the candidate that it promotes another one.
    """
    if tests is None or tests.source.commit == now.commit or not log.is_ancestor(tests.source.commit, "HEAD"):
        return Standing(now)
    since = changed_since(project, repository, lock, tests.source.commit, tests)
    if since is None or since.read:
        return Standing(now)
    return Standing(
        replace(now, commit=tests.source.commit, committed_at=tests.source.committed_at), unread=since.unread
    )
