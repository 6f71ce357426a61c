"""How often each row, or each block of rows that depend on each other, is drawn: weights of resamples for any task."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.blocks import block_places, summed
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import AnySample, Floats, Sample

Times: TypeAlias = npt.NDArray[np.uint8]
BLOCK: Final = 2**17
"""How many weights, draws x rows, are computed at once."""
TILE: Final = (4096, 128)
"""The same, rows and draws, of weights that are multiplied with a few numbers of each row: what a cache holds."""
STEPS: Final = (95, 188, 235, 251, 255)
"""Of 256 equal parts, those from which on a row is drawn once, twice and so on: as by Poisson's distribution.

Its mean is 1, its variance 1.008, its third moment 0.98.
"""


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
    of_means, alone = [], []
    for metric in metrics:
        if metric.alike is not None and ours.blocks is None:
            found[metric.name] = _counted(metric, ours, theirs, resamples, np.random.default_rng(seed))
        elif metric.parts is not None:
            of_means.append(metric)
        else:
            alone.append((metric.name, _gain(metric, ours, theirs)))
    if of_means:
        found |= _of_means(of_means, ours, theirs, resamples, random)
    places, units = (None, ours.rows) if ours.blocks is None else block_places(ours.blocks)
    for draws, drawn in drawn_times(units, resamples, random, max(1, BLOCK // ours.rows)) if alone else ():
        weights = (drawn if places is None else drawn[:, places]).astype(np.float64)
        for name, measure in alone:
            found[name][draws] = measure(weights)
    return found


def drawn_times(
    units: int, resamples: int, random: np.random.Generator, together: int
) -> Iterator[tuple[slice, Times]]:
    """Which draws, and their weights ``(draws, units)``."""
    for first in range(0, resamples, together):
        draws = slice(first, min(first + together, resamples))
        taken = np.frombuffer(random.bytes((draws.stop - first) * units), dtype=np.uint8)
        times = np.zeros(len(taken), dtype=np.uint8)
        for step in STEPS:
            times += taken >= step
        yield draws, times.reshape(-1, units)


def _of_means(
    metrics: Sequence[Metric], ours: AnySample, theirs: AnySample | None, resamples: int, random: np.random.Generator
) -> dict[str, Floats]:
    """The parts of all metrics and both models are summed at once, in float32 about their means."""
    samples = [ours] if theirs is None else [ours, theirs]
    given = [metric.parts(sample) for metric in metrics for sample in samples if metric.parts is not None]
    parts = np.concatenate(given, axis=1)
    middle = parts.mean(axis=0)
    units = summed(np.column_stack([np.ones(ours.rows), parts - middle]), ours.blocks)
    sums = np.zeros((resamples, units.shape[1]))
    for first in range(0, len(units), TILE[0]):
        light = units[first : first + TILE[0]].astype(np.float32)
        for draws, weights in drawn_times(len(light), resamples, random, TILE[1]):
            sums[draws] += weights.astype(np.float32) @ light
    means = np.split(middle + sums[:, 1:] / sums[:, :1], np.cumsum([part.shape[1] for part in given])[:-1], axis=1)
    told = iter(means)
    turned = [[metric.turned(next(told)) for _ in samples] for metric in metrics if metric.turned is not None]
    return {
        metric.name: each[0] - each[1] if len(each) > 1 else each[0]
        for metric, each in zip(metrics, turned, strict=True)
    }


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
