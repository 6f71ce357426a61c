"""Which release is the anchor: by the commits that named champions, and by what their sealed evidence says.

Nothing that lies here alone is asked for it: git names each release by its digest, and that holds its evidence.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.champion import ASK_IT
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.history import Named
from lockgate.domain.releasing.release import sealed
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.errors import LockgateError
from lockgate.ports import Commit
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.served_history import served_history
from lockgate.usecases.project.stored.elsewhere import Elsewhere

FIRST = "Against: no champion"
"""What the message of an environment's first promotion says."""
Value = Callable[[ReleaseReference, Path], float | None]
"""What the policy's metric is of a release, in its folder, on today's rows; ``None`` where that is not known."""


@dataclass(frozen=True)
class FoundAnchor:
    """The best of so many champions, ``among``, that were judged on today's rows; ``release`` is ``None`` without one.

    ``problem`` says why it cannot be told, and ``remedy`` what helps.
    """

    release: ReleaseReference | None = None
    among: int = 0
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class _Contender:
    release: ReleaseReference
    value: float | None


def find_anchor(
    project: Project, environment: str, rows: Digest, elsewhere: Elsewhere | None, value: Value
) -> FoundAnchor:
    """The anchor of an environment; each release that git ever named there is had, by its digest.

    ``value`` is asked where a release was sealed without the metric of today's policy.
    """
    champion = champion_of(project, environment)
    name = project.settings.gates.accuracy.metric
    metric = project.metric
    if champion is None:
        return FoundAnchor()
    if metric is None:
        return FoundAnchor(problem=f"{name}: {project.installed.problem(name)}", remedy=project.installed.remedy(name))
    history = served_history(project, environment, project.commits)
    if project.commits.shallow() and not _begins_here(project, history):
        told = f"this clone is shallow, and may lack commits that named other champions of {environment}"
        return FoundAnchor(problem=told, remedy="have the whole history: git fetch --unshallow; then judge again")
    named = dict.fromkeys((champion, *(each.release for each in history if each.release is not None)))
    found: list[_Contender] = []
    for release in named:
        try:
            found += _contenders(project, release, rows, elsewhere, metric, value)
        except LockgateError as error:  # what it was judged on is not known: whether it counts, git may still tell
            if not _of_other_rows(project, release, history, rows):
                told = f"{environment} named the release {release.name} {release.release.short}: {error.message}"
                return FoundAnchor(problem=told, remedy=error.hint)
    return _best(found, champion, metric)


def _contenders(
    project: Project, release: ReleaseReference, rows: Digest, elsewhere: Elsewhere | None, metric: Metric, value: Value
) -> Iterator[_Contender]:
    """The release, where it was judged on these rows."""
    folder = fetch_release(project, release, elsewhere)
    evidence = project.documents.read(folder / sealed(NAMES[AccuracyEvidence]), AccuracyEvidence)
    if evidence.subject.data == rows:
        stated = evidence.metrics.get(metric.name)
        yield _Contender(release, value(release, folder) if stated is None else stated)


def _begins_here(project: Project, history: Sequence[Named[Commit]]) -> bool:
    """Whether the first release that is seen was promoted where there was no champion, as the promotion says."""
    first = next((each for each in reversed(history) if each.release is not None), None)
    if first is None or first.release is None:
        return False
    said = (project.commits.message(first.since.hash) or "").splitlines()
    return FIRST in said and f"Release: {first.release.release}" in said


def _of_other_rows(project: Project, release: ReleaseReference, history: Sequence[Named[Commit]], rows: Digest) -> bool:
    """Whether the lock file of the commit that first named a release records the held-out rows, and other ones."""
    since = [each.since for each in history if each.release == release]
    content = project.commits.content_at(since[-1].hash, project.layout.dvc_lock) if since else None
    if content is None or project.settings.tables.test.encode() not in content:
        return False
    return rows.hex.encode() not in content


def _best(found: Sequence[_Contender], champion: ReleaseReference, metric: Metric) -> FoundAnchor:
    """Of equals the champion, which is asked anyway, else the one that came first; ``found`` has the newest first."""
    if not found:
        return FoundAnchor(champion)
    known = [(each.value, each.release) for each in found if each.value is not None]
    if len(known) < len(found):
        lacking = next(each.release for each in found if each.value is None)
        told = f"the release {lacking.release.short}, a champion on these rows, states no {metric}"
        return FoundAnchor(problem=told, remedy=ASK_IT)
    ranked = [(metric.sign * number, release == champion, at) for at, (number, release) in enumerate(known)]
    return FoundAnchor(known[max(ranked)[-1]][1], len(found))
