"""What a model says to rows: one number for each class, label or target, and the label where its task has one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.signature import Array, Outputs, Signature
from lockgate.domain.model.task import POINT, Binary, Multiclass, Multilabel, Regression, Task
from lockgate.domain.names import listed
from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, LabelSample, Sample, ValueSample
from lockgate.errors import ModelError

ANSWER = "let the plug-in's model answer it; then lockgate run"


@dataclass(frozen=True)
class Answers:
    """Answers to rows: ``scores`` ``(rows, width)`` in the order of the task's columns, as the model gave them.

    ``labels`` ``(rows,)`` are what it said in one word, in the written form; ``None`` for a task without labels.
    """

    task: Task
    scores: Floats
    labels: Array | None = None

    @classmethod
    def of(cls, signature: Signature, outputs: Outputs) -> "Answers":
        """From a model's outputs. Raises ``ModelError`` for outputs of other names or shapes than the task has."""
        task = signature.task
        if problem := task.problem():
            raise ModelError(problem, hint="see tables.positive in params.yaml")
        wanted = (signature.label, signature.probabilities) if task.labelled else (signature.probabilities,)
        if absent := [name for name in wanted if name not in outputs]:
            raise ModelError(f"the ONNX model has no output {listed(absent)}", hint=ANSWER)
        every = np.asarray(outputs[signature.probabilities])
        labels = np.asarray(outputs[signature.label]) if task.labelled else None
        rows = len(every) if labels is None else labels.size
        if not task.labelled and every.ndim == 1 and task.width == 1:
            every = every.reshape(-1, 1)
        if every.shape != (rows, task.width) or (labels is not None and labels.shape[:1] != (rows,)):
            raise ModelError(f"the ONNX model answers {every.shape} to {rows} rows, not {(rows, task.width)}")
        if every.dtype.kind not in "fiub":
            raise ModelError(f"the ONNX model's {signature.probabilities} are {every.dtype}, no numbers")
        return cls(task, every.astype(np.float64), None if labels is None else _texts(labels.reshape(rows)))

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return len(self.scores)

    def take(self, rows: slice | npt.NDArray[np.intp]) -> "Answers":
        """The answers to some of the rows."""
        return Answers(self.task, self.scores[rows], None if self.labels is None else self.labels[rows])

    def of_class(self, name: str) -> Floats:
        """The scores of one class or label, ``(rows,)``, as they were given. Raises ``KeyError`` for another name."""
        return self._column(name)

    def value(self, target: str) -> Floats:
        """The values of one target, ``(rows,)``. Raises ``KeyError`` for another name."""
        return self._column(target)

    def _column(self, name: str) -> Floats:
        column: Floats = self.scores[:, self.place(name)]
        return column

    def place(self, name: str) -> int:
        """Where the numbers of a class, label or target stand. Raises ``KeyError`` for another name."""
        if name not in self.task.columns:
            raise KeyError(name)
        return self.task.columns.index(name)

    def positive(self) -> Floats:
        """The scores of a binary task's positive class, ``(rows,)``.

        A row that has no finite score of some class has none at all: NaN. Raises ``TypeError`` for any other task.
        """
        return np.where(np.isfinite(self.scores).all(axis=1), self.positive_as_given(), np.nan)

    def positive_as_given(self) -> Floats:
        """The same, whatever the scores of other classes are."""
        return self._column(_binary(self.task).positive)

    def unknown_labels(self) -> int:
        """How many labels are none of the task's."""
        return 0 if self.labels is None else int((~np.isin(self.labels.astype(np.str_), self.task.columns)).sum())

    def sample(self, truth: Array) -> AnySample:
        """What the statistics of the task are taken over.

        ``truth`` is of a task of classes the true ones ``(rows,)`` in the written form, of another ``(rows, truths)``.
        """
        task = self.task
        if isinstance(task, Binary):
            return Sample(task.truth_of(truth), task.truth_of(np.asarray(self.labels)), self.positive())
        if isinstance(task, Multiclass):
            return ClassSample(task.truth_of(truth), task.places(np.asarray(self.labels)), self.scores, task.classes)
        if isinstance(task, Multilabel):
            return LabelSample(task.truth_of(truth), self.scores >= LIKELIER, self.scores, task.labels)
        return self._numbers(truth)

    def _numbers(self, truth: Array) -> ValueSample:
        task = self.task
        if not isinstance(task, Regression):
            raise TypeError(f"no sample of a {task.kind} task is known")
        real = task.truth_of(truth)
        if not task.quantiles:
            return ValueSample(real, self.scores, task.targets)
        middle = self.scores[:, [task.quantiles.index(POINT)]]
        return ValueSample(real, middle, task.targets, task.quantiles, self.scores)


LIKELIER = 0.5
"""From this probability on, a label of several is answered."""


def _binary(task: Task) -> Binary:
    if not isinstance(task, Binary):
        raise TypeError(f"a {task.kind} task has no positive class")
    return task


def _texts(labels: Array) -> Array:
    """A model of another's that answers whole numbers means the same classes. Raises ``ModelError`` for no labels."""
    if labels.dtype.kind == "O":
        return labels
    try:
        return written_labels(labels)
    except ValueError as error:
        raise ModelError(f"the ONNX model's labels: {error}") from error
