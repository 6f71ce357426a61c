"""Evidence with a table of per-row scores: whether it is sound, and whether a champion's can be compared with it."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.champion import ASK_IT, Champion, its_own_model, no_champion, not_comparable
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK, unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable, TableReference
from lockgate.domain.model.task import Task, contradiction
from lockgate.domain.names import listed
from lockgate.domain.statistics.absence import why_no_value
from lockgate.domain.statistics.metrics.metric import BINARY, Metric
from lockgate.domain.statistics.metrics.registry import metric_of, metrics_of, value
from lockgate.domain.statistics.sample import AnySample, ValueSample

WHOLE = "judge it on rows of both classes, and let the model answer each with a finite probability"
WHOLE_OF = {
    "multiclass": "judge it on rows of every class, and let the model answer each with finite probabilities",
    "multilabel": "judge it on rows with and without each label, and let the model answer with finite probabilities",
    "regression": "judge it on rows whose targets differ, and let the model answer each with a finite number",
}
"""The same of the other tasks."""
SAME = 1e-6
"""How far a metric of the evidence may be from the one that its own score table gives: rounding, and nothing else."""


class ScoreEvidence(Protocol):
    """A document of metrics that were computed from the score table beside it."""

    @property
    def subject(self) -> Subject:
        """The model and the data that it is of."""

    @property
    def rows(self) -> int:
        """How many rows were answered."""

    @property
    def task(self) -> Task:
        """What is answered."""

    @property
    def metrics(self) -> Mapping[str, float | None]:
        """By name; ``None`` for one that is no number."""

    @property
    def scores(self) -> TableReference:
        """The table."""


def unsound(
    gate: str, metric: str | Metric | None, evidence: ScoreEvidence | None, scores: ScoreTable | None, subject: Subject
) -> Finding | None:
    """Why nothing can be judged: evidence that is absent, of something else, or not what its own scores say."""
    if evidence is None:
        return unmeasured(gate, "the accuracy was not measured", Reason.NOT_MEASURED)
    if different := evidence.subject.differs_from(subject):
        return unmeasured(gate, f"the evidence is of another {' and '.join(different)}", Reason.OTHER_SUBJECT)
    if scores is None or not scores.rows or scores.rows != evidence.rows or evidence.scores.rows != evidence.rows:
        return unmeasured(
            gate, "the table of per-row scores is missing, or is not the one of the evidence", Reason.NO_SCORES
        )
    return inconsistent(gate, metric, evidence.metrics, scores)


def inconsistent(
    gate: str, metric: str | Metric | None, metrics: Mapping[str, float | None], scores: ScoreTable
) -> Finding | None:
    """Every metric that the evidence states must be the one that its scores give; one at least must be stated."""
    ours = metrics_of(scores.sample.task)
    asked = None if metric is None else metric_of(metric, scores.sample.task)
    known = ours if asked is None else {**ours, asked.name: asked}
    stated = {name: found for name, found in metrics.items() if name in known}
    if asked is not None and asked.package and asked.name in stated:  # what is judged by is looked at first
        stated = {asked.name: stated[asked.name]} | stated
    why = _without_metric(scores)
    remedy = f"{_whole(scores.sample)}; then {RECHECK}" if why else RECHECK
    for name, found in stated.items():
        if found is None or not math.isfinite(found):
            if asked is None and _has_none(known[name], scores.sample):
                continue
            if asked is None or asked.name == name:
                return _no_number(gate, asked, name, scores.sample, why)
            continue
        told = value(known[name], scores.sample)
        if told is None or abs(told - found) > SAME * max(1.0, abs(told)):
            message = f"the evidence says {name} {found:.6f}, its scores do not: {why or told}"
            return unmeasured(gate, message, Reason.EDITED, remedy)
    if not stated:
        return unmeasured(gate, "the evidence states no metric", Reason.NOT_MEASURED)
    return None


def _no_number(gate: str, asked: Metric | None, name: str, sample: AnySample, why: str) -> Finding:
    """Measured again, what a package brings gives no number again: its makers are asked first.

    Raises ``MetricFailed`` where the metric raises, as it did when it was measured: evidence keeps no message.
    """
    why = why or (why_no_value(asked, sample) if asked is not None and not asked.package else "")
    makers = asked.package if asked and not why else ""
    if asked and makers:
        value(asked, sample)
    message = f"{asked if makers else name} is missing or not a number" + (f": {why}" if why else "")
    first = f"ask those who made {makers}" if makers else _whole(sample) if why else ""
    return unmeasured(gate, message, Reason.NOT_MEASURED, f"{first}; then {RECHECK}" if first else RECHECK)


def _has_none(metric: Metric, sample: AnySample) -> bool:
    """Whether these rows, of another task than a binary one, give no number for the metric, and nothing else is wrong.

    A class without a row has no recall, say; that decides nothing where another metric is what is judged.
    """
    return sample.task != BINARY and sample.whole and value(metric, sample) is None


def _whole(sample: AnySample) -> str:
    return WHOLE_OF.get(sample.task, WHOLE)


def _without_metric(scores: ScoreTable) -> str:
    """Why the scores give no metric at all; empty where they do."""
    rows = scores.rows
    lost = int((~np.isfinite(scores.sample.said).reshape(rows, -1).all(axis=1)).sum())
    if lost:
        return f"{lost} of {rows} rows have a score that is not a finite number"
    if scores.sample.whole:
        return ""
    if isinstance(scores.sample, ValueSample):
        return "a true value is not a finite number"
    return f"all {rows} rows are of one class"


def own_model(gate: str, evidence: ScoreEvidence, champion: Champion | None) -> Finding | None:
    """Passed where the candidate is the champion's own model again: there is no difference to be sure of."""
    theirs = champion.evidence.of(type(evidence)) if champion is not None else None
    if champion is None or theirs is None or theirs.subject.model != evidence.subject.model:
        return None
    return its_own_model(gate, champion, evidence.rows)


