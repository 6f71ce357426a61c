"""Whether the intervals of classes, labels and numbers keep what they promise: on simulated rows of a known truth.

    python benchmarks/task_intervals.py [--simulations N] [--level L] [--only CASE ...] [--asked METRIC ...]
        [--plot docs/task-intervals.svg [--told PART ...]]

Of each case: how often the interval of one model covers what it is worth, how often it meets a limit of exactly that,
and how often a model passes that is worse by exactly the margin (at most ``(1 - level) / 2`` of both should). A model
passes where the lower end of the difference's interval is above minus the margin, and not where there is no interval.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from task_rows import (
    BLOCKED,
    MANY,
    Grouped,
    Make,
    classes,
    exactly,
    in_blocks,
    in_groups,
    labels,
    numbers,
    quantiles,
    skewed,
)

from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.disparity.error_gaps import error_gap, error_gap_change
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.groups import disparity, disparity_change
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.metrics.calibration_error import error_of_probabilities, top_label
from lockgate.domain.statistics.metrics.coverage_error import coverages
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.one_of_many import class_metric, one_class, target_metric
from lockgate.domain.statistics.metrics.registry import metric_of, metrics_of, value
from lockgate.domain.statistics.sample import AnySample, ValueSample

CLOSE = 1e-9
RARE, MANY_CLASSES, LEAST, LIGHT = 1_000, 100, 30, 3
TARGETS = {"two": 2, "three": 3}
Single = Callable[[AnySample | Grouped, float], Estimate]
Paired = Callable[[AnySample | Grouped, AnySample | Grouped, float], Estimate]


@dataclass(frozen=True)
class Asked:
    """What is asked of a model, with its interval, and of two, ours less theirs: less is better with a sign of -1."""

    name: str
    worth: Callable[[AnySample | Grouped], float]
    single: Single
    paired: Paired | None = None
    sign: float = 1.0
    turned: bool = False
    """The difference is positive where ours is worse."""

    def gain(self, ours: AnySample | Grouped, theirs: AnySample | Grouped, level: float) -> Interval | None:
        """How much better ours is."""
        found = None if self.paired is None else self.paired(ours, theirs, level).interval
        return Interval(-found.high, -found.low, level, found.method) if found and self.turned else found


@dataclass(frozen=True)
class Case:
    """Two models' answers to rows, of which the first is the worse, and what is asked."""

    name: str
    rows: int
    make: Make
    asked: tuple[Asked, ...]
    known: Callable[[str], tuple[float, float] | None] = lambda _: None
    times: int = 20
    """How many times over the truth is told where it is not known."""

    def true(self) -> dict[str, tuple[float, float]]:
        """What both models are worth, by what is asked."""
        known = {each.name: self.known(each.name) for each in self.asked}
        unknown = [each for each in self.asked if known[each.name] is None]
        told = np.zeros((len(unknown), 2))
        for seed in range(100, 100 + self.times if unknown else 100):
            pair = self.make(np.random.default_rng(seed), MANY)
            told += [[each.worth(answers) for answers in pair] for each in unknown]
        told /= self.times
        return known | {each.name: tuple(both) for each, both in zip(unknown, told.tolist(), strict=True)}


def of_metric(metric: str | Metric, task: str) -> Asked:
    known = metric_of(metric, task)
    return Asked(
        known.name,
        lambda sample: value(known, sample),
        lambda sample, level: estimate(known, sample, level),
        lambda ours, theirs, level: difference(known, ours, theirs, level),
        known.sign,
    )


def of_metrics(task: str, *names: str, but: tuple[str, ...] = ()) -> tuple[Asked, ...]:
    """Those of a task, all where none is named."""
    return tuple(of_metric(name, task) for name in names or metrics_of(task) if name not in but)


def of_a_class(name: str, *, paired: bool = True) -> tuple[Asked, ...]:
    """Floors and margins of one class, and whether its probabilities are right."""

    def calibration(sample: AnySample, level: float) -> Estimate:
        one = one_class(sample, name)
        return error_of_probabilities(one.labels, one.scores, level, blocks=one.blocks, of_others=True)

    worth = Asked(f"calibration error of {name}", lambda sample: calibration(sample, 0.95).value, calibration, sign=-1)
    metrics = ("recall", "precision", "f1", "roc_auc") if paired else ()
    return (*(of_metric(class_metric(metric, name), "multiclass") for metric in metrics), worth)


