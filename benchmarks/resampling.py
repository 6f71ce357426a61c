"""Paired resamples of metrics of each task, beside scipy.stats.bootstrap with scikit-learn's metrics.

    OPENBLAS_NUM_THREADS=1 python benchmarks/resampling.py [--rows N] [--resamples N] [--scipy-resamples N]

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
from lockgate.domain.statistics.sample import ClassSample, Rows, Sample, ValueSample

METRICS = ("roc_auc", "accuracy")
OF_CLASSES, CLASSES = ("f1_macro", "log_loss"), 10
OF_NUMBERS = ("mean_absolute_error", "r2")
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


def pair_of_classes(rows: int, seed: int = 1) -> tuple[ClassSample, ClassSample]:
    """Two models' answers of ten classes, the last of them rare."""
    random = np.random.default_rng(seed)
    shares = np.append(np.full(CLASSES - 1, 0.99 / (CLASSES - 1)), 0.01)
    truth = random.choice(CLASSES, rows, p=shares)
    signal = 2 * random.normal(size=(rows, CLASSES)) + 4 * np.eye(CLASSES)[truth]
    found = []
    for noise in (0.3, 0.4):
        told = np.exp(signal + noise * random.normal(size=signal.shape))
        scores = told / told.sum(axis=1, keepdims=True)
        found.append(ClassSample(truth, scores.argmax(axis=1), scores, tuple("abcdefghij")))
    return tuple(found)


def pair_of_numbers(rows: int, seed: int = 1) -> tuple[ValueSample, ValueSample]:
    """Two models' numbers, with heavy-tailed errors."""
    random = np.random.default_rng(seed)
    told = 2 * random.normal(size=(rows, 1))
    truth = told + random.standard_t(3, told.shape)
    return tuple(ValueSample(truth, told + noise * random.normal(size=told.shape), ("y",)) for noise in (0.3, 0.4))


def by_sklearn(sample: Rows, at: np.ndarray) -> tuple[float, ...]:
    """Its metrics of some rows."""
    from sklearn import metrics

    if isinstance(sample, Sample):
        labels = sample.labels[at]
        return metrics.roc_auc_score(labels, sample.scores[at]), metrics.accuracy_score(labels, sample.predicted[at])
    truth = sample.truth[at]
    if isinstance(sample, ClassSample):
        every = range(CLASSES)
        macro = metrics.f1_score(truth, sample.predicted[at], average="macro", labels=every)
        return macro, metrics.log_loss(truth, sample.scores[at], labels=every)
    return metrics.mean_absolute_error(truth, sample.values[at]), metrics.r2_score(truth, sample.values[at])


def with_scipy(ours: Rows, theirs: Rows, names: tuple[str, ...], resamples: int) -> dict[str, tuple[float, float]]:
    from scipy.stats import bootstrap

    def gain(at):
        return tuple(np.subtract(by_sklearn(ours, at), by_sklearn(theirs, at)))

    found = bootstrap(
        (np.arange(ours.rows),),
        gain,
        n_resamples=resamples,
        vectorized=False,
        method="percentile",
        batch=1,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return {name: (float(found.low[at]), float(found.high[at])) for at, name in enumerate(names)}


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


def beside(ours: Rows, theirs: Rows, names: tuple[str, ...], resamples: int, fewer: int) -> None:
    """Both, and what they found."""
    metrics = [metric_of(name, ours.task) for name in names]
    started = time.process_time()
    drawn = paired_resamples(metrics, ours, theirs, resamples)
    mine = time.process_time() - started
    started = time.process_time()
    by_scipy = with_scipy(ours, theirs, names, fewer)
    raw = time.process_time() - started
    other = raw * resamples / fewer
    print(f"{ours.rows} rows, {resamples} resamples of {' and '.join(names)} ({ours.task}), seconds of CPU")
    print(f"lockgate {mine:8.2f} s")
    scaled = "" if fewer == resamples else f" (scaled up: {raw:.2f} s measured for {fewer} resamples)"
    print(f"scipy    {other:8.2f} s{scaled}")
    print(f"ratio    {other / mine:8.1f}")
    for name in names:
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        other = by_scipy[name]
        print(f"{name:19} lockgate [{low:+.5f}, {high:+.5f}]  scipy [{other[0]:+.5f}, {other[1]:+.5f}]")
    started = time.perf_counter()
    for metric in metrics:
        difference(metric, ours, theirs, 0.95)
    print(f"the same intervals without resampling: {time.perf_counter() - started:.3f} s\n")


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
    kinds = ((pair, METRICS), (pair_of_classes, OF_CLASSES), (pair_of_numbers, OF_NUMBERS))
    for make, names in kinds:
        ours, theirs = make(arguments.rows)
        fewer = arguments.scipy_resamples or arguments.resamples
        beside(ours, theirs, names, arguments.resamples, fewer)
    subprocess.run([sys.executable, __file__, "--memory"], check=True)


if __name__ == "__main__":
    main()
