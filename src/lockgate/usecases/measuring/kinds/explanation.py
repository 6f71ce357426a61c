"""What the ONNX model's answers depend on: permutation importances, and local explanations of the worst errors."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from lockgate.domain.judging.gates.data.single_feature import rank_auc
from lockgate.domain.judging.gates.explanation.evidence import (
    ExplanationEvidence,
    Importance,
    LocalExplanation,
    metric_for,
)
from lockgate.domain.measuring.changes import moved, named, spreads_of
from lockgate.domain.measuring.probes import SEED, sampled, tables_per_call
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.inputs import Inputs, stacked
from lockgate.domain.model.signature import Array, Outputs
from lockgate.domain.statistics.bounds.means import spread_of
from lockgate.domain.statistics.bounds.shares import shares_of
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import Floats, Places, Sample
from lockgate.errors import ModelError
from lockgate.ports import Runtime
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.worst_rows import worst_rows
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project, read_candidate

ROWS = 4_000
REPEATS = 3
WORST = 10
BACKGROUND = 50


@dataclass(frozen=True)
class _Told:
    """Rows of which the truth is known, with the model's answers to them as they are."""

    judged: LoadedModel
    table: Inputs
    truth: Array
    answers: Answers
    spreads: Floats
    blocks: Places | None


def check_explanation(project: Project, judged: LoadedModel, runtime: Runtime) -> ExplanationEvidence:
    """What each input column means to the model, over all rows and for its worst errors."""
    truth, subject = project.settings.tables.truth(judged.columns), read_candidate(project, judged.name).subject
    blocks = project.settings.tables.blocks(judged.columns)
    evidence = measure_explanation(judged, truth, subject, dict(runtime.versions()), blocks)
    evidence = replace(evidence, method=method_here(project, "explanation"))
    project.documents.write(project.layout.evidence(judged.name, "explanation"), evidence)
    return evidence


def measure_explanation(
    judged: LoadedModel, truth: Array, subject: Subject, tools: Mapping[str, str], blocks: Places | None = None
) -> ExplanationEvidence:
    """Measure importances on a seeded sample of the held-out rows and explain the worst errors of all of them.

    ``truth`` is what ``Task.truth_of`` takes, of every held-out row; ``blocks`` ``(rows,)`` are numbers of those that
    depend on each other. Raises ``ModelError`` where the model gives up, or
    where its outputs are not those of its signature.
    """
    metric = metric_for(judged.task)
    if not judged.rows:
        return ExplanationEvidence(subject, dict(tools), 0, REPEATS, (), (), judged.task, metric)
    rows = sampled(judged.rows, ROWS)
    answers = _answers(judged, judged.outputs, judged.rows)
    spreads = spreads_of(judged.task, truth, answers.scores)
    every = _Told(judged, judged.inputs, truth, answers, spreads, blocks)
    taken = None if blocks is None else blocks[rows]
    some = _Told(judged, judged.inputs.take(rows), truth[rows], answers.take(rows), spreads, taken)
    return ExplanationEvidence(
        subject=subject,
        tools=dict(tools),
        rows=len(rows),
        repeats=REPEATS,
        importances=_importances(some, metric),
        worst=tuple(_explain(every)),
        task=judged.task,
        metric=metric,
        spreads=named(judged.task, spreads),
    )


def _importances(told: _Told, metric: str) -> tuple[Importance, ...]:
    table, names, before = told.table, told.judged.signature.names, told.answers
    # One order for each repeat, whatever the column, so that a model with more columns is shuffled the same way.
    orders = [np.random.default_rng((SEED, repeat)).permutation(before.rows) for repeat in range(REPEATS)]
    shuffled = (table.replaced(name, table[name][order]) for name in names for order in orders)
    whole, found = _measured(metric, before, told.truth), list[tuple[float, Floats]]()
    for after in _ask(told.judged, table, shuffled):
        lost = metric_of(metric, before.task.kind).sign * (whole - _measured(metric, after, told.truth))
        found.append((lost, moved(before, after, told.spreads, rounding=True)))
    parts = [found[start : start + REPEATS] for start in range(0, len(found), REPEATS)]
    # Each row's mean over the repeats, (columns, rows): the rows are the sample, the repeats only make it steadier.
    changes = np.stack([np.array([change for _, change in part]).mean(axis=0) for part in parts])
    drops = [float(np.mean([lost for lost, _ in part])) for part in parts]
    means, shares, errors = [_mean(each) for each in changes], *shares_of(changes, told.blocks)
    return tuple(
        Importance(name, _number(drop), _number(change), _number(share), spread_of(rows, told.blocks), _number(error))
        for name, drop, change, share, rows, error in zip(names, drops, means, shares, changes, errors, strict=True)
    )


def _explain(told: _Told) -> Iterator[LocalExplanation]:
    judged, names = told.judged, told.judged.signature.names
    worst = worst_rows(told.answers, told.truth, told.spreads, WORST)
    background = judged.inputs.take(sampled(judged.rows, BACKGROUND, SEED + 1))
    count = min(judged.rows, BACKGROUND)
    repeated = [judged.inputs.take(np.full(count, each.row, dtype=np.intp)) for each in worst]
    tables = (table.replaced(name, background[name]) for table in repeated for name in names)
    after = _ask(judged, background, tables)
    for each in worst:
        own = float(told.answers.scores[each.row, each.place])
        replacements = zip(names, islice(after, len(names)), strict=True)
        contributions = {name: _number(_mean(own - found.scores[:, each.place])) for name, found in replacements}
        yield LocalExplanation(each.row, each.truth, _number(own), contributions, each.column)


def _ask(judged: LoadedModel, table: Inputs, tables: Iterator[Inputs]) -> Iterator[Answers]:
    """The answers for each of the tables, all of the rows that ``table`` has."""
    while batch := list(islice(tables, tables_per_call(table))):
        asked = stacked(batch)
        answers = _answers(judged, judged.session.run(asked), asked.rows)
        for part in np.split(np.arange(asked.rows), len(batch)):
            yield answers.take(part)


def _answers(judged: LoadedModel, outputs: Outputs, rows: int) -> Answers:
    """A row that has no finite score of some class has none at all; infinities say no more than NaN here."""
    try:
        answers = Answers.of(judged.signature, outputs)
    except (ModelError, KeyError) as error:
        hint = "tables.positive in params.yaml must be one of the classes; else export again"
        raise ModelError(
            f"candidate {judged.name}: its outputs are not those of its signature",
            hint=hint if judged.task.labelled else "export it again: lockgate run",
        ) from error
    if answers.rows != rows:
        raise ModelError(f"candidate {judged.name} answers {answers.rows} rows to {rows}")
    known = np.isfinite(answers.scores)
    whole = known.all(axis=1, keepdims=True) if judged.task.labelled else known
    return replace(answers, scores=np.where(whole, answers.scores, np.nan))


def _measured(metric: str, answers: Answers, truth: Array) -> float:
    """NaN where one of two classes is missing, or a score is no number."""
    sample = answers.sample(truth)
    if isinstance(sample, Sample):
        return rank_auc(sample.scores, sample.labels) if sample.whole else math.nan
    found = value(metric, sample)
    return math.nan if found is None else found


def _mean(values: Floats) -> float:
    """NaN where one of the values is no finite number."""
    return float(values.mean()) if bool(np.isfinite(values).all()) else math.nan


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