def _of_top(sample: AnySample, level: float) -> Estimate:
    return error_of_probabilities(*top_label(sample), level, blocks=sample.blocks, of_others=True)


TOP = Asked("calibration error of the likeliest class", lambda sample: _of_top(sample, 0.95).value, _of_top, sign=-1)


def of_coverage() -> tuple[Asked, ...]:
    """How far each quantile, and the interval between the outer ones, are off."""
    rows = ValueSample(np.zeros((1, 1)), np.zeros((1, 1)), ("y",), (0.05, 0.5, 0.95), np.zeros((1, 3)))
    names = [each.name for each in coverages(rows, 0.95)]
    last: list = [None, None, None]

    def every(sample: ValueSample, level: float) -> list:
        if last[0] is not sample or last[1] != level:
            last[:] = sample, level, list(coverages(sample, level))
        return last[2]

    def asked(at: int) -> Asked:
        def single(sample: ValueSample, level: float) -> Estimate:
            return every(sample, level)[at].error

        return Asked(f"error of the {names[at]}", lambda sample: single(sample, 0.95).value, single, sign=-1)

    return tuple(map(asked, range(len(names))))


def of_fairness(of: str, measure: str) -> Asked:
    """The disparity of one class or label between groups."""

    def single(answers: Grouped, level: float) -> Estimate:
        return disparity(one_class(answers.sample, of), answers.groups, measure, "difference", level, LEAST)

    def paired(ours: Grouped, theirs: Grouped, level: float) -> Estimate:
        both = (one_class(each.sample, of) for each in (ours, theirs))
        return disparity_change(*both, ours.groups, measure, level, LEAST)

    name = f"{measure.replace('_', ' ')} of {of}"
    return Asked(name, lambda answers: single(answers, 0.95).value, single, paired, -1, turned=True)


def of_gaps(what: str) -> Asked:
    """The gap between groups of numbers' errors, or of their size."""

    def errors(answers: Grouped) -> np.ndarray:
        apart = (answers.sample.values - answers.sample.truth)[:, 0]
        return np.abs(apart) if what == "absolute error" else apart

    def single(answers: Grouped, level: float) -> Estimate:
        return error_gap(errors(answers), answers.groups, level, LEAST, answers.sample.blocks)

    def paired(ours: Grouped, theirs: Grouped, level: float) -> Estimate:
        return error_gap_change(*map(errors, (ours, theirs)), ours.groups, level, LEAST, ours.sample.blocks)

    return Asked(
        f"gap of the mean {what}", lambda answers: single(answers, 0.95).value, single, paired, -1, turned=True
    )


GAPS = (of_gaps("error"), of_gaps("absolute error"))
OF_NUMBERS = of_metrics("regression", "mean_absolute_error", "root_mean_squared_error", "r2", "median_absolute_error")
OF_BLOCKS = of_metrics("multiclass", "accuracy", "f1_macro", "recall_macro", "matthews_corrcoef")
ONLY_POSITIVE = ("mean_absolute_percentage_error", "mean_gamma_deviance", "mean_poisson_deviance")
AREAS = ("roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted")


def of_numbers(rows: int) -> Iterator[Case]:
    some = of_metrics("regression", but=ONLY_POSITIVE)
    for tail in (3, 30):
        yield Case(f"errors of t{tail}", rows, numbers(tail), some, exactly(tail))
    yield Case("errors of t3, few rows decide", rows, numbers(3, 1.5, 0.5), some, exactly(3, 1.5, 0.5))
    one = tuple(of_metric(target_metric(name, "z"), "regression") for name in ("mean_absolute_error", "r2"))
    for tail, count in ((30, "two"), (30, "three"), (3, "three")):
        known = exactly(tail)
        yield Case(
            f"{count} targets" + ("" if tail > LIGHT else f" of t{tail}"),
            rows,
            numbers(tail, targets=TARGETS[count]),
            (*OF_NUMBERS[:3], *one),
            lambda name, known=known: known(name.removesuffix(" of z")),
        )
    yield Case("skewed numbers", rows, skewed, of_metrics("regression"), times=100)
    asked = (*of_coverage(), *of_metrics("regression", "mean_pinball_loss"))
    yield Case("quantiles", rows, quantiles, asked, times=100)
    for count in (2, 6):
        yield Case(f"numbers in {count} groups", rows, in_groups(numbers(30), count), GAPS, times=100)
    yield Case("skewed numbers in 2 groups", rows, in_groups(skewed, 2), GAPS, times=100)


