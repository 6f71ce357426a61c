"""What groups of people get, and how far apart it is: measures as Fairlearn defines them, with intervals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.blocks import block_places, too_few
from lockgate.domain.statistics.bootstrap import cell_draws, wider
from lockgate.domain.statistics.disparity.block_draws import block_draws
from lockgate.domain.statistics.disparity.gaps import Gaps, change, pairs, simultaneous
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Places, Sample

Measure = Literal["demographic_parity", "equalized_odds", "error_rate"]
Form = Literal["difference", "ratio"]
Groups: TypeAlias = npt.NDArray[np.object_]

RATES: Final[Mapping[Measure, tuple[str, ...]]] = {
    "demographic_parity": ("selection rate",),
    "equalized_odds": ("true positive rate", "false positive rate"),
    "error_rate": ("error rate",),
}
"""What each measure compares."""


@dataclass(frozen=True)
class Between:
    """The two groups that a disparity is between, with their rates; ``rate`` says of what."""

    rate: str
    least: str
    least_rate: float
    most: str
    most_rate: float


def between(sample: Sample, groups: Groups, measure: Measure, form: Form, min_rows: int) -> Between:
    """Which groups of at least ``min_rows`` are farthest apart, by the rate that ``disparity`` is of."""
    names, code = _coded(groups)
    large = np.flatnonzero(np.bincount(code) >= min_rows)
    rates = _rates_of(_counts(groups, min_rows, sample.labels, sample.predicted)[None], measure)[0]
    spreads = _apart(rates, form)
    worst = int(spreads.argmax() if form == "difference" else spreads.argmin())
    least, most = int(rates[worst].argmin()), rates.shape[1] - 1 - int(rates[worst][::-1].argmax())
    found = rates[worst].tolist()
    rate = RATES[measure][worst]
    return Between(rate, names[large[least]], found[least], names[large[most]], found[most])


def disparity(sample: Sample, groups: Groups, measure: Measure, form: Form, level: float, min_rows: int) -> Estimate:
    """Largest minus smallest rate over groups of at least ``min_rows``, or smallest to largest, with its interval.

    Equalized odds is the worse of true and false positive rate. Without two groups there is no value. The interval
    holds for all pairs of groups at once: chance alone makes the largest of several differences large, and percentiles
    of resampled largest differences would never reach down to 0.
    """
    table = _Table.of(groups, min_rows, sample.blocks, sample.labels, sample.predicted)
    counts, rows = table.counts, table.rows
    if not _comparable(counts, measure):
        return Estimate(None, None, rows, blocks=table.blocks)
    value = float(_spread(counts[None], measure, form)[0])
    interval = None if table.few else _simultaneous(table, measure, form, level)
    return Estimate(value, interval, rows, table.few, table.blocks)


def disparity_change(
    ours: Sample, theirs: Sample, groups: Groups, measure: Measure, level: float, min_rows: int
) -> Estimate:
    """Our largest difference of rates minus theirs, on the same rows; a positive one is less fair.

    Each bound takes the largest of its model as one of those that may be it, and is judged for that one alone.
    """
    table = _Table.of(groups, min_rows, ours.blocks, ours.labels, ours.predicted, theirs.predicted)
    counts, rows = table.counts, table.rows
    if not _comparable(counts.sum(axis=3), measure):
        return Estimate(None, None, rows, blocks=table.blocks)
    drawn = table.drawn()
    mine = Gaps.between(*(_rates_of(each, measure) for each in (counts.sum(axis=3)[None], drawn.sum(axis=4))))
    others = Gaps.between(*(_rates_of(each, measure) for each in (counts.sum(axis=2)[None], drawn.sum(axis=3))))
    value = float(mine.found.max() - others.found.max())
    if table.few:
        return Estimate(value, None, rows, table.few, table.blocks)
    low, high = change(mine, others, level, table.wider(level))
    interval = Interval(max(low, -1.0), min(high, 1.0), level, "plausible pairs")
    return Estimate(value, interval, rows, "", table.blocks)


def of_one_class(sample: Sample, groups: Groups, min_rows: int) -> tuple[tuple[str, bool], ...]:
    """The groups of at least ``min_rows`` rows that have none of a class, and whether that is the positive one.

    They have no true positive rate, or no false positive rate, so that equalized odds cannot be told.
    """
    names, code = _coded(groups)
    rows, positives = np.bincount(code), np.bincount(code, weights=sample.labels)
    return tuple(
        (names[place], positives[place] == 0)
        for place in np.flatnonzero(rows >= min_rows).tolist()
        if positives[place] in {0, rows[place]}
    )


def difference_of_counts(counts: Floats, measure: Measure) -> float | None:
    """Largest minus smallest rate of rows counted by group, label and answer, ``(groups, 2, 2)``; no interval."""
    return float(_spread(counts[None], measure, "difference")[0]) if _comparable(counts, measure) else None


@dataclass(frozen=True)
class _Table:
    """Rows by group, label and answers, ``(groups, 2, 2 ...)``, for groups that are large enough.

    ``cells`` ``(rows,)`` is the place of each row in it, -1 for none; ``block_of`` says which rows depend on each
    other, ``fewest`` how the rows of the group do that has the fewest blocks, and ``name`` which that is.
    """

    counts: Floats
    cells: npt.NDArray[np.int64]
    block_of: Places | None
    fewest: Places | None = None
    name: str = ""

    @classmethod
    def of(cls, groups: Groups, min_rows: int, block_of: Places | None, *truths: npt.NDArray[np.bool_]) -> "_Table":
        names, code = _coded(groups)
        large = np.bincount(code, minlength=len(names)) >= min_rows
        place = np.where(large, np.cumsum(large) - 1, -1)[code]
        cells = place
        for truth in truths:
            cells = 2 * cells + truth
        cells, counts = np.where(place >= 0, cells, -1), _counts(groups, min_rows, *truths)
        if block_of is None or not len(counts):
            return cls(counts, cells, block_of)
        each = {names[at]: block_of[code == at] for at in np.flatnonzero(large).tolist()}
        fewest = min(each, key=lambda name: block_places(each[name])[1])
        return cls(counts, cells, block_of, each[fewest], fewest)

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    @property
    def blocks(self) -> int:
        """How many blocks there are; 0 where each row counts for itself."""
        return 0 if self.block_of is None else block_places(self.block_of)[1]

    @property
    def few(self) -> str:
        """Why the blocks give no interval; empty where they do."""
        return "" if self.fewest is None else too_few(block_places(self.fewest)[1], self.name)

    def wider(self, level: float) -> float:
        """How many times as far as the draws a bound reaches: as the group of the fewest blocks asks for."""
        return 1.0 if self.fewest is None else wider(self.fewest, level)

    def drawn(self) -> Floats:
        """Shares of cells ``(draws, groups, 2, 2 ...)`` as they may be."""
        if self.block_of is None:
            return cell_draws(self.counts)
        return block_draws(self.cells, self.counts.size, self.block_of).reshape(-1, *self.counts.shape)


def _counts(groups: Groups, min_rows: int, *truths: npt.NDArray[np.bool_]) -> Floats:
    """Rows by group, label and answers: ``(groups, 2, 2 ...)``, for groups that are large enough."""
    names, code = _coded(groups)
    for truth in truths:
        code = 2 * code + truth
    counts = np.bincount(code, minlength=len(names) << len(truths)).astype(np.float64)
    counts = counts.reshape(len(names), *[2] * len(truths))
    return np.asarray(counts[counts.reshape(len(names), -1).sum(axis=1) >= min_rows])


def _coded(groups: Groups) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The names in their order, and each row's place among them."""
    every = groups.tolist()
    names = sorted(set(every))
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places[name] for name in every], dtype=np.int64)


