"""Whether the intervals of classes, labels and numbers keep what they promise: on simulated rows of a known truth.

    python benchmarks/task_intervals.py [--simulations N] [--level L] [--only TEXT]
        [--plot docs/task-intervals.svg [--told PART ...]]

Of each case: how often the interval of one model covers what it is worth, and how often a model passes that is worse
by exactly the margin (at most ``(1 - level) / 2`` should). A model passes where the lower end of the difference's
interval is above minus the margin, and not where there is no interval.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, ValueSample

Random = np.random.Generator
Pair = tuple[AnySample, AnySample]
CLOSE = 1e-9
RARE, MANY_CLASSES = 1_000, 100
BLOCKED = 2_000
"""Rows of samples in blocks."""
MANY, TIMES = 100_000, 20
"""Rows by which the truth is told where it is not known exactly, and how many times over."""


@dataclass(frozen=True)
class Case:
    """Two models' answers to rows, of which the first is the worse, and the metrics that are asked."""

    name: str
    rows: int
    make: Callable[[Random, int], Pair]
    metrics: tuple[str, ...]
    truths: Callable[[str], tuple[float, float]] | None = None

    def true(self) -> dict[str, tuple[float, float]]:
        """What both models are worth, by metric."""
        if self.truths is not None:
            return {metric: self.truths(metric) for metric in self.metrics}
        told = np.zeros((len(self.metrics), 2))
        for seed in range(100, 100 + TIMES):
            pair = self.make(np.random.default_rng(seed), MANY)
            told += [[value(metric, each) for each in pair] for metric in self.metrics]
        return {metric: tuple((both / TIMES).tolist()) for metric, both in zip(self.metrics, told, strict=True)}