def of_classes(rows: int) -> Iterator[Case]:
    for width, rare in ((3, 0.0), (3, 0.01), (100, 0.0), (100, 0.004 if rows == RARE else 0.0006)):
        few = f", {max(width // 10, 1)} of {rare:.2%}" if rare else ""
        make = classes(width, rare, 3.0 if width < MANY_CLASSES else 5.0)
        but = ("top_3_accuracy", "top_5_accuracy") if width < MANY_CLASSES else AREAS[1::2]
        but += AREAS[1:] if rows > RARE and width < MANY_CLASSES else ()
        asked = (*of_metrics("multiclass", but=but), *of_a_class(str(width - 1)), TOP)
        yield Case(f"{width} classes{few}", rows, make, asked, times=20 if width < MANY_CLASSES else 5)
    for count in (2, 6):
        every = tuple(of_fairness("2", measure) for measure in ("demographic_parity", "equalized_odds"))
        yield Case(f"3 classes in {count} groups", rows, in_groups(classes(3, 0.2), count), every)


def of_labels(rows: int) -> Iterator[Case]:
    but = () if rows <= RARE else ("roc_auc_micro", "average_precision_micro")
    yield Case("5 labels", rows, labels(5), (*of_metrics("multilabel", but=but), *of_a_class("e", paired=False)))


def of_blocks() -> Iterator[Case]:
    for count in (20, 50, 200):
        one, other = classes(3, 0.0), numbers(30)
        yield Case(f"{count} blocks of 3 classes", BLOCKED, in_blocks(count, one, 0.7), OF_BLOCKS)
        rare = (*OF_BLOCKS, *of_a_class("2"))
        yield Case(f"{count} blocks of 3 classes, 1 of 2.00%", BLOCKED, in_blocks(count, classes(3, 0.02), 0.7), rare)
        asked = of_metrics("multilabel", "accuracy", "f1_macro", "hamming_loss")
        yield Case(f"{count} blocks of 5 labels", BLOCKED, in_blocks(count, labels(5), 0.7), asked)
        yield Case(f"{count} blocks of numbers", BLOCKED, in_blocks(count, other, 0.7), OF_NUMBERS)
        yield Case(f"{count} blocks of quantiles", BLOCKED, in_blocks(count, quantiles, 0.3), of_coverage())
        yield Case(f"{count} blocks of numbers in 2 groups", BLOCKED, in_blocks(count, in_groups(other, 2), 0.3), GAPS)
        every = tuple(of_fairness("2", measure) for measure in ("demographic_parity", "equalized_odds"))
        yield Case(f"{count} blocks of 3 classes in 2 groups", BLOCKED, in_blocks(count, in_groups(one, 2), 0.7), every)
    for count in (20, 200):
        name = f"{count} blocks, a few of which fail whole"
        yield Case(name, BLOCKED, in_blocks(count, classes(3, 0.0), 0.7, whole=True), OF_BLOCKS[:1])


def cases() -> Iterator[Case]:
    """Every case."""
    for rows in (1_000, 10_000):
        yield from of_numbers(rows)
        yield from of_classes(rows)
        yield from of_labels(rows)
    yield from of_blocks()


@dataclass(frozen=True)
class Rates:
    """How often: covered, meets a limit of what it is worth, passes where worse by the margin, has no interval."""

    covered: float
    meets: float
    passed: float | None
    none: float

    def line(self, name: str, level: float, simulations: int) -> str:
        """With what is farther from what is wanted than three standard errors."""
        alpha = (1 - level) / 2
        spread = [3 * (rate * (1 - rate) / simulations) ** 0.5 for rate in (level, alpha)]
        marks = f"  none in {self.none:.3f}" if self.none else ""
        marks += "  <-- low" if self.covered < level * (1 - self.none) - spread[0] else ""
        marks += "  <-- meets" if self.meets > alpha + spread[1] else ""
        marks += "  <-- passes" if self.passed is not None and self.passed > alpha + spread[1] else ""
        passed = "  -  " if self.passed is None else f"{self.passed:.3f}"
        return f"  {self.covered:.3f}  {self.meets:.3f}  {passed}  {name}{marks}"


