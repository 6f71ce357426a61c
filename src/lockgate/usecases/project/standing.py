"""Whether what was made on an earlier commit still stands: no commit since then changed what it was made from."""

from dataclasses import replace

from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.source import Source
from lockgate.ports import CommitLog, Repository
from lockgate.usecases.project.project import Project

OF_TRUST = ("keys.yaml", "allowed_signers", "allowed_keys.asc", "revoked_signers")
"""Files under ``deploy/`` that say whose signatures count. No stage reads them, no policy, and no test has cause to."""


def state_files(project: Project) -> frozenset[str]:
    """The files that say what is to serve and who may say so, from the project's root: not what is judged."""
    layout = project.layout
    paths = (*map(layout.environment, project.settings.environments), *(layout.deploy / name for name in OF_TRUST))
    return frozenset(path.relative_to(layout.root).as_posix() for path in paths)


def changed_since(project: Project, repository: Repository, log: CommitLog, commit: str) -> tuple[str, ...] | None:
    """What commits since then changed that stages, tests or the policy may read.

    ``None`` where it cannot be told: this clone does not have that commit, or it is not in the history of this one.
    """
    if not log.is_ancestor(commit, "HEAD"):
        return None
    differing = repository.changed_since(commit)
    return None if differing is None else tuple(name for name in differing if name not in state_files(project))


def as_tested(
    project: Project, repository: Repository, log: CommitLog, now: Source, tests: TestsEvidence | None
) -> Source:
    """The source by the commit that the tests ran on, where no commit since then changed what anybody reads.

    A promotion is such a commit: it would make the candidate that it promotes another one.
    """
    if tests is None or tests.source.commit == now.commit:
        return now
    if changed_since(project, repository, log, tests.source.commit) != ():
        return now
    return replace(now, commit=tests.source.commit, committed_at=tests.source.committed_at)