def shares(width: int, rare: float) -> np.ndarray:
    """Of classes: the last tenth of them, or the last, has this share each."""
    few = max(width // 10, 1) if rare else 0
    return np.concatenate([np.full(width - few, (1 - few * rare) / (width - few)), np.full(few, rare)])


def classes(width: int, rare: float, near: float = 3.0) -> Callable[[Random, int], Pair]:
    """Scores are the softmax of a signal with noise of the model's own: ours has a bit more."""

    def make(random: Random, rows: int) -> Pair:
        truth = random.choice(width, rows, p=shares(width, rare))
        signal = random.normal(size=(rows, width)).astype(np.float32)
        signal[np.arange(rows), truth] += near
        found = []
        for noise in (0.6, 0.4):
            told = signal + noise * random.standard_normal((rows, width), dtype=np.float32)
            scores = np.exp(2 * (told - told.max(axis=1, keepdims=True))).astype(np.float64)
            scores /= scores.sum(axis=1, keepdims=True)
            found.append(ClassSample(truth, scores.argmax(axis=1), scores, tuple(map(str, range(width)))))
        return tuple(found)

    return make


def labels(width: int) -> Callable[[Random, int], Pair]:
    """From one label in two to one in forty rows."""
    rates = np.geomspace(0.5, 0.025, width)

    def make(random: Random, rows: int) -> Pair:
        truth = random.random((rows, width)) < rates
        signal = random.normal(size=truth.shape) + 3 * truth - 1.5 + np.log(rates / (1 - rates)) / 3
        found = []
        for noise in (0.6, 0.4):
            scores = 1 / (1 + np.exp(-2 * (signal + noise * random.normal(size=truth.shape))))
            found.append(LabelSample(truth, scores > 0.5, scores, tuple("abcdefghij"[:width])))
        return tuple(found)

    return make


def numbers(tail: float, ours: float = 0.6, theirs: float = 0.4) -> Callable[[Random, int], Pair]:
    """Errors of Student's distribution that nobody can tell, and noise of the model's own."""

    def make(random: Random, rows: int) -> Pair:
        told = 10 + 2 * random.normal(size=(rows, 1))
        truth = told + random.standard_t(tail, (rows, 1))
        naive = np.full_like(told, 10.0)
        return tuple(
            ValueSample(truth, told + noise * random.normal(size=(rows, 1)), ("y",), naive=naive)
            for noise in (ours, theirs)
        )

    return make


def exactly(tail: float, ours: float = 0.6, theirs: float = 0.4) -> Callable[[str], tuple[float, float]]:
    """What ``numbers`` are worth, by integration; a skill is against the mean, whose loss is known as well."""
    from scipy import integrate, stats

    def loss(spread: float) -> float:
        """The mean size of Student's error and a normal one of that spread."""

        def folded(e: float) -> float:
            normal = spread * np.sqrt(2 / np.pi) * np.exp(-((e / spread) ** 2) / 2)
            return normal + e * (1 - 2 * stats.norm.cdf(-e / spread))

        return 2 * integrate.quad(lambda e: folded(e) * stats.t.pdf(e, tail), 0, np.inf, limit=500)[0]

    unknown = tail / (tail - 2)

    def truths(metric: str) -> tuple[float, float]:
        of = {
            "mean_absolute_error": loss,
            "root_mean_squared_error": lambda noise: np.sqrt(unknown + noise**2),
            "mean_squared_error": lambda noise: unknown + noise**2,
            "r2": lambda noise: 1 - (unknown + noise**2) / (unknown + 4),
            "mae_skill": lambda noise: 1 - loss(noise) / loss(2.0),
            "rmse_skill": lambda noise: 1 - np.sqrt((unknown + noise**2) / (unknown + 4)),
        }[metric]
        return float(of(ours)), float(of(theirs))

    return truths


def skewed(random: Random, rows: int) -> Pair:
    """Prices: positive, skewed, with errors in proportion."""
    told = np.exp(random.normal(size=(rows, 1)))
    truth = told * np.exp(0.3 * random.normal(size=told.shape))
    return tuple(
        ValueSample(truth, told * np.exp(noise * random.normal(size=told.shape)), ("y",)) for noise in (0.3, 0.2)
    )


def in_blocks(
    count: int, make: Callable[[Random, int], Pair], spread: float, *, whole: bool = False
) -> Callable[[Random, int], Pair]:
    """Rows of blocks, the larger ones up to ten times as large as the smallest; each has luck, most of it shared.

    It moves numbers, and makes answers wrong: some of a block's, or with ``whole`` all of a few blocks'.
    """

    def made(random: Random, rows: int) -> Pair:
        real = count if rows < MANY else rows * count // BLOCKED
        sizes = random.integers(1, 11, real).astype(float)
        blocks = random.choice(real, rows, p=sizes / sizes.sum())
        ours, theirs = make(random, rows)
        luck = spread * random.normal(size=real)
        mine = luck + 0.5 * spread * random.normal(size=real)
        chance = np.full(rows, 0.5) if whole else random.random(rows)
        return tuple(moved(each, blocks, own[blocks], chance) for each, own in ((ours, mine + 0.1), (theirs, luck)))

    return made


def moved(sample: AnySample, blocks: np.ndarray, luck: np.ndarray, chance: np.ndarray) -> AnySample:
    """Numbers by the luck of the block, or some answers to that of the next class."""
    if isinstance(sample, ValueSample):
        return replace(sample, values=sample.values + luck[:, None], blocks=blocks)
    wrong = chance < 1 / (1 + np.exp(2 - 2 * luck))
    predicted = np.where(wrong, (sample.truth + 1) % len(sample.names), sample.predicted)
    return replace(sample, predicted=predicted, blocks=blocks)


OF_CLASSES = ("f1_macro", "recall_macro", "matthews_corrcoef", "log_loss", "roc_auc_ovr")
OF_MANY_CLASSES = ("f1_macro", "recall_macro", "log_loss", "top_3_accuracy")
OF_LABELS = ("hamming_loss", "f1_macro", "f1_samples", "log_loss", "roc_auc_macro", "average_precision_macro")
OF_NUMBERS = ("mean_absolute_error", "root_mean_squared_error", "r2")
OF_PRICES = (
    "mean_absolute_percentage_error",
    "median_absolute_error",
    "mean_gamma_deviance",
    "mean_poisson_deviance",
    "mean_pinball_loss",
)


def cases() -> Iterator[Case]:
    """Every case."""
    for rows in (1_000, 10_000):
        for tail in (3, 30):
            asked = (*OF_NUMBERS, "mae_skill", "rmse_skill")
            yield Case(f"errors of t{tail}", rows, numbers(tail), asked, exactly(tail))
        yield Case("errors of t3, few rows decide", rows, numbers(3, 1.5, 0.5), OF_NUMBERS, exactly(3, 1.5, 0.5))
        yield Case("skewed numbers", rows, skewed, OF_PRICES)
        for width, rare in ((3, 0.0), (3, 0.01), (100, 0.0), (100, 0.004 if rows == RARE else 0.0006)):
            few = f", {max(width // 10, 1)} of {rare:.2%}" if rare else ""
            make = classes(width, rare, 3.0 if width < MANY_CLASSES else 5.0)
            yield Case(f"{width} classes{few}", rows, make, OF_CLASSES if width < MANY_CLASSES else OF_MANY_CLASSES)
        yield Case("5 labels", rows, labels(5), OF_LABELS)
    for count in (10, 20, 50, 200):
        one, other = classes(3, 0.0), numbers(30)
        yield Case(f"{count} blocks of 3 classes", BLOCKED, in_blocks(count, one, 0.7), ("accuracy", "f1_macro"))
        yield Case(f"{count} blocks of numbers", BLOCKED, in_blocks(count, other, 0.7), OF_NUMBERS)
    for count in (20, 200):
        name = f"{count} blocks, a few of which fail whole"
        yield Case(name, BLOCKED, in_blocks(count, classes(3, 0.0), 0.7, whole=True), ("accuracy",))


def simulated(case: Case, options: argparse.Namespace) -> dict[str, tuple[float, float, float]]:
    """By metric: how often the truth is covered, how often a model passes that is worse by the margin, no interval."""
    truths = case.true()
    random = np.random.default_rng(11)
    hits = {metric: np.zeros(3) for metric in case.metrics}
    for _ in range(options.simulations):
        ours, theirs = case.make(random, case.rows)
        for metric, (mine, other) in truths.items():
            margin = metric_of(metric, ours.task).sign * (other - mine)
            single = estimate(metric, ours, options.level).interval
            paired = difference(metric, ours, theirs, options.level).interval
            hits[metric] += (
                single is not None and single.low - CLOSE <= mine <= single.high + CLOSE,
                paired is not None and paired.low > -margin,
                paired is None or single is None,
            )
    return {metric: tuple((found / options.simulations).tolist()) for metric, found in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--only", default="", help="the cases whose name has this")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--told", type=Path, nargs="+", help="plot what runs of parts have printed into these files")
    options = parser.parse_args()
    alpha, started = (1 - options.level) / 2, time.perf_counter()
    errors = [float(np.sqrt(rate * (1 - rate) / options.simulations)) for rate in (options.level, alpha)]
    if options.told:
        plot(options.plot, told(options.told), options.level, errors)
        return
    print(f"{options.simulations} simulations; covers ({options.level} wanted, standard error {errors[0]:.3f}),")
    print(f"passes where worse by exactly the margin (at most {alpha:.3f} wanted, standard error {errors[1]:.3f})")
    every = {}
    for case in cases():
        name = f"{case.name}, {case.rows} rows"
        if options.only not in name:
            continue
        for metric, (covered, passed, none) in simulated(case, options).items():
            every[f"{metric}, {name}"] = covered, passed
            marks = "  <-- low" if covered < options.level * (1 - none) - 3 * errors[0] else ""
            marks += "  <-- passes" if passed > alpha + 3 * errors[1] else ""
            lacks = f"  none in {none:.3f}" if none else ""
            print(f"  {covered:.3f}  {passed:.3f}  {metric}, {name}{lacks}{marks}", flush=True)
    if options.plot:
        plot(options.plot, every, options.level, errors)
    print(f"{time.perf_counter() - started:.0f} s")


def told(paths: list[Path]) -> dict[str, tuple[float, float]]:
    """What has been printed."""
    line = re.compile(r"  (\d\.\d+)  (\d\.\d+)  (.*? rows)")
    found = (line.match(each) for path in paths for each in path.read_text(encoding="utf-8").splitlines())
    return {each[3]: (float(each[1]), float(each[2])) for each in found if each}


def plot(path: Path, every: dict[str, tuple[float, float]], level: float, errors: list[float]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "lockgate", "svg.fonttype": "none"}
    from matplotlib import pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(13, 0.17 * len(every) + 1), sharey=True, layout="constrained")
    names = list(every)[::-1]
    told = ((0, level, "covers what a model is worth"), (1, (1 - level) / 2, "passes, worse by exactly the margin"))
    for axes, (at, wanted, title) in zip(both, told, strict=True):
        axes.plot([every[name][at] for name in names], names, "o", markersize=3)
        axes.axvline(wanted, color="grey", linewidth=1)
        axes.axvspan(wanted - 2 * errors[at], wanted + 2 * errors[at], color="grey", alpha=0.2)
        axes.set(title=title)
        axes.tick_params(axis="y", labelsize=6)
        axes.grid(axis="y", linewidth=0.3)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
