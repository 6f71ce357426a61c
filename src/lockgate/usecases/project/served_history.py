"""What an environment has named, and since when: read from the commits of its file."""

from collections.abc import Iterator

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.history import Named, periods
from lockgate.errors import LockgateError
from lockgate.ports import Commit, CommitLog
from lockgate.usecases.project.project import Project


def served_history(
    project: Project, environment: str, log: CommitLog, revision: str = "HEAD"
) -> tuple[Named[Commit], ...]:
    """The releases that an environment has named, the newest first, by that revision's history."""
    return periods(_states(project, environment, log, revision))


def ever_named(project: Project, digest: Digest, revision: str = "HEAD") -> bool:
    """Whether an environment names, or has named, the release of that digest, by that revision's history."""
    histories = (served_history(project, name, project.commits, revision) for name in project.settings.environments)
    return any(named.release is not None and named.release.release == digest for each in histories for named in each)


def _states(
    project: Project, environment: str, log: CommitLog, revision: str
) -> Iterator[tuple[Commit, ReleaseReference | None, str]]:
    path = project.layout.environment(environment)
    for version in log.versions(path, revision):
        if version.content is None:
            yield version.commit, None, ""
            continue
        try:
            named = project.documents.parse_settings(version.content, path.name, Deployment)
            yield version.commit, named.champion, ""
        except LockgateError as error:
            yield version.commit, None, error.message
