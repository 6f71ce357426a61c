"""``lockgate check reference``: what a model that explains itself learns from the rows: evidence for all."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION, ReferenceEvidence, Term
from lockgate.domain.model.inputs import tensors
from lockgate.domain.model.score_table import TableReference, score_table
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.names import listed
from lockgate.domain.project.labelled_rows import demand_task
from lockgate.domain.statistics.sample import Floats, Sample, Truths
from lockgate.errors import DataError, ModelError
from lockgate.ports import Glassbox, Metrics, Tables
from lockgate.usecases.making.labelled_tables import read_rows
from lockgate.usecases.measuring.kinds.glassbox_of_tasks import check_reference_of
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project

ROUNDING = 1e-6
"""How far the sum of terms may be from the log-odds of the score."""
SATURATED = 30.0
"""Beyond these log-odds a probability in float64 does not tell them any more."""


NO_REFERENCE = "leave gates.explanation.max_behind_reference out, and the stage that makes the reference"


def check_reference(
    project: Project, inputs: Sequence[Column], glassbox: Glassbox, metrics: Metrics, tables: Tables
) -> ReferenceEvidence:
    """Fit a glassbox on the training rows, ask it the held-out rows, and keep its scores and what each term said.

    ``inputs`` are the raw columns that the candidates take. The model itself is not kept. Raises ``DataError`` where a
    table is missing or lacks a column, ``ModelError`` where nothing can be fitted.
    """
    settings, root = project.settings.tables, project.layout.root
    if names := tensors(inputs):
        raise ModelError(
            f"the glassbox explains columns, and {listed(names)} is a tensor",
            hint=NO_REFERENCE,
        )
    if settings.training is None:
        raise DataError("the reference is fitted on training rows, and tables.training names none", hint=NO_REFERENCE)
    training, test = (_read(tables, project, path, inputs) for path in (settings.training, settings.test))
    demand_task(settings, {"training": training, "test": test})
    if settings.task != "binary":
        return check_reference_of(project, inputs, glassbox, metrics, tables, (training, test), settings.training)
    taken = {column.name: training[column.name] for column in inputs}
    fitted = glassbox.fit(taken, inputs, _positives(training, settings.label, settings.positive))
    scores, contributions = fitted.explain({column.name: test[column.name] for column in inputs})
    _demand_sum(scores, contributions, fitted.intercept)
    labels, terms, path = test[settings.label], fitted.terms(), project.layout.reference_scores
    predicted = np.where(scores > 0.5, settings.positive, _other(training[settings.label], settings.positive))  # noqa: PLR2004 - the likelier class
    told = {CONTRIBUTION + name: contributions[:, at] for at, name in enumerate(terms)}
    tables.write(path, score_table(labels, predicted.astype(object), {settings.positive: scores}, told))
    truths = _positives(test, settings.label, settings.positive)
    evidence = ReferenceEvidence(
        training=project.files.md5(root / settings.training),
        data=project.files.md5(root / settings.test),
        tools=dict(glassbox.versions()),
        settings=dict(glassbox.settings()),
        inputs=tuple(column.name for column in inputs),
        training_rows=len(training[settings.label]),
        rows=len(labels),
        task=settings.task_of(),
        counts={settings.positive: int(truths.sum())},
        metrics=dict(metrics.measure(Sample(truths, predicted == settings.positive, scores))),
        intercepts={settings.positive: fitted.intercept},
        terms=_terms(terms, contributions),
        scores=TableReference(path.name, len(labels), project.files.sha256(path)),
        method=method_here(project, "reference"),
    )
    project.documents.write(project.layout.reference, evidence)
    return evidence


def _read(tables: Tables, project: Project, path: str, inputs: Sequence[Column]) -> Columns:
    columns = read_rows(project, tables, path)
    if absent := [column.name for column in inputs if column.name not in columns]:
        raise DataError(f"{path}: has no column {listed(absent)}", hint="see `tables` in params.yaml")
    return columns


def _positives(columns: Columns, label: str, positive: str) -> Truths:
    return np.asarray(columns[label] == positive, dtype=np.bool_)


def _other(labels: Array, positive: str) -> str:
    """The class that is not the positive one."""
    return next(str(label) for label in labels.tolist() if label != positive)


def _demand_sum(scores: Floats, contributions: Floats, intercept: float) -> None:
    """Raise ``ModelError`` for a model whose terms do not add up to its answers: it explains something else."""
    total = intercept + contributions.sum(axis=1)
    told = np.clip(total, -SATURATED, SATURATED)
    with np.errstate(divide="ignore"):
        answered = np.clip(np.log(scores) - np.log1p(-scores), -SATURATED, SATURATED)
    if not np.allclose(told, answered, rtol=ROUNDING, atol=ROUNDING):
        raise ModelError("the glassbox's contributions do not add up to its answers")


def _terms(terms: Mapping[str, Sequence[str]], contributions: Floats) -> tuple[Term, ...]:
    sizes = (
        [float(size) for size in np.abs(contributions).mean(axis=0)] if len(contributions) else [math.nan] * len(terms)
    )
    return tuple(
        Term(name, tuple(columns), size if math.isfinite(size) else None)
        for (name, columns), size in zip(terms.items(), sizes, strict=True)
    )
