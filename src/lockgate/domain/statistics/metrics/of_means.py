"""Metrics that are functions of means over rows: a mean loss, its root, the part of it that is saved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bounds.proportions import clopper_pearson, tango
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, Span
from lockgate.domain.statistics.sample import Floats, Truths

Turned: TypeAlias = Callable[[Floats], Floats]
"""From means ``(draws, parts)`` to the metric of each draw ``(draws,)``; NaN where there is none."""
STEP = 1e-5


@dataclass(frozen=True)
class Means:
    """What each row gives, ``(rows, parts)``, and what is made of the means; without ``turned`` their mean is."""

    of_rows: Callable[[Any], Floats]
    turned: Turned = lambda means: np.asarray(means.mean(axis=-1))

    def value(self, sample: Any) -> float:
        """The metric of a sample."""
        return float(self.turned(self.of_rows(sample).mean(axis=0)[None])[0])

    def contributions(self, sample: Any) -> Floats:
        """To first order: the metric, and how far a row's parts move it from there along its gradient."""
        parts = self.of_rows(sample)
        means = parts.mean(axis=0)
        rows = float(self.turned(means[None])[0]) + (parts - means) @ self._gradient(means, parts)
        return by_block(rows, sample.blocks)

    def _gradient(self, means: Floats, parts: Floats) -> Floats:
        """By central differences, and forwards from 0, which many means do not go below."""
        size = STEP * np.where(means == 0, np.abs(parts).max(axis=0), np.abs(means))
        up, down = np.diag(size), np.diag(np.where(means == 0, 0.0, size))
        steps = size * np.where(means == 0, 1.0, 2.0)
        moved = self.turned(means + up) - self.turned(means - down)
        return np.asarray(np.divide(moved, steps, out=np.zeros(len(means)), where=steps > 0))


def of_means(
    name: str,
    means: Means,
    task: str,
    *,
    higher_is_better: bool = True,
    least: float | None = 0.0,
    most: float | None = 1.0,
    extremes: Callable[[Any, Any], Span] | None = None,
) -> Metric:
    """A metric of means, with its bounds and what makes resampling quick."""
    return Metric(
        name,
        means.value,
        higher_is_better=higher_is_better,
        least=least,
        most=most,
        tasks=(task,),
        contributions=means.contributions,
        extremes=extremes,
        parts=means.of_rows,
        turned=means.turned,
    )


def of_shares(name: str, right: Callable[[Any], Truths], task: str) -> Metric:
    """The share of rows that are right, ``(rows,)``, with its exact interval, and Tango's of the difference."""
    means = Means(lambda sample: right(sample)[:, None].astype(np.float64))

    def interval(sample: Any, _: float, level: float) -> Interval:
        return clopper_pearson(int(right(sample).sum()), sample.rows, level)

    def paired(ours: Any, theirs: Any, level: float) -> Interval:
        mine, others = right(ours), right(theirs)
        return tango(int((mine & ~others).sum()), int((~mine & others).sum()), ours.rows, level)

    return Metric(
        name,
        means.value,
        tasks=(task,),
        interval=interval,
        paired=paired,
        contributions=means.contributions,
        parts=means.of_rows,
        turned=means.turned,
    )
