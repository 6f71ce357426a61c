"""The tags by which releases are found among MLflow's model versions, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from mlflow.entities.model_registry import ModelVersion

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.registry_state import Follows, Mark, VersionState
from lockgate.domain.releasing.release import Release

RELEASE = "lockgate.release"
CONTENT = "lockgate.content"
COMMIT = "lockgate.commit"
WITHDRAWN = "lockgate.withdrawn"
WRITER = "lockgate.writer"
"""On a run: which process makes it, so that what a killed one left is taken up, and what another makes is not."""
MODEL_FILES = "lockgate.model"
"""On a version: the digest of the files that are loaded as the model, as they were registered."""

_MARK = "lockgate.environment."
_REPAIRED = "lockgate.repaired."


def of_later(tag: str, digest: Digest) -> str:
    """The tag as it belongs to a later release of the same content."""
    return f"{tag}.{digest.short}"


def tags_of(release: Release, task: str) -> dict[str, str]:
    """What a new version, and its run, are tagged with."""
    return {
        RELEASE: str(release.digest),
        CONTENT: str(release.content),
        "lockgate.verdict": str(release.verdict.outcome),
        "lockgate.candidate": release.verdict.candidate.subject.candidate,
        COMMIT: release.verdict.source.commit,
        "mlflow.source.git.commit": release.verdict.source.commit,
        "lockgate.task": task,
    }


def mark_of(follows: Follows) -> tuple[str, str]:
    """The tag that says which commit pointed an environment at a version: name and value."""
    mark = follows.mark
    return f"{_MARK}{follows.environment}", f"{mark.commit} {mark.committed_at} {mark.release}"


def repaired_now() -> str:
    """The name of the tag that tells of a repair."""
    return _REPAIRED + datetime.now(UTC).strftime("%Y-%m-%dT%H.%M.%SZ")


def version_state(version: ModelVersion) -> VersionState:
    """What stands on a version."""
    tags: Mapping[str, str] = version.tags
    first = tags.get(RELEASE, "")
    later = [value for name, value in sorted(tags.items()) if name.startswith(f"{RELEASE}.")]
    return VersionState(
        version=str(version.version),
        release=first,
        content=tags.get(CONTENT, ""),
        releases=tuple(filter(None, [first, *later])),
        marks={name.removeprefix(_MARK): _mark(value) for name, value in tags.items() if name.startswith(_MARK)},
        withdrawn=WITHDRAWN in tags,
    )


def digest_tags(tags: Iterable[str]) -> Sequence[str]:
    """Those that make a version a release."""
    return [name for name in tags if name in {RELEASE, CONTENT} or name.startswith(f"{RELEASE}.")]


def _mark(value: str) -> Mark:
    commit, at, release = (*value.split(" "), "", "", "")[:3]
    return Mark(release, commit, at)
