"""Selection: who goes to the gates, by what each candidate answered on validation rows; held-out rows never choose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.policy import LOWER_IS_BETTER, MetricName


@dataclass(frozen=True)
class Validation:
    """What a trained candidate answered on the validation rows: every metric of the policy, as evidence.

    ``model`` is the SHA-256 of ``model_file`` in the trained folder, ``data`` the MD5 of the validation table.
    """

    candidate: str
    framework: str
    model_file: str
    model: Digest
    data: Digest
    rows: int
    metrics: dict[str, float | None]
    schema: Literal["lockgate/validation/1"] = "lockgate/validation/1"


@dataclass(frozen=True)
class Standing:
    """One competitor: its metric on validation rows, or why it has none."""

    candidate: str
    framework: str
    value: float | None
    reason: str = ""


@dataclass(frozen=True)
class Selection:
    """Who competed by which metric, and who won; nobody where no candidate has a finite value."""

    metric: MetricName
    standings: tuple[Standing, ...]
    winner: str | None


def select(metric: MetricName, standings: Sequence[Standing]) -> Selection:
    """The best finite value wins; of equal ones the first, in the order of ``params.yaml``."""
    fit = [standing for standing in standings if standing.value is not None and math.isfinite(standing.value)]
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    winner = max(fit, key=lambda standing: sign * (standing.value or 0.0), default=None)
    return Selection(metric, tuple(standings), winner.candidate if winner else None)
