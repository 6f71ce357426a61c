"""Selection: who goes to the gates, by what each candidate answered on validation rows; held-out rows never choose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.making.group_counts import Disparity, GroupCounts
from lockgate.domain.model.task import UNTOLD, Task
from lockgate.domain.model.versions import Upgrades, extended
from lockgate.domain.ranges import OneOrMore, demand_ranges
from lockgate.domain.statistics.metrics.registry import AnyMetricName, any_metric


@dataclass(frozen=True)
class SelectionPolicy:
    """What the candidates compete by on validation rows; ``None`` is the metric of the accuracy gate.

    Fairness is shown beside it, between groups of at least ``min_rows`` validation rows; ``None`` is the fairness
    gate's own, which is for the held-out rows.
    """

    metric: AnyMetricName | None = None
    min_rows: OneOrMore | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)


@dataclass(frozen=True)
class Validation:
    """What a trained candidate answered on the validation rows: every metric of the policy, as evidence.

    ``model`` is the SHA-256 of ``model_file`` in the trained folder, ``data`` the MD5 of the validation table.
    ``groups`` are those of the fairness policy's attributes; none without one.
    """

    candidate: str
    framework: str
    model_file: str
    model: Digest
    data: Digest
    rows: int
    metrics: dict[str, float | None]
    groups: tuple[GroupCounts, ...] = ()
    task: Task = UNTOLD
    schema: Literal["lockgate/validation/2"] = "lockgate/validation/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/validation/1": extended("lockgate/validation/2")}


@dataclass(frozen=True)
class Standing:
    """One competitor: its metric on validation rows, or why it has none, and how far apart groups are there."""

    candidate: str
    framework: str
    value: float | None
    reason: str = ""
    disparities: tuple[Disparity, ...] = ()

    @property
    def equalized_odds(self) -> float | None:
        """The largest difference over all attributes that have one."""
        known = [found.equalized_odds for found in self.disparities if found.equalized_odds is not None]
        return max(known, default=None)


@dataclass(frozen=True)
class Selection:
    """Who competed by which metric, and who won; nobody where no candidate has a finite value.

    Groups were compared that have at least ``min_rows`` validation rows; ``None`` without a fairness policy.
    """

    metric: str
    standings: tuple[Standing, ...]
    winner: str | None
    min_rows: int | None = None

    @property
    def higher_is_better(self) -> bool:
        """The metric's direction."""
        known = any_metric(self.metric)
        return known is None or known.higher_is_better


@dataclass(frozen=True)
class Limits:
    """What the policy demands of held-out rows, for comparison: the metric's floor, the largest difference allowed."""

    floor: float | None = None
    equalized_odds: float | None = None


def select(metric: str, standings: Sequence[Standing], min_rows: int | None = None) -> Selection:
    """The best finite value wins; of equal ones the first, in the order of ``params.yaml``."""
    fit = [standing for standing in standings if standing.value is not None and math.isfinite(standing.value)]
    known = any_metric(metric)
    sign = 1.0 if known is None else known.sign
    winner = max(fit, key=lambda standing: sign * (standing.value or 0.0), default=None)
    return Selection(metric, tuple(standings), winner.candidate if winner else None, min_rows)
