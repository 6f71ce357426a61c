"""The contract of a plant: what it is called, which gate is meant for it, and what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.data.table_checks import positives_of
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.domain.model.task import TASKS, Regression, Task, TaskKind
from lockgate.domain.names import listed
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.project.truth_columns import in_form
from lockgate.domain.source import Source
from lockgate.domain.statistics.sample import Floats, Truths
from lockgate.ports import GraphEditor

LAST = 1000
TOLD = 3
"""So many inputs are named where none is of the type that a plant needs."""
EVERY: tuple[TaskKind, ...] = tuple(TASKS)


class NotAsked(Exception):
    """The policy demands nothing that this plant breaks; the drill lists it as off, with these words."""


@dataclass(frozen=True)
class Bed:
    """The sound candidate that plants are made of; the drill takes it as the champion as well.

    Tables are all columns of the project's, as they lie there, each ``(rows, ...)``; ``model`` are the bytes of the
    ONNX export. ``evidence`` is what the sound one was measured to be.
    """

    policy: Policy
    tables: TablesSettings
    signature: Signature
    model: bytes
    training: Columns
    test: Columns
    source: Source
    graphs: GraphEditor
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The inputs that are columns of float32."""
        return tuple(each.name for each in self.signature.inputs if each.dtype == "float32" and not each.axes)

    def without_numbers(self, what: str = "column of float32") -> NotAsked:
        """That a plant which needs one cannot be planted, with what the model takes instead."""
        taken = listed([f"{each.name} ({each})" for each in self.signature.inputs], most=TOLD)
        return NotAsked(f"it alters a {what}, and the model takes none: it takes {taken}")

    def demand_trained(self) -> None:
        """Raise ``NotAsked`` for an ONNX file that was handed over: no training makes another one of other rows."""
        parity = self.evidence.of(ParityEvidence)
        if parity is not None and (parity.without_source or parity.exporter.get("source") == "stored"):
            raise NotAsked("an ONNX file was handed over, and is not trained here")

    def demand_source(self) -> None:
        """Raise ``NotAsked`` where there are no answers that an export could differ from."""
        parity = self.evidence.of(ParityEvidence)
        if parity is not None and parity.without_source:
            raise NotAsked("an ONNX file was handed over alone: there are no answers that it could differ from")

    def labels(self, table: Columns) -> Array:
        """The ``(rows,)`` labels of a table in the written form, that of ``signature.classes``."""
        return written_labels(table[self.tables.label])

    def positives(self, table: Columns) -> Truths:
        """Which rows of a table are of the positive class, boolean ``(rows,)``."""
        return positives_of(self.labels(table), self.tables.positive)

    @property
    def task(self) -> Task:
        """What kind of answer the sound one gives."""
        return self.signature.task

    def truth(self, table: Columns) -> Array:
        """What is true of each row of a table: labels ``(rows,)``, or ``(rows, truths)`` labels or numbers."""
        return self.tables.truth({name: in_form(self.task.kind, table[name]) for name in self.tables.truths})

    def spread(self) -> Floats:
        """The standard deviation of each number that a regression answers, ``(width,)``, over the training rows."""
        every = np.asarray(self.truth(self.training), dtype=np.float64).std(axis=0)
        return np.resize(every, self.task.width)

    def usual(self, truth: Array) -> Floats:
        """What somebody who knows nothing of a row answers, ``(width,)``, from what is true of these rows.

        The shares of classes or labels, the means of numbers, or their quantiles.
        """
        if self.task.labelled:
            return np.array([(truth == name).mean() for name in self.task.columns])
        if isinstance(self.task, Regression) and self.task.quantiles:
            return np.asarray(np.quantile(truth.astype(np.float64).T[0], self.task.quantiles))
        return np.asarray(truth.astype(np.float64).mean(axis=0))

    def part(self, table: Columns) -> Truths:
        """Rows of a table that have something in common, boolean ``(rows,)``.

        Those of the positive class, or of the most frequent one, with the most frequent label, or above the median.
        """
        if self.task.kind == "binary":
            return self.positives(table)
        truth = self.truth(table)
        if self.task.labelled:
            return np.asarray(truth == self.task.columns[int(self.usual(truth).argmax())], dtype=np.bool_)
        if isinstance(self.task, Regression):
            first = truth.T[0].astype(np.float64)
            return np.asarray(first > np.median(first), dtype=np.bool_)
        return np.asarray(truth[:, int(self.usual(truth).argmax())], dtype=np.bool_)

    def relabelled(self, labels: Array) -> "Planted":
        """The training rows with other labels, ``(rows,)``, or ``(rows, truths)`` for a task of several columns."""
        self.demand_trained()
        names = self.tables.truths
        columns = labels.reshape(len(labels), -1).T if len(names) > 1 else [labels.reshape(-1)]
        return Planted(training={**self.training, **dict(zip(names, columns, strict=True))})


@dataclass(frozen=True)
class Planted:
    """What stands in place of the sound candidate's; what is ``None`` or left out stays as it is.

    ``training`` are rows that the plug-in trains on anew, while the table stays; ``model`` is an ONNX export, measured
    with ``signature``; ``tables`` replace whole tables by split; ``report`` is the text of the JUnit report that the
    tests left; ``source`` is the commit that they ran on; ``change`` alters the evidence after it was measured. With
    ``released``, the model is asked again after that, as ``lockgate release`` does, and what was altered is held to its
    answers.
    """

    training: Columns | None = None
    model: bytes | None = None
    signature: Signature | None = None
    tables: Mapping[str, Columns] = field(default_factory=dict)
    report: str | None = None
    source: Source | None = None
    change: Callable[[Evidence], Evidence] | None = None
    released: bool = False


class Plant(Protocol):
    """A bad candidate. A project adds its own under ``drill.plants`` in ``params.yaml``, as ``module:object``.

    ``reasons`` are the codes that count as being stopped (``docs/gates.md``). A plant may have ``keeps``: findings, by
    gate and rule, that must pass for it to be what it says, such as ``("accuracy", "floor")``. One that has ``tasks``
    is planted in projects of these alone.
    """

    @property
    def name(self) -> str:
        """As the drill prints it."""

    @property
    def gate(self) -> str:
        """The gate that is meant to stop it."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons that count."""

    def plant(self, bed: Bed) -> Planted:
        """What is to be judged. Raises ``NotAsked`` where the policy demands nothing that it breaks."""


@dataclass(frozen=True)
class Simple:
    """A plant from a function; ``place`` is that in `drill.json`, where a new one stands last."""

    name: str
    gate: str
    reasons: tuple[str, ...]
    make: Callable[[Bed], Planted]
    keeps: tuple[tuple[str, str], ...] = ()
    place: int = LAST
    tasks: tuple[TaskKind, ...] = EVERY

    def plant(self, bed: Bed) -> Planted:
        """What the function says."""
        return self.make(bed)
