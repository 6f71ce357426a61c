"""How far a column of one table is from that of another: of numbers by rank, of texts by value. Pure functions."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.evidence import DistanceKind
from lockgate.domain.judging.gates.data.table_checks import Codes, as_numbers, codes, is_number, joined
from lockgate.domain.model.signature import Array
from lockgate.domain.statistics.bounds.distances import chance_of_numbers, chance_of_values, unit
from lockgate.domain.statistics.bounds.independent_rows import independent_rows
from lockgate.domain.statistics.sample import Places


@dataclass(frozen=True)
class Apart:
    """How far two columns are apart, 0 to 1, and how far chance alone puts two such columns; ``None`` without rows.

    ``independent`` is how many rows, one by one, would tell as much as those of each column in their blocks.
    """

    kind: DistanceKind
    distance: float | None = None
    chance: float | None = None
    independent: tuple[float, float] | None = None


def apart(training: Array, test: Array, blocks: tuple[Places, Places] | None = None) -> Apart:
    """The Kolmogorov-Smirnov distance of numbers, the total variation of texts; missing values count as a value.

    ``blocks`` are numbers ``(rows,)`` of the rows of each column that depend on each other.
    """
    both = joined(training, test)
    number, first, second = is_number(both), len(training), len(test)
    kind: DistanceKind = "kolmogorov-smirnov" if number else "total-variation"
    if not first or not second:
        return Apart(kind)
    if number:
        found = _kolmogorov_smirnov(as_numbers(training), as_numbers(test))
        told = Apart(kind, found, chance_of_numbers(first, second))
        return told if blocks is None else _over_blocks(told, codes(both), blocks)
    counted = codes(both)
    told = Apart(kind, _total_variation(counted, first), chance_of_values(np.bincount(counted), first))
    return told if blocks is None else _over_blocks(told, counted, blocks)


def _over_blocks(told: Apart, both: Codes, blocks: tuple[Places, Places]) -> Apart:
    """With what rows in blocks tell, and what chance makes of these: of texts, those that training has more of too."""
    first, shares = len(blocks[0]), _shares_of(both, len(blocks[0]))
    more = [(shares[0] > shares[1])[both]] if told.kind == "total-variation" else []
    rows = (
        independent_rows(both[:first], blocks[0], *(each[:first] for each in more)),
        independent_rows(both[first:], blocks[1], *(each[first:] for each in more)),
    )
    chance = (told.chance or 0.0) * unit(*rows) / unit(first, len(both) - first)
    return replace(told, chance=min(chance, 1.0), independent=rows)


def _kolmogorov_smirnov(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    points = np.unique(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(side), points, side="right") / len(side) for side in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def _total_variation(both: Codes, rows: int) -> float:
    shares = _shares_of(both, rows)
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _shares_of(both: Codes, rows: int) -> list[npt.NDArray[np.float64]]:
    """Of each value, among the first rows and among the others."""
    width = int(both.max()) + 1
    return [np.bincount(side, minlength=width) / len(side) for side in (both[:rows], both[rows:])]
