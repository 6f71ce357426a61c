"""The contract of a plant: what it is called, which gate is meant for it, and what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.data.table_checks import positives_of
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.source import Source
from lockgate.domain.statistics.sample import Truths
from lockgate.ports import GraphEditor

LAST = 1000


class NotAsked(Exception):
    """The policy demands nothing that this plant breaks; the drill lists it as off, with these words."""


@dataclass(frozen=True)
class Bed:
    """The sound candidate that plants are made of; the drill takes it as the champion as well.

    Tables are all columns of the project's, as they lie there, each ``(rows,)``; ``model`` are the bytes of the ONNX
    export. ``evidence`` is what the sound one was measured to be.
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

    def labels(self, table: Columns) -> Array:
        """The ``(rows,)`` labels of a table in the written form, that of ``signature.classes``."""
        return written_labels(table[self.tables.label])

    def positives(self, table: Columns) -> Truths:
        """Which rows of a table are of the positive class, boolean ``(rows,)``."""
        return positives_of(self.labels(table), self.tables.positive)

    def relabelled(self, labels: Array) -> "Planted":
        """The training rows with other labels, ``(rows,)``."""
        return Planted(training={**self.training, self.tables.label: labels})


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
    gate and rule, that must pass for it to be what it says, such as ``("accuracy", "floor")``.
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

    def plant(self, bed: Bed) -> Planted:
        """What the function says."""
        return self.make(bed)
