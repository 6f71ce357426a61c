"""The glassbox of several classes and of a number: what it learns from the rows, and that its terms are its answers."""

from collections.abc import Sequence

import numpy as np

from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION, ReferenceEvidence, Term
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.score_table import TableReference, table_of
from lockgate.domain.model.signature import Column, Columns
from lockgate.domain.model.task import Multiclass, Regression, Task
from lockgate.domain.names import listed
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import DataError, ModelError
from lockgate.ports import FittedGlassbox, Glassbox, Metrics, Tables
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project

ROUNDING = 1e-6
"""How far the sum of terms may be from the answer, in parts of it, or of 1."""


def check_reference_of(
    project: Project,
    inputs: Sequence[Column],
    glassbox: Glassbox,
    metrics: Metrics,
    tables: Tables,
    rows: tuple[Columns, Columns],
    path_of_training: str,
) -> ReferenceEvidence:
    """Fit on the training rows of ``rows`` and ask the held-out ones, as ``check_reference`` does of two classes.

    Raises ``DataError`` for a task or inputs of which a glassbox knows nothing.
    """
    settings, (training, test) = project.settings.tables, rows
    task = _task(settings, inputs, training)
    truth, path = settings.truth(test), project.layout.reference_scores
    taken = {each.name: training[each.name] for each in inputs}
    fitted = glassbox.fit(taken, inputs, training[settings.truths[0]], task)
    answers, contributions = _asked(task, fitted, {each.name: test[each.name] for each in inputs})
    said = _told(task, fitted, contributions)
    tables.write(path, table_of(answers, truth, said, settings.blocks(test), settings.forecast(test)))
    evidence = ReferenceEvidence(
        training=project.files.md5(project.layout.root / path_of_training),
        data=project.files.md5(project.layout.root / settings.test),
        tools=dict(glassbox.versions()),
        settings=dict(glassbox.settings()),
        inputs=tuple(column.name for column in inputs),
        training_rows=len(training[settings.truths[0]]),
        rows=answers.rows,
        task=task,
        counts=task.counts(truth),
        metrics=dict(metrics.measure(answers.sample(truth))),
        intercepts=dict(zip(task.columns, fitted.intercepts, strict=True)),
        terms=tuple(
            Term(name, tuple(columns), float(np.abs(part).mean()) if part.size else None)
            for (name, columns), part in zip(fitted.terms().items(), contributions.swapaxes(0, 1), strict=True)
        ),
        scores=TableReference(path.name, answers.rows, project.files.sha256(path)),
        method=method_here(project, "reference"),
    )
    project.documents.write(project.layout.reference, evidence)
    return evidence


def _task(settings: TablesSettings, inputs: Sequence[Column], training: Columns) -> Task:
    classes = sorted(set(training[settings.truths[0]].tolist())) if settings.task == "multiclass" else ()
    task, problem = settings.task_of(classes), ""
    if not isinstance(task, Multiclass | Regression):
        problem = f"a glassbox is of one answer to a row, and the task is {task.kind}"
    elif isinstance(task, Regression) and task.width > 1:
        problem = f"a glassbox is of one number, and the task is of {listed(task.columns)}"
    elif tensors := [column.name for column in inputs if column.axes]:
        problem = f"a glassbox takes columns, and {listed(tensors)} is a tensor"
    if problem:
        raise DataError(problem, hint="leave gates.explanation.max_behind_reference out")
    return task


def _asked(task: Task, fitted: FittedGlassbox, columns: Columns) -> tuple[Answers, Floats]:
    """Answers, and contributions ``(rows, terms, width)``. Raises ``ModelError`` for terms that do not add up."""
    scores, contributions = fitted.explain(columns)
    rows = len(scores)
    every, parts = scores.reshape(rows, -1), contributions.reshape(rows, contributions.shape[1], -1)
    total = np.array(fitted.intercepts) + parts.sum(axis=1)
    if isinstance(task, Multiclass):
        total = np.exp(total - total.max(axis=1, keepdims=True))
        total /= total.sum(axis=1, keepdims=True)
    if not np.allclose(total, every, rtol=ROUNDING, atol=ROUNDING):
        raise ModelError("the glassbox's contributions do not add up to its answers")
    labels = np.array(task.columns, dtype=object)[every.argmax(axis=1)] if task.labelled else None
    return Answers(task, every, labels), parts


def _told(task: Task, fitted: FittedGlassbox, contributions: Floats) -> Columns:
    """A column for each term; of several classes one for each class."""
    return {
        f"{CONTRIBUTION}{name}{f' to {column}' if task.labelled else ''}": contributions[:, term, place]
        for term, name in enumerate(fitted.terms())
        for place, column in enumerate(task.columns)
    }