TRUE: dict[str, dict[str, tuple[float, float]]] = {}
"""What models are worth, by case: the same for all numbers of rows."""


def simulated(case: Case, simulations: int, level: float) -> dict[str, Rates]:
    """By what is asked."""
    if case.name not in TRUE:
        TRUE[case.name] = case.true()
    truths = TRUE[case.name]
    random = np.random.default_rng(11)
    hits = {each.name: np.zeros(4) for each in case.asked}
    for _ in range(simulations):
        ours, theirs = case.make(random, case.rows)
        for each in case.asked:
            mine, other = truths[each.name]
            single = each.single(ours, level).interval
            paired = each.gain(ours, theirs, level)
            good = single is not None and (single.low >= mine if each.sign > 0 else single.high <= mine)
            hits[each.name] += (
                single is not None and single.low - CLOSE <= mine <= single.high + CLOSE,
                good,
                paired is not None and paired.low > -each.sign * (other - mine),
                single is None or (paired is None and each.paired is not None),
            )
    return {
        each.name: Rates(found[0], found[1], None if each.paired is None else found[2], found[3])
        for each in case.asked
        for found in [(hits[each.name] / simulations).tolist()]
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--only", nargs="+", default=[""], help="the cases whose name has one of these")
    parser.add_argument("--asked", nargs="+", default=[""], help="what is asked whose name has one of these")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--told", type=Path, nargs="+", help="plot what runs of parts have printed into these files")
    options = parser.parse_args()
    level, times = options.level, options.simulations
    if options.told:
        plot(options.plot, told(options.told), level, times)
        return
    print(
        f"{times} simulations: covers ({level} wanted), meets a limit of exactly what it is worth, passes where worse"
    )
    print(f"by exactly the margin (at most {(1 - level) / 2:.3f} of both wanted)")
    every, started = {}, time.process_time()
    for case in cases():
        name = f"{case.name}, {case.rows} rows"
        asked = tuple(each for each in case.asked if any(part in each.name for part in options.asked))
        if not asked or not any(part in name for part in options.only):
            continue
        begun = time.process_time()
        for what, rates in simulated(replace(case, asked=asked), times, level).items():
            every[f"{what}, {name}"] = rates
            print(rates.line(f"{what}, {name}", level, times), flush=True)
        print(f"      {time.process_time() - begun:.0f} s of CPU for {name}", flush=True)
    if options.plot:
        plot(options.plot, every, level, times)
    print(f"{time.process_time() - started:.0f} s of CPU")


def told(paths: list[Path]) -> dict[str, Rates]:
    """What has been printed."""
    line = re.compile(r"  (\d\.\d+)  (\d\.\d+)  (\d\.\d+|  -  )  (.*?\d rows)(?:  none in (\d\.\d+))?")
    found = (line.match(each) for path in paths for each in path.read_text(encoding="utf-8").splitlines())
    return {
        each[4]: Rates(float(each[1]), float(each[2]), None if "-" in each[3] else float(each[3]), float(each[5] or 0))
        for each in found
        if each
    }


def plot(path: Path, every: dict[str, Rates], level: float, simulations: int) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "lockgate", "svg.fonttype": "none"}
    from matplotlib import pyplot as plt

    figure, parts = plt.subplots(1, 3, figsize=(14, 0.12 * len(every) + 1), sharey=True, layout="constrained")
    names, alpha = list(every)[::-1], (1 - level) / 2
    columns = (
        ("covers what a model is worth", level, [every[name].covered for name in names]),
        ("meets a limit of exactly that", alpha, [every[name].meets for name in names]),
        ("passes, worse by exactly the margin", alpha, [every[name].passed for name in names]),
    )
    for axes, (title, wanted, rates) in zip(parts, columns, strict=True):
        error = (wanted * (1 - wanted) / simulations) ** 0.5
        axes.plot([np.nan if rate is None else rate for rate in rates], names, "o", markersize=3)
        axes.axvline(wanted, color="grey", linewidth=1)
        axes.axvspan(wanted - 2 * error, wanted + 2 * error, color="grey", alpha=0.2)
        axes.set(title=title)
        axes.tick_params(axis="y", labelsize=5, length=0)
        axes.margins(y=0.003)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
