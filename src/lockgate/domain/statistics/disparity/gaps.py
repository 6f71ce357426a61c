"""Gaps between all pairs of groups, as found and as drawn: an interval of the largest, and of how it changed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.sample import Floats

SETTLED = 4.0
"""So many standard errors settle which of several differences is the largest, and its sign."""
COMPARED = 16
"""So many of the champion's gaps are compared with each of ours: all pairs of many groups would take minutes."""


@dataclass(frozen=True)
class Gaps:
    """Differences of all pairs of groups, both ways round: as found ``(gaps,)``, ``(draws, gaps)``."""

    found: Floats
    drawn: Floats

    @classmethod
    def between(cls, found: Floats, drawn: Floats) -> "Gaps":
        """From what each group has, ``(1, rates, groups)`` as found and ``(draws, rates, groups)``."""
        gaps, draws = (np.concatenate([way, -way], axis=1) for way in map(pairs, (found, drawn)))
        return cls(gaps[0], draws)

    @property
    def plausible(self) -> npt.NDArray[np.int64]:
        """Which of them may be the largest of the truth."""
        reach = SETTLED * self.drawn.std(axis=0, ddof=1)
        return np.flatnonzero(self.found + reach >= (self.found - reach).max())


def pairs(rates: Floats) -> Floats:
    """The differences of all pairs of groups, ``(draws, rates * pairs)``."""
    first, second = np.triu_indices(rates.shape[2], 1)
    return np.asarray((rates[:, :, first] - rates[:, :, second]).reshape(len(rates), -1))


def simultaneous(found: Floats, drawn: Floats, level: float, wider: float = 1.0) -> tuple[float, float]:
    """The bounds of the largest distance, from those of all pairs: found ``(pairs,)`` and ``(draws, pairs)``.

    ``wider`` is how many times as far they reach as the draws do.
    """
    noise = drawn - drawn.mean(axis=0)
    spread = noise.std(axis=0, ddof=1)
    share = np.divide(np.abs(noise), spread, out=np.zeros_like(noise), where=spread > 0)
    reach = wider * spread * float(np.quantile(share.max(axis=1), level))
    return max(float((np.abs(found) - reach).max()), 0.0), float((np.abs(found) + reach).max())


def change(ours: Gaps, theirs: Gaps, level: float, wider: float = 1.0) -> tuple[float, float]:
    """The bounds of our largest gap minus theirs: each takes any that may be the largest as it, the worst counts."""
    return -_at_most(theirs, ours, level, wider), _at_most(ours, theirs, level, wider)


def _at_most(ours: Gaps, theirs: Gaps, level: float, wider: float) -> float:
    """The upper bound of our largest gap minus their largest.

    Were one gap known to be our largest, the change would be at most that gap minus any of theirs: the bound is the
    least of theirs', with one quantile for all of them. Which one it is, is not known: the worst that may be it counts.
    """
    # Each of theirs gives a bound that holds; those that were found to be largest give the least.
    may, against = ours.plausible, theirs.plausible
    against = against[np.argsort(-theirs.found[against], kind="stable")[:COMPARED]]
    mine, others = (drawn - drawn.mean(axis=0) for drawn in (ours.drawn[:, may], theirs.drawn[:, against]))
    both = 2 * mine.T @ others
    square = np.square(mine).sum(axis=0)[:, None] - both + np.square(others).sum(axis=0)
    spread = np.sqrt(np.maximum(square, 0.0) / (len(mine) - 1))
    gaps = ours.found[may][:, None] - theirs.found[against]
    bounds = []
    for index in range(len(may)):
        apart = others - mine[:, [index]]
        noise = np.divide(apart, spread[index], out=np.zeros_like(apart), where=spread[index] > 0).max(axis=1)
        reach = wider * float(np.quantile(noise, (1 + level) / 2)) * spread[index]
        bounds.append(float((gaps[index] + reach).min()))
    return max(bounds)
