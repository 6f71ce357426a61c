"""Whether a model passes too often where nearly all is right: few rows are wrong then, and they decide.

    python benchmarks/near_one.py [--simulations N] [--level L]

Ours is worse than theirs by exactly the margin, and the floor is exactly what ours is worth. Prints how often the
floor is met and how often the difference passes: at most ``(1 - level) / 2`` of the simulations should.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from intervals import binormal

from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.registry import METRICS, value
from lockgate.domain.statistics.sample import Sample

Random = np.random.Generator
Pair = tuple[Sample, Sample]
Case = tuple[str, int, str, Callable[[Random, int], Pair]]
MANY = 1_000_000
POSITIVES = 0.25


def ranked(areas: tuple[float, float]) -> Callable[[Random, int], Pair]:
    """A quarter of the rows positive; exactly these areas under the ROC curve."""

    def draw(random: Random, rows: int) -> Pair:
        positives = int(rows * POSITIVES)
        labels, *scores = binormal(random, positives, rows - positives, areas)
        return tuple(Sample(labels, each > 0, 1 / (1 + np.exp(-each))) for each in scores)

    return draw


def sharp(apart: tuple[float, float]) -> Callable[[Random, int], Pair]:
    """Calibrated scores of two correlated models, whose classes lie that many standard deviations apart."""

    def draw(random: Random, rows: int) -> Pair:
        labels = random.random(rows) < POSITIVES
        shared = 0.9**0.5 * random.normal(size=rows)
        pair = []
        for gap in apart:
            noise = shared + 0.1**0.5 * random.normal(size=rows)
            odds = gap * (noise + gap * labels - gap / 2) + np.log(POSITIVES / (1 - POSITIVES))
            scores = 1 / (1 + np.exp(-odds))
            pair.append(Sample(labels, scores > 0.5, scores))
        return tuple(pair)

    return draw


CASES: list[Case] = [
    *(
        ("roc_auc", rows, f"AUC {areas[0]} and {areas[1]}", ranked(areas))
        for rows, areas in (
            (1_200, (0.97, 0.98)),
            (1_200, (0.9985, 0.999)),
            (1_600, (0.995, 0.998)),
            (4_000, (0.9985, 0.999)),
            (4_000, (0.97, 0.978)),
        )
    ),
    *(
        (metric, rows, f"classes {apart[0]} and {apart[1]} apart", sharp(apart))
        for metric in ("average_precision", "brier", "log_loss", "d2_brier_score", "recall", "f1", "accuracy")
        for rows, apart in ((500, (4.5, 5.0)), (1_000, (4.5, 5.0)), (500, (3.0, 3.2)))
    ),
]


def truth(metric: str, draw: Callable[[Random, int], Pair]) -> tuple[float, float]:
    """What ours is worth, and how much better it is: from many rows."""
    sign = 1 if METRICS[metric].higher_is_better else -1
    pairs = [draw(np.random.default_rng(seed), MANY) for seed in range(3)]
    found = np.array([[value(metric, each) for each in pair] for pair in pairs]).mean(axis=0)
    return float(found[0]), sign * float(found[0] - found[1])


def passes(case: Case, options: argparse.Namespace) -> tuple[float, float, float, float]:
    """The truth of ours and of the difference, and how often the floor and the margin are passed at exactly these."""
    metric, rows, _, draw = case
    worth, gap = truth(metric, draw)
    random, met, passed = np.random.default_rng(17), 0, 0
    for _ in range(options.simulations):
        pair = draw(random, rows)
        alone, paired = (
            estimate(metric, pair[0], options.level).interval,
            difference(metric, *pair, options.level).interval,
        )
        met += alone.low > worth if METRICS[metric].higher_is_better else alone.high < worth
        passed += paired.low > gap
    return worth, gap, met / options.simulations, passed / options.simulations


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--level", type=float, default=0.95)
    options = parser.parse_args()
    wanted, started = (1 - options.level) / 2, time.perf_counter()
    error = (wanted * (1 - wanted) / options.simulations) ** 0.5
    print(f"{options.simulations} simulations a case; at most {wanted:.3f} wanted, {error:.3f} is its standard error")
    print("floor  margin  case")
    for case in CASES:
        worth, gap, met, passed = passes(case, options)
        much = "  <-- often" if max(met, passed) > wanted + 3 * error else ""
        print(
            f"{met:.3f}   {passed:.3f}  {case[0]}, {case[1]} rows, {case[2]}: {worth:.4f}, {gap:+.4f}{much}", flush=True
        )
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
