"""Which release is the anchor: by the commits that named champions, and by what their sealed evidence says.

Nothing that lies here alone is asked for it: git names each release by its digest, and that holds its evidence.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.champion import ASK_IT
from lockgate.domain.model.task import contradiction
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.history import Named
from lockgate.domain.releasing.release import VERDICT, sealed
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.errors import LockgateError
from lockgate.ports import Commit
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import sealed_document
from lockgate.usecases.project.served_history import served_history
from lockgate.usecases.project.stored.elsewhere import Elsewhere

Value = Callable[[ReleaseReference], float | None]
"""What the policy's metric is of a release on today's rows; ``None`` where that is not known."""
_PROMOTED = re.compile(r"^(Release|Against|Anchor): (sha256:[0-9a-f]{64}|no champion)$", re.MULTILINE)


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
    named = dict.fromkeys((champion, *(each.release for each in history if each.release is not None)))
    if project.commits.shallow():
        before = _before_what_is_seen(project, history, elsewhere)
        if before is None:
            told = f"this clone is shallow, and may lack commits that named other champions of {environment}"
            return FoundAnchor(problem=told, remedy="have the whole history: git fetch --unshallow; then judge again")
        named |= dict.fromkeys(before)
    found: list[_Contender] = []
    for release in {each.release: each for each in reversed(named)}.values():
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
    """The release, where it was judged on these rows, at today's task: answers of another kind are not comparable."""
    name = sealed(NAMES[AccuracyEvidence])
    content = sealed_document(project, release, name, elsewhere)
    evidence = project.documents.parse(content, f"{name} of release {release.release.short}", AccuracyEvidence)
    if evidence.subject.data == rows and not contradiction(evidence.task, project.settings.tables.task_of()):
        stated = evidence.metrics.get(metric.name)
        yield _Contender(release, value(release) if stated is None else stated)


def _before_what_is_seen(
    project: Project, history: Sequence[Named[Commit]], elsewhere: Elsewhere | None
) -> tuple[ReleaseReference, ...] | None:
    """The champions before the first release that a shallow clone sees, as its promotion says; ``None``: it does not.

    There was none, or the anchor of then stands for them all: it was the best of them by the metric of then.
    """
    first = next((each for each in reversed(history) if each.release is not None), None)
    if first is None or first.release is None:
        return None
    said = dict(_PROMOTED.findall(project.commits.message(first.since.hash) or ""))
    if said.get("Release") != str(first.release.release):
        return None
    if said.get("Against") == "no champion":
        return ()
    anchor = said.get("Anchor")
    if anchor is None or not _judged_by_todays_metric(project, first.release, elsewhere):
        return None
    # Nobody asks what its content is: it is had, and held to, by its own digest.
    return (ReleaseReference(first.release.name, Digest.parse(anchor), first.release.content),)


def _judged_by_todays_metric(project: Project, release: ReleaseReference, elsewhere: Elsewhere | None) -> bool:
    try:
        content = sealed_document(project, release, VERDICT, elsewhere)
        verdict = project.documents.parse(content, f"{VERDICT} of release {release.release.short}", Verdict)
    except LockgateError:  # it is one of those that are had next: what is wrong is said there
        return False
    return verdict.policy.accuracy.metric == project.settings.gates.accuracy.metric


def _of_other_rows(project: Project, release: ReleaseReference, history: Sequence[Named[Commit]], rows: Digest) -> bool:
    """Whether the lock file of the commit that first named a release records the held-out rows, and other ones."""
    since = [each.since for each in history if each.release == release]
    content = project.commits.content_at(since[-1].hash, project.layout.dvc_lock) if since else None
    if content is None or project.settings.tables.test.encode() not in content:
        return False
    return rows.hex.encode() not in content


def _best(found: Sequence[_Contender], champion: ReleaseReference, metric: Metric) -> FoundAnchor:
    """Of equals the champion, which is asked anyway, else the one that came first; ``found`` has the oldest first."""
    if not found:
        return FoundAnchor(champion)
    known = [(each.value, each.release) for each in found if each.value is not None]
    if len(known) < len(found):
        lacking = next(each.release for each in found if each.value is None)
        told = f"the release {lacking.release.short}, a champion on these rows, states no {metric}"
        return FoundAnchor(problem=told, remedy=ASK_IT)
    ranked = [(metric.sign * number, release == champion, -at) for at, (number, release) in enumerate(known)]
    return FoundAnchor(known[-max(ranked)[-1]][1], len(found))
