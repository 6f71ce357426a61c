"""What a gate is: a name, settings, the documents that it judges, and how it judges them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.extensions.measurable import Measurable
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import OF_EVERY_GATE, OwnReason, Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.judging.protocol.words import Figures, Words
from lockgate.domain.model.task import TaskKind

Mode = Literal["enforce", "warn", "off"]
"""``warn`` lets a gate's findings pass with a mark, outside production; ``off`` does not ask, and says so."""


@dataclass(frozen=True)
class Gate:
    """A gate, Lockgate's own or of somebody else's package.

    ``judge`` takes the settings, an instance of ``policy``, and the case. It measures nothing, and gives at least one
    finding, of the gate's own name: passed, undecided or refused. ``policy`` is the frozen dataclass of the settings,
    with a ``mode`` unless the gate is ``required``; ``None`` has none. ``documents`` are the evidence documents of the
    gate's own by their names; ``judges`` are those that it cannot do without, by default the first of its own, and
    ``by_rule`` those of a rule that needs others. ``sealed`` tells whether a release that is judged again is asked:
    what a bundle does not carry cannot be. ``beside_champion``
    says that the champion's documents of the same classes are held beside the candidate's, ``again`` what measures the
    gate's own documents anew. ``reasons`` are why its findings may not pass, beyond those of every gate; ``words`` put
    its settings into words, and ``figures`` what passed, where that is not what lies nearest to its limit.
    ``not_asked`` says, by the task, why the gate has nothing to ask of it: settings that ask all the same are an error.
    ``without_project`` says why it asks nothing of a file that belongs to no project; empty where it does.
    ``of_points`` says so of a regression without quantiles. A setting that is for some tasks says so in its annotation.
    ``measure`` gives the documents of a gate of somebody else's, from its settings and the model; ours have checks.
    """

    name: str
    judge: Callable[[Any, Case], Iterable[Finding]]
    policy: type | None = None
    documents: Mapping[str, type] = field(default_factory=dict)
    judges: tuple[type, ...] = ()
    by_rule: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    required: bool = False
    sealed: bool = True
    beside_champion: bool = False
    reasons: tuple[Reason | OwnReason, ...] = ()
    words: Words = field(default_factory=dict)
    figures: Figures | None = None
    measure: Callable[[Any, Measurable], Iterable[object]] | None = None
    again: str = RECHECK
    not_asked: Mapping[TaskKind, str] = field(default_factory=dict)
    without_project: str = ""
    of_points: str = ""

    def nothing_to_ask(self, task: TaskKind, quantiles: Sequence[float] = ()) -> str:
        """Why it has nothing to ask of a task; empty where it has."""
        points = self.of_points if task == "regression" and not quantiles else ""
        return self.not_asked.get(task, "") or points

    @property
    def says(self) -> tuple[Reason | OwnReason, ...]:
        """Every reason that its findings may have."""
        return (*OF_EVERY_GATE, *self.reasons)

    @property
    def unwaivable(self) -> frozenset[str]:
        """The codes of the gate's own that no waiver helps."""
        return frozenset(each.code for each in self.reasons if isinstance(each, OwnReason) and not each.waivable)

    def judged_by(self, rule: str) -> tuple[type, ...]:
        """The classes of the documents that a rule is judged on; the first that is absent is why it is undecided."""
        return self.by_rule.get(rule) or self.judges or tuple(self.documents.values())[:1]


@dataclass(frozen=True)
class AskedGate:
    """A gate with its settings; ``None`` where it has none, or where the policy leaves the gate out.

    ``package`` is the one that brings a gate of somebody else's, with its version.
    """

    gate: Gate
    policy: Any
    package: str = ""

    @property
    def name(self) -> str:
        """The gate's."""
        return self.gate.name

    @property
    def told(self) -> str:
        """The gate's name, with the package that brings it."""
        return f"{self.name} of {self.package}" if self.package else self.name

    @property
    def mode(self) -> str:
        """``enforce`` unless the settings say otherwise; a gate that the policy leaves out is off."""
        if self.gate.required:
            return "enforce"
        left_out = self.policy is None and self.gate.policy is not None
        return "off" if left_out else str(getattr(self.policy, "mode", "enforce"))
