"""How often each row, or each block of rows that depend on each other, is drawn: weights of resamples for any task."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import block_places
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import AnySample, Floats, Sample

BLOCK: Final = 2**17
"""How many weights, draws x rows, are computed at once."""
POISSON: Final = np.repeat(np.arange(6.0), (95, 93, 47, 16, 4, 1))
"""Poisson's distribution of mean 1 in 256 equal parts: its mean is 1, its variance 1.008, its third moment 0.98."""


def weighted_resamples(
    metrics: Sequence[Metric], ours: AnySample, theirs: AnySample | None, resamples: int, seed: int
) -> dict[str, Floats]:
    """Each metric, by name, over ``(resamples,)`` draws; with ``theirs`` ours - theirs, on the same draws.

    Rows that count alike are drawn together, by a multinomial distribution of their number; others by Poisson's, each
    on its own (Chamandy and others 2012), and blocks whole.
    """
    if isinstance(ours, Sample):  # a metric of ranks takes each class in one piece
        order = np.argsort(ours.labels, kind="stable")
        ours, theirs = ours.where(order), None if theirs is None else theirs.where(order)
    random = np.random.Generator(np.random.SFC64(seed))
    found = {metric.name: np.empty(resamples) for metric in metrics}
    alone = []
    for metric in metrics:
        if metric.alike is not None and ours.blocks is None:
            found[metric.name] = _counted(metric, ours, theirs, resamples, np.random.default_rng(seed))
        else:
            alone.append((metric.name, _gain(metric, ours, theirs)))
    for draws, weights in _drawn(ours, resamples, random) if alone else ():
        for name, measure in alone:
            found[name][draws] = measure(weights)
    return found


def _drawn(sample: AnySample, resamples: int, random: np.random.Generator) -> Iterator[tuple[slice, Floats]]:
    """Which draws, and their weights of rows ``(draws, rows)``."""
    places, units = (None, sample.rows) if sample.blocks is None else block_places(sample.blocks)
    together = max(1, BLOCK // sample.rows)
    for first in range(0, resamples, together):
        draws = slice(first, min(first + together, resamples))
        taken = np.frombuffer(random.bytes((draws.stop - first) * units), dtype=np.uint8)
        weights = POISSON.take(taken).reshape(-1, units)
        yield draws, weights if places is None else weights[:, places]


def _counted(
    metric: Metric, ours: AnySample, theirs: AnySample | None, resamples: int, random: np.random.Generator
) -> Floats:
    codes = [metric.alike(each) for each in (ours, theirs) if each is not None and metric.alike is not None]
    _, code = np.unique(codes[0], return_inverse=True)
    for other in codes[1:]:
        _, code = np.unique(code * (int(other.max() - other.min()) + 1) + other - other.min(), return_inverse=True)
    _, first, counts = np.unique(code, return_index=True, return_counts=True)
    drawn = random.multinomial(ours.rows, counts / ours.rows, resamples).astype(np.float64)
    return _gain(metric, ours.where(first), None if theirs is None else theirs.where(first))(drawn)


def _gain(metric: Metric, ours: AnySample, theirs: AnySample | None) -> OfWeights:
    mine = of_weights(metric, ours)
    if theirs is None:
        return mine
    others = of_weights(metric, theirs)
    return lambda weights: mine(weights) - others(weights)


def of_weights(metric: Metric, sample: AnySample) -> OfWeights:
    """The metric of each draw from weights of rows ``(draws, rows)``."""
    return metric.of_weights(sample) if metric.of_weights is not None else _asked(metric, sample)


def _asked(metric: Metric, sample: AnySample) -> OfWeights:
    """The metric of rows that stand there as often as they were drawn; NaN of a draw that lacks a class."""

    def asked(weights: Floats) -> Floats:
        draws = (sample.where(np.repeat(np.arange(sample.rows), times)) for times in weights.astype(np.intp))
        return np.array([metric.value(drawn) if drawn.whole else np.nan for drawn in draws])

    return asked
