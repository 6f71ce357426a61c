"""What the ONNX model's answers depend on: permutation importances, and local explanations of the worst errors."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.single_feature import rank_auc
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.measuring.probes import SEED, sampled, tables_per_call
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.inputs import Inputs, stacked
from lockgate.domain.model.signature import Outputs
from lockgate.domain.model.task import positive_of
from lockgate.domain.statistics.bounds.means import spread_of
from lockgate.domain.statistics.bounds.shares import shares_of
from lockgate.domain.statistics.sample import Floats, Truths
from lockgate.errors import ModelError
from lockgate.ports import Runtime
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project, read_candidate

ROWS = 4_000
REPEATS = 3
WORST = 10
BACKGROUND = 50
SMALLEST = 1e-15
"""Where the log loss stops to grow, so that it is finite."""
ROUNDING = 1e-6
"""Changes of a row's probability up to this come of the batch that it stood in, and count as none."""


def check_explanation(project: Project, judged: LoadedModel, runtime: Runtime) -> ExplanationEvidence:
    """What each input column means to the model, over all rows and for its worst errors."""
    tables, subject = project.settings.tables, read_candidate(project, judged.name).subject
    evidence = measure_explanation(judged, judged.truths(tables.label), subject, dict(runtime.versions()))
    evidence = replace(evidence, method=method_here(project, "explanation"))
    project.documents.write(project.layout.evidence(judged.name, "explanation"), evidence)
    return evidence


def measure_explanation(
    judged: LoadedModel, labels: Truths, subject: Subject, tools: Mapping[str, str]
) -> ExplanationEvidence:
    """Measure importances on a seeded sample of the held-out rows and explain the worst errors of all of them.

    ``labels`` ``(rows,)`` says which held-out rows truly are positive. Raises ``ModelError`` where the model gives
    up, or where its outputs are not those of its signature.
    """
    if not judged.rows:
        return ExplanationEvidence(subject, dict(tools), 0, REPEATS, (), ())
    rows = sampled(judged.rows, ROWS)
    before = _scores(judged, judged.outputs, judged.rows)
    return ExplanationEvidence(
        subject=subject,
        tools=dict(tools),
        rows=len(rows),
        repeats=REPEATS,
        importances=_importances(judged, rows, labels[rows], before[rows]),
        worst=tuple(_explain(judged, labels, before)),
        task=judged.task,
    )


def _importances(
    judged: LoadedModel, rows: npt.NDArray[np.intp], labels: Truths, before: Floats
) -> tuple[Importance, ...]:
    table, names = judged.inputs.take(rows), judged.signature.names
    # One order for each repeat, whatever the column, so that a model with more columns is shuffled the same way.
    orders = [np.random.default_rng((SEED, repeat)).permutation(len(rows)) for repeat in range(REPEATS)]
    shuffled = (table.replaced(name, table[name][order]) for name in names for order in orders)
    after = list(_ask(judged, table, shuffled))
    found = [after[start : start + REPEATS] for start in range(0, len(after), REPEATS)]
    # Each row's mean over the repeats, (columns, rows): the rows are the sample, the repeats only make it steadier.
    changes = np.stack([_beyond_rounding(np.array(scores) - before).mean(axis=0) for scores in found])
    whole = _auc(labels, before)
    drops = [whole - float(np.mean([_auc(labels, each) for each in scores])) for scores in found]
    means, shares, errors = [_mean(each) for each in changes], *shares_of(changes)
    return tuple(
        Importance(name, _number(drop), _number(change), _number(share), spread_of(rows), _number(error))
        for name, drop, change, share, rows, error in zip(names, drops, means, shares, changes, errors, strict=True)
    )


def _explain(judged: LoadedModel, labels: Truths, before: Floats) -> Iterator[LocalExplanation]:
    names, worst = judged.signature.names, _worst(labels, before)
    background = judged.inputs.take(sampled(judged.rows, BACKGROUND, SEED + 1))
    count = min(judged.rows, BACKGROUND)
    repeated = [judged.inputs.take(np.full(count, row, dtype=np.intp)) for row in worst]
    tables = (table.replaced(name, background[name]) for table in repeated for name in names)
    after = _ask(judged, background, tables)
    positive = positive_of(judged.task)
    for row in worst:
        replacements = zip(names, islice(after, len(names)), strict=True)
        contributions = {name: _number(_mean(before[row] - scores)) for name, scores in replacements}
        yield LocalExplanation(int(row), bool(labels[row]), _number(before[row]), contributions, positive)


def _ask(judged: LoadedModel, table: Inputs, tables: Iterator[Inputs]) -> Iterator[Floats]:
    """The positive probabilities ``(rows,)`` for each of the tables, all of the rows that ``table`` has."""
    while batch := list(islice(tables, tables_per_call(table))):
        asked = stacked(batch)
        yield from np.split(_scores(judged, judged.session.run(asked), asked.rows), len(batch))


def _scores(judged: LoadedModel, outputs: Outputs, rows: int) -> Floats:
    try:
        scores = Answers.of(judged.signature, outputs).positive()
    except (ModelError, KeyError) as error:
        raise ModelError(
            f"candidate {judged.name}: its outputs are not those of its signature",
            hint="tables.positive in params.yaml must be one of the classes; else export again",
        ) from error
    if len(scores) != rows:
        raise ModelError(f"candidate {judged.name} answers {len(scores)} rows to {rows}")
    # Infinities say no more than NaN here, and NaN takes part in sums without a warning.
    return np.where(np.isfinite(scores), scores, np.nan)


def _worst(labels: Truths, scores: Floats) -> npt.NDArray[np.intp]:
    """The rows with the largest log loss, worst first; a score that is no number is worst of all."""
    of_truth = np.where(labels, scores, 1 - scores)
    loss = -np.log(np.clip(np.where(np.isfinite(of_truth), of_truth, 0.0), SMALLEST, 1.0))
    loss[~np.isfinite(of_truth)] = np.inf
    return np.argsort(-loss, kind="stable")[:WORST]


def _auc(labels: Truths, scores: Floats) -> float:
    """NaN where one of the classes is missing, or a score is no number."""
    both = 0 < int(labels.sum()) < len(labels)
    return rank_auc(scores, labels) if both and bool(np.isfinite(scores).all()) else math.nan


def _beyond_rounding(differences: Floats) -> Floats:
    """How large they are; NaN stays NaN."""
    return np.where(np.abs(differences) <= ROUNDING, 0.0, np.abs(differences))


def _mean(values: Floats) -> float:
    """NaN where one of the values is no finite number."""
    return float(values.mean()) if bool(np.isfinite(values).all()) else math.nan


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
