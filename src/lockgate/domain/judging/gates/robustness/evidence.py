"""Evidence on robustness: what the model answered to real rows with one column changed. Never a verdict."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from lockgate.domain.measuring.probes import ProbeKind
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.task import UNTOLD, Task
from lockgate.domain.model.versions import Upgrades, extended
from lockgate.domain.statistics.bounds.means import Spread


@dataclass(frozen=True)
class ProbeResult:
    """One column of ``rows`` held-out rows changed in one way, and the answers to them.

    ``not_finite`` counts rows with a number that is NaN or infinite, ``out_of_range`` those whose finite probabilities
    are not in 0 to 1 or, of classes, do not add up to 1, ``unknown_labels`` those whose label is none of the classes;
    they are ``None`` for a task without such. ``mean_change`` and ``max_change`` are of the absolute change against the
    answer to the row as it was: of the positive probability, of the class or label that moves most, or of a
    regression's number in the spread of its target (at most 1); ``None`` where that is no number. ``flips`` counts rows
    that get another class, or have a label of several on the other side of 0.5; ``None`` where nobody counted.
    ``spread`` is what the bounds of the mean need; documents of before have none. ``error`` is why the model gave no
    answer, or with 0 rows why it was not asked; all else is ``None`` then.
    """

    column: str
    kind: ProbeKind
    rows: int
    not_finite: int | None = None
    out_of_range: int | None = None
    unknown_labels: int | None = None
    mean_change: float | None = None
    max_change: float | None = None
    error: str = ""
    spread: Spread | None = None
    flips: int | None = None


@dataclass(frozen=True)
class RobustnessEvidence:
    """Every probe of every input column, over the same ``rows`` held-out rows.

    ``spreads`` are those of a regression's targets: the standard deviation of what is true, in the target's unit.
    """

    subject: Subject
    tools: dict[str, str]
    rows: int
    probes: tuple[ProbeResult, ...]
    task: Task = UNTOLD
    spreads: dict[str, float] = field(default_factory=dict)
    method: str = ""
    schema: Literal["lockgate/evidence/robustness/2"] = "lockgate/evidence/robustness/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/robustness/1": extended("lockgate/evidence/robustness/2")}
