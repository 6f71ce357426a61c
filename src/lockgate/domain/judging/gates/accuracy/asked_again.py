"""Evidence whose model was asked the held-out rows again: it is judged by what the model answers now.

What was kept when it was measured must say the same, or somebody changed it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.measuring.measured_again import ANSWER, METRIC
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Array
from lockgate.domain.statistics.metrics.guarded import MetricFailed
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, Sample, Truths, ValueSample


def held_to(evidence: Evidence, answers: ScoreTable, metric: Metric | None = None) -> Evidence:
    """The evidence with today's answers in place of those that were kept, and with what the two contradict each other.

    ``metric`` is one of a package's that the evidence may state. A document without a table is held to its metrics.
    """
    kept, document = evidence.scores, evidence.of(AccuracyEvidence)
    if document is None:
        return replace(evidence, scores=answers)
    today = _metrics(document, answers, metric)
    told = _of_tables(kept, answers) if kept is not None else ""
    told = told or _of_metrics(document.metrics, today)
    return replace(
        evidence.holding(replace(document, metrics={**document.metrics, **today})), scores=answers, contradiction=told
    )


def _metrics(document: AccuracyEvidence, answers: ScoreTable, metric: Metric | None) -> dict[str, float | None]:
    ours = metrics_of(answers.sample.task)
    known = ours if metric is None else {**ours, metric.name: metric}
    found: dict[str, float | None] = {}
    for name in document.metrics:
        try:
            if name in known:
                found[name] = value(known[name], answers.sample)
        except MetricFailed:  # the gate asks it again, and says why
            continue
    return found


def _of_tables(kept: ScoreTable, answers: ScoreTable) -> str:
    """How a table that was kept differs from the answers; empty where it does not."""
    ours, theirs = kept.sample, answers.sample
    if kept.rows != answers.rows:
        return f"the table that was kept has {kept.rows} rows, the held-out table {answers.rows}"
    if ours.task != theirs.task or (row := _first(_unlike(ours.true, theirs.true))) is not None:
        where = f"row {row} has" if ours.task == theirs.task else "rows have"
        what = "true class" if isinstance(theirs, Sample | ClassSample) else "truth"
        return f"{where} another {what} in the table that was kept than in the held-out table"
    for name, values in kept.columns.items():
        other = answers.columns.get(name)
        if other is not None and (row := _first(_unlike(values, other))) is not None:
            return f"row {row} has another {name} in the table that was kept than in the held-out table"
    return _of_answers(ours, theirs)


def _of_answers(ours: AnySample, theirs: AnySample) -> str:
    kept, today = (each.said.reshape(each.rows, -1) for each in (ours, theirs))
    near = _near(kept, today)
    if (row := _first(~near)) is not None:
        at = int((~near)[row].argmax())
        told = f"row {row} has the score {kept[row, at]:.6f} in the table that was kept"
        return f"{told}, the model answers {today[row, at]:.6f}"
    if isinstance(ours, ValueSample) or isinstance(theirs, ValueSample):
        return ""
    # The label is that of the score, which may have moved over a limit by a rounding.
    other = (ours.predicted != theirs.predicted).reshape(ours.rows, -1).any(axis=1)
    if (row := _first(other & (kept == today).all(axis=1))) is not None:
        return f"row {row} is answered otherwise in the table that was kept than by the model"
    return ""


def _near(kept: Floats, today: Floats) -> Truths:
    """Whether two answers ``(rows, scores)`` are of one model: close, of their own size where that is above 1."""
    near = np.abs(kept - today) <= ANSWER * np.maximum(1.0, np.abs(today))
    return np.asarray(near | (~np.isfinite(kept) & ~np.isfinite(today)))


def _of_metrics(kept: Mapping[str, float | None], today: Mapping[str, float | None]) -> str:
    for name, found in today.items():
        told = kept[name]
        if (told is None) != (found is None):
            return f"the evidence says {name} {told}, the model answers to {found}"
        if told is not None and found is not None and not abs(told - found) <= METRIC * max(1.0, abs(found)):
            return f"the evidence says {name} {told:.6f}, the model answers to {found:.6f}"
    return ""


def _unlike(one: Array, other: Array) -> Array:
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return np.asarray(~((one == other) | (np.isnan(one) & np.isnan(other))))
    return np.asarray(one != other)


def _first(differs: Array) -> int | None:
    if not len(differs):
        return None
    found = np.flatnonzero(differs.reshape(len(differs), -1).any(axis=1))
    return int(found[0]) if len(found) else None
