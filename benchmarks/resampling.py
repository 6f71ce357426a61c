"""Paired resamples of the AUC and the accuracy, beside scipy.stats.bootstrap with scikit-learn's metrics.

    python benchmarks/resampling.py [--rows N] [--resamples N] [--scipy-resamples N]

Both give the interval of the difference of two models on the same rows. SciPy is slow: with fewer resamples for it, its
time is scaled up by their number, which is said in the output. Then the resident memory that 1M rows with 20 slices
take, in a process of its own.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

from lockgate.domain.statistics.bootstrap import paired_resamples
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.registry import metric_of
from lockgate.domain.statistics.sample import Sample

METRICS = ("roc_auc", "accuracy")
MEMORY_ROWS, SLICES, MEMORY_RESAMPLES = 1_000_000, 20, 20


def pair(rows: int, seed: int = 1) -> tuple[Sample, Sample]:
    """Two correlated models' answers to the same rows, a quarter of them positive."""
    random = np.random.default_rng(seed)
    labels = random.random(rows) < 0.25
    signal = random.normal(size=rows) + 1.8 * labels - 1.5
    return tuple(
        Sample(labels, score > 0.5, score)
        for score in (1 / (1 + np.exp(-(signal + noise * random.normal(size=rows)))) for noise in (0.3, 0.4))
    )


def with_scipy(ours: Sample, theirs: Sample, resamples: int) -> dict[str, tuple[float, float]]:
    from scipy.stats import bootstrap
    from sklearn.metrics import accuracy_score, roc_auc_score

    def gain(at):
        labels = ours.labels[at]
        return (
            roc_auc_score(labels, ours.scores[at]) - roc_auc_score(labels, theirs.scores[at]),
            accuracy_score(labels, ours.predicted[at]) - accuracy_score(labels, theirs.predicted[at]),
        )

    found = bootstrap(
        (np.arange(ours.rows),),
        gain,
        n_resamples=resamples,
        vectorized=False,
        method="percentile",
        batch=1,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return {name: (float(found.low[at]), float(found.high[at])) for at, name in enumerate(METRICS)}


def memory() -> None:
    """Estimates and differences over 20 overlapping slices of half the rows each, and resamples of all the rows."""
    ours, theirs = pair(MEMORY_ROWS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    random, started = np.random.default_rng(2), time.perf_counter()
    for _ in range(SLICES):
        mask = random.random(MEMORY_ROWS) < 0.5
        for metric in (*METRICS, "f1", "log_loss"):
            estimate(metric, ours.where(mask), 0.95)
            difference(metric, ours.where(mask), theirs.where(mask), 0.95)
    taken = time.perf_counter() - started
    paired_resamples([metric_of(name) for name in METRICS], ours, theirs, MEMORY_RESAMPLES)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"1M rows, {SLICES} slices: {taken:.1f} s; resident {peak / 2**20:.2f} GiB at most")
    print(f"  ({before / 2**20:.2f} GiB before; {MEMORY_RESAMPLES} resamples of all rows, which need no more for more)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--scipy-resamples", type=int)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        memory()
        return
    ours, theirs = pair(arguments.rows)
    started = time.perf_counter()
    drawn = paired_resamples([metric_of(name) for name in METRICS], ours, theirs, arguments.resamples)
    mine = time.perf_counter() - started
    fewer = arguments.scipy_resamples or arguments.resamples
    started = time.perf_counter()
    by_scipy = with_scipy(ours, theirs, fewer)
    raw = time.perf_counter() - started
    other = raw * arguments.resamples / fewer
    print(f"{arguments.rows} rows, {arguments.resamples} resamples of {' and '.join(METRICS)}, one thread")
    print(f"lockgate {mine:8.2f} s")
    scaled = "" if fewer == arguments.resamples else f" (scaled up: {raw:.2f} s measured for {fewer} resamples)"
    print(f"scipy    {other:8.2f} s{scaled}")
    print(f"ratio    {other / mine:8.1f}")
    for name in METRICS:
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        print(
            f"{name:9} lockgate [{low:+.5f}, {high:+.5f}]  scipy [{by_scipy[name][0]:+.5f}, {by_scipy[name][1]:+.5f}]"
        )
    subprocess.run([sys.executable, __file__, "--memory"], check=True)


if __name__ == "__main__":
    main()
