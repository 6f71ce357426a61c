"""The policy of the fairness gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND, Line, Told, in_words
from lockgate.domain.model.slices import Slice
from lockgate.domain.ranges import Alpha, Limit, OneOrMore, Share, demand_ranges, of_tasks

GATE = "fairness"
CLASSES: Final = ("binary", "multiclass", "multilabel")
GapUnit = Literal["target", "spread"]
MEASURES = ("demographic_parity", "equalized_odds", "error_rate")


@dataclass(frozen=True)
class FairnessPolicy:
    """Limits of the disparity between groups of at least ``min_rows`` rows; each must hold by its bound.

    ``attributes`` are columns of the score table, or several joined by ``&`` for their intersections. Differences are
    those of Fairlearn, largest minus smallest; ratios are smallest to largest. ``max_worsening`` is how much larger the
    difference of each limited measure may be than the champion's on the same rows.

    Of several classes or labels each is judged by itself, against all others. Of numbers the gaps are between the
    groups' mean errors, which say whom the model flatters, and between their mean absolute errors; ``gap_unit`` is the
    target's own, or the standard deviation of what is true.
    """

    attributes: tuple[str, ...] = ()
    max_demographic_parity_difference: Annotated[Share, of_tasks(*CLASSES)] | None = None
    min_demographic_parity_ratio: Annotated[Share, of_tasks(*CLASSES)] | None = None
    max_equalized_odds_difference: Annotated[Share, of_tasks(*CLASSES)] | None = None
    min_equalized_odds_ratio: Annotated[Share, of_tasks(*CLASSES)] | None = None
    max_error_rate_difference: Annotated[Share, of_tasks(*CLASSES)] | None = None
    min_error_rate_ratio: Annotated[Share, of_tasks(*CLASSES)] | None = None
    max_mean_error_gap: Annotated[Limit, of_tasks("regression")] | None = None
    max_absolute_error_gap: Annotated[Limit, of_tasks("regression")] | None = None
    gap_unit: Annotated[GapUnit, of_tasks("regression")] = "target"
    max_worsening: Annotated[Share, of_tasks(*CLASSES)] | None = None
    max_gap_worsening: Annotated[Limit, of_tasks("regression")] | None = None
    min_rows: OneOrMore = 100
    alpha: Alpha = 0.05
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        demand_ranges(self)
        if not self.attributes and self.mode != "off":
            raise ValueError("attributes: name at least one column, or set mode: off")
        for attribute in self.attributes:
            if Slice.parse(attribute).conditions:
                raise ValueError(f"attributes: {attribute!r} is a condition; name columns, joined by & where several")
        if all(limit is None for limit in (*self.limits.values(), *self.gaps.values())) and self.mode != "off":
            raise ValueError("give at least one limit, such as max_equalized_odds_difference, or set mode: off")

    @property
    def limits(self) -> dict[str, float | None]:
        """Every limit by its name."""
        names = [name for of in MEASURES for name in (f"max_{of}_difference", f"min_{of}_ratio")]
        return {name: getattr(self, name) for name in names}

    @property
    def gaps(self) -> dict[str, float | None]:
        """Every limit of a gap between errors, by what is the mean of it."""
        return {"mean error": self.max_mean_error_gap, "mean absolute error": self.max_absolute_error_gap}


WORDS: Final[Mapping[str, Line]] = {
    "attributes": {
        "binary": "between groups by {}",
        "multiclass": "between groups by {}, each class against all others",
        "multilabel": "between groups by {}, each label",
        "regression": "between groups by {}, each target",
    },
    "min_rows": "where a group has at least {} rows",
    "max_demographic_parity_difference": "rates of positive answers lie at most {} apart",
    "min_demographic_parity_ratio": "the smallest rate of positive answers is at least {} of the largest",
    "max_equalized_odds_difference": "true and false positive rates lie at most {} apart",
    "min_equalized_odds_ratio": "the smallest true or false positive rate is at least {} of the largest",
    "max_error_rate_difference": "error rates lie at most {} apart",
    "min_error_rate_ratio": "the smallest error rate is at least {} of the largest",
    "max_mean_error_gap": "mean errors lie at most {} apart",
    "max_absolute_error_gap": "mean absolute errors lie at most {} apart",
    "max_gap_worsening": "none of these is more than {} farther apart than the champion's on the same rows",
    "max_worsening": "none of these is more than {} farther apart than the champion's on the same rows",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""
UNITS: Final[Mapping[GapUnit, str]] = {
    "target": "in the unit of the target",
    "spread": "in standard deviations of the target",
}


def words(policy: FairnessPolicy, told: Told) -> Iterator[str]:
    """The policy in words; a gap between errors has a unit."""
    for line in in_words(WORDS, policy, told):
        yield f"{line}, {UNITS[policy.gap_unit]}" if line.startswith("mean ") else line