def without_champion(
    gate: str, metric: str | Metric | None, evidence: ScoreEvidence, scores: ScoreTable, champion: Champion | None
) -> Finding | None:
    """Why there is no comparison with a champion; ``None`` where there can be one.

    Its evidence is held to its own scores as the candidate's is: who edits either moves the difference.
    """
    if champion is None:
        return no_champion(gate)
    theirs = champion.evidence.of(type(evidence))
    if champion.evidence.contradiction:
        message, remedy = f"{champion.name}: {champion.evidence.contradiction}", forget(champion.release)
        return not_comparable(gate, message, Reason.EDITED, remedy)
    if theirs is None or champion.scores is None:
        return _not_had(gate, champion)
    return _not_alike(gate, metric, evidence, scores, champion, theirs)


def _not_had(gate: str, champion: Champion) -> Finding:
    message, remedy = f"the scores of the {champion.name} on these rows cannot be had", ASK_IT
    if champion.model is None:
        message += f": {champion.absent or 'its release cannot be had'}"
        remedy = f"{champion.remedy}; then: lockgate check champion" if champion.remedy else ASK_IT
    return not_comparable(gate, message, Reason.NO_CHAMPION_EVIDENCE, remedy)


def _not_alike(
    gate: str,
    metric: str | Metric | None,
    evidence: ScoreEvidence,
    scores: ScoreTable,
    champion: Champion,
    theirs: ScoreEvidence,
) -> Finding | None:
    """Why its answers are not to the same question; ``None`` where they are."""
    if champion.scores is None:
        return _not_had(gate, champion)
    alien = set(champion.scores.classes) - set(scores.classes) if scores.classes else set()
    if scores.sample.task == BINARY and len(champion.scores.classes) > 2 and alien:  # noqa: PLR2004
        message = f"the {champion.name} answers other classes: {listed(map(repr, sorted(alien)))}"
        return not_comparable(gate, message, Reason.OTHER_ROWS)
    other = theirs.subject.data != evidence.subject.data or contradiction(theirs.task, evidence.task) != ""
    if other or not scores.same_rows(champion.scores) or theirs.scores.rows != evidence.rows:
        return not_comparable(gate, f"the {champion.name} was judged on other rows", Reason.OTHER_ROWS)
    if wrong := inconsistent(gate, metric, theirs.metrics, champion.scores):
        return not_comparable(gate, f"{champion.name}: {wrong.message}", wrong.reason)
    return None


def forget(release: Digest) -> str:
    """How answers of a champion that were kept are had anew."""
    return f"remove build/champions/{release.short}, then {ASK_IT}"