def _comparable(counts: Floats, measure: Measure) -> bool:
    """Whether there are two groups, and every rate that the measure needs has a row in each of them."""
    return len(counts) > 1 and (measure != "equalized_odds" or bool((counts.sum(axis=2) > 0).all()))


def _simultaneous(table: _Table, measure: Measure, form: Form, level: float) -> Interval:
    """From the distances (of logarithms for a ratio) between the rates of all pairs of groups."""
    counts = table.counts
    exact, draws = _rates_of(counts[None], measure), _rates_of(table.drawn(), measure)
    if form == "ratio":
        exact, draws = np.log(np.where(exact > 0, exact, np.median(draws, axis=0))), np.log(draws)
    low, high = simultaneous(pairs(exact)[0], pairs(draws), level, table.wider(level))
    if form == "difference":
        return Interval(low, min(high, 1.0), level, "simultaneous")
    value = float(_spread(counts[None], measure, form)[0])
    return Interval(min(math.exp(-high), value), max(math.exp(-low), value), level, "simultaneous")


def _rates_of(shares: Floats, measure: Measure) -> Floats:
    """The rates that the measure compares, ``(draws, rates, groups)``, of ``(draws, groups, label, answer)``."""
    if measure == "equalized_odds":
        return np.stack([shares[:, :, label, 1] / shares[:, :, label].sum(axis=2) for label in (1, 0)], axis=1)
    whole = shares.sum(axis=(2, 3))
    wrong = shares[:, :, 1, 0] + shares[:, :, 0, 1]
    part = shares[:, :, :, 1].sum(axis=2) if measure == "demographic_parity" else wrong
    return np.asarray((part / whole)[:, None])


def _spread(shares: Floats, measure: Measure, form: Form) -> Floats:
    """Over the groups of ``(draws, groups, label, answer)``."""
    spreads = np.stack([_apart(rate, form) for rate in np.moveaxis(_rates_of(shares, measure), 1, 0)])
    return np.asarray(spreads.max(axis=0) if form == "difference" else spreads.min(axis=0))


def _apart(rates: Floats, form: Form) -> Floats:
    low, high = rates.min(axis=1), rates.max(axis=1)
    return np.asarray(high - low if form == "difference" else np.where(high > 0, low / np.maximum(high, 1e-300), 1.0))
