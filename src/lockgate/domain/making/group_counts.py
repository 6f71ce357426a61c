"""How a candidate answers each group of people on the validation rows, and how far apart the groups are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.domain.model.signature import Columns
from lockgate.domain.model.slices import Slice
from lockgate.domain.statistics.groups import Measure, difference_of_counts
from lockgate.domain.statistics.sample import Sample


@dataclass(frozen=True)
class GroupCounts:
    """One group by one attribute, such as ``sex=Female`` by ``sex``: its rows by truth and answer."""

    attribute: str
    group: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives


@dataclass(frozen=True)
class Disparity:
    """Largest minus smallest rate over the groups of an attribute, from 0 to 1, as Fairlearn defines it.

    ``None`` where fewer than two groups are large enough, or where one of them lacks a class.
    """

    attribute: str
    demographic_parity: float | None
    equalized_odds: float | None


def count_groups(
    attributes: Sequence[str], sample: Sample, columns: Columns, least: int = 1
) -> tuple[GroupCounts, ...]:
    """Every group of every attribute, in the order of their names; ``columns`` are ``(rows,)``.

    An attribute is a column or several joined by ``&``; one whose columns are not there is left out.
    So is a group of fewer than ``least`` rows, whose name may be a value of somebody's row.
    """
    found = (counts for attribute in attributes for counts in _groups(attribute, sample, columns))
    return tuple(counts for counts in found if counts.rows >= least)


def _groups(attribute: str, sample: Sample, columns: Columns) -> Iterator[GroupCounts]:
    parsed = Slice.parse(attribute)
    if all(name in columns for name in parsed.names):
        for group, mask in parsed.parts(columns):
            cells = sample.where(mask).cells().astype(np.int64).tolist()
            yield GroupCounts(attribute, group, *cells)


def disparities(attributes: Sequence[str], groups: Sequence[GroupCounts], min_rows: int) -> tuple[Disparity, ...]:
    """How far apart the groups of at least ``min_rows`` rows are, for each attribute."""
    return tuple(_disparity(attribute, groups, min_rows) for attribute in attributes)


def _disparity(attribute: str, groups: Sequence[GroupCounts], min_rows: int) -> Disparity:
    large = [group for group in groups if group.attribute == attribute and group.rows >= min_rows]
    # By label and answer: what is truly negative first, and what is answered negative first.
    counts = np.array(
        [
            [[group.true_negatives, group.false_positives], [group.false_negatives, group.true_positives]]
            for group in large
        ],
        dtype=np.float64,
    ).reshape(len(large), 2, 2)

    def apart(measure: Measure) -> float | None:
        return difference_of_counts(counts, measure)

    return Disparity(attribute, apart("demographic_parity"), apart("equalized_odds"))
