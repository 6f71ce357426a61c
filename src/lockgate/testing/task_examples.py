"""Values of every task that pass the gates of scores and data: what ``examples`` has for two classes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import (
    AREA,
    RANKS,
    ColumnDistance,
    DataEvidence,
    Overlap,
    SplitFacts,
)
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Candidate, Subject
from lockgate.domain.model.score_table import ScoreTable, TableReference, table_of
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Multiclass, Multilabel, Regression, Task
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import Floats

TASKS_OF_EXAMPLES: Final[Mapping[str, Task]] = {
    "multiclass": Multiclass(("cat", "dog", "hen")),
    "multilabel": Multilabel(("red", "round")),
    "regression": Regression(("price",)),
    "quantiles": Regression(("price",), (0.1, 0.5, 0.9)),
    "targets": Regression(("price", "weight")),
}
"""A task by the kind, and the two other forms of a regression."""
METRIC_OF_EXAMPLES: Final[Mapping[str, str]] = {
    "multiclass": "accuracy",
    "multilabel": "f1_macro",
    "regression": "mean_absolute_error",
}
"""What the example of a kind of task is judged by."""
ROWS: Final = 3000
SPREAD: Final = 1.2816
"""Where nine tenths of a normal distribution lie below."""


@dataclass(frozen=True)
class Drawn:
    """What is true of rows ``(rows, ...)`` and what is answered to them."""

    truth: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"
    answers: Answers


def drawn(task: Task, noise: float = 0.0, rows: int = ROWS) -> Drawn:
    """Equal for equal arguments; the more ``noise``, the worse the model. Answers without it are calibrated."""
    random, own = np.random.default_rng(5), np.random.default_rng(6)
    if isinstance(task, Multiclass):
        signal = 2 * random.normal(size=(rows, task.width))
        truth = _sampled(_softmax(signal), random)
        scores = _softmax(signal + noise * own.normal(size=signal.shape))
        names = np.array(task.classes, dtype=object)
        return Drawn(names[truth], Answers(task, scores, names[scores.argmax(axis=1)]))
    if isinstance(task, Multilabel):
        signal = 3 * random.normal(size=(rows, task.width))
        true = random.random(signal.shape) < _logistic(signal)
        return Drawn(true, Answers(task, _logistic(signal + noise * own.normal(size=signal.shape)), None))
    known = 10 + random.normal(size=(rows, len(task.truths)))
    values = known + noise * own.normal(size=known.shape)
    numbers = known + 0.5 * random.normal(size=known.shape)
    if isinstance(task, Regression) and task.quantiles:
        values = values + 0.5 * np.array([[-SPREAD, 0.0, SPREAD]])
    return Drawn(numbers, Answers(task, values, None))


def scores_of_task(task: Task, noise: float = 0.0, rows: int = ROWS) -> ScoreTable:
    """The answers as gates see them, with the columns ``age`` and ``job`` to slice by."""
    of, random = drawn(task, noise, rows), np.random.default_rng(8)
    columns = {
        "age": random.integers(18, 80, rows).astype(np.float32),
        "job": np.array(["clerk", "smith"], dtype=object)[random.integers(0, 2, rows)],
    }
    return ScoreTable.of(table_of(of.answers, of.truth, columns), task)


def signature_of_task(task: Task) -> Signature:
    """Of a model that answers the task from an age and a job."""
    numbers = Output(task.output, "float32", (task.width,))
    return Signature(
        inputs=(Column("age", "float32"), Column("job", "string")),
        outputs=(Output("label", "string"), numbers) if task.labelled else (numbers,),
        classes=task.columns if task.labelled else (),
        probabilities=task.output,
        task=task,
    )


def case_of_task(task: Task, noise: float = 0.0) -> Case:
    """Scores of a model that is better than the champion, and data in order: what other gates ask for is not there."""
    signature = signature_of_task(task)
    subject = Subject("example", sha256(b"model"), md5(b"data"))
    candidate = Candidate(subject, sha256(b"signature"), sha256(b"profile"))
    source = Source("0123456789abcdef0123456789abcdef01234567", "2026-01-02T03:04:05+00:00")
    scores, before = scores_of_task(task, noise), scores_of_task(task, noise + 0.7)
    found = Evidence(scores=scores).holding(_accuracy(subject, task, scores), _data(subject, task, scores))
    other = _accuracy(replace(subject, model=sha256(b"other")), task, before)
    champion = Champion(sha256(b"champion"), Evidence(scores=before).holding(other))
    case = Case(candidate, signature, source, "staging", found, {}, champion)
    return replace(case, metric=metric_of_task(task), level=0.9)


def metric_of_task(task: Task) -> Metric:
    """What the example is judged by."""
    return metrics_of(task.kind)[METRIC_OF_EXAMPLES[task.kind]]


def _accuracy(subject: Subject, task: Task, scores: ScoreTable) -> AccuracyEvidence:
    name = METRIC_OF_EXAMPLES[task.kind]
    return AccuracyEvidence(
        subject,
        {"fake": "1"},
        scores.rows,
        task,
        task.counts(drawn(task).truth),
        {name: value(name, scores.sample)},
        TableReference("scores.parquet", scores.rows, sha256(b"scores")),
    )


def _data(subject: Subject, task: Task, scores: ScoreTable) -> DataEvidence:
    of_numbers = task.kind == "regression"
    counts = None if of_numbers else task.counts(drawn(task).truth)
    parts = {"training": 3, "validation": 1, "test": 1}
    splits = {
        split: SplitFacts(times * scores.rows, counts and {name: times * rows for name, rows in counts.items()})
        for split, times in parts.items()
    }
    return DataEvidence(
        digests={"training": md5(b"training"), "validation": md5(b"validation"), "test": subject.data},
        tools={"fake": "1"},
        label="animal" if task.labelled else "",
        task=task,
        splits=splits,
        overlaps={"training": Overlap(0, 20), "validation": Overlap(0, 4)},
        features={"age": 0.7, "job": 0.6},
        distances=(
            ColumnDistance("age", "kolmogorov-smirnov", 0.02, 0.02),
            ColumnDistance("job", "total-variation", 0.01, 0.01),
        ),
        feature_errors={"age": 0.006, "job": 0.007},
        feature_metric=RANKS if of_numbers else AREA,
        labels=() if task.labelled else task.truths or task.columns,
        feature_classes=dict.fromkeys(("age", "job"), (task.truths or task.columns)[0]),
        targets=tuple(ColumnDistance(name, "kolmogorov-smirnov", 0.02, 0.02) for name in task.truths if of_numbers),
    )


def _softmax(signal: Floats) -> Floats:
    powers = np.exp(signal)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _sampled(scores: Floats, random: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """A class for each row, by its probabilities."""
    return np.asarray((scores.cumsum(axis=1) < random.random((len(scores), 1))).sum(axis=1), dtype=np.intp)


def _logistic(signal: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-signal)))
