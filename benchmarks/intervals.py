"""Whether the intervals keep what they promise: on simulated rows, of which the truth is known.

    python benchmarks/intervals.py [--simulations N] [--level L] [--margin M] [--plot docs/intervals.svg]

Prints how often a model passes that is worse by exactly the margin (at most ``(1 - level) / 2`` should), how often an
equally good one passes by the number of rows, and how often each interval covers the truth. A model passes where the
lower end of the difference's interval is above minus the margin.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

import numpy as np

from lockgate.domain.statistics.bounds.medians import median
from lockgate.domain.statistics.bounds.proportions import clopper_pearson, tango
from lockgate.domain.statistics.bounds.ranks import delong, delong_difference
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.groups import disparity, disparity_change
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.calibration_error import expected_calibration_error
from lockgate.domain.statistics.metrics.registry import value
from lockgate.domain.statistics.sample import Sample

Random = np.random.Generator
ROWS = (1_000, 10_000, 100_000)
NORMAL = NormalDist()
AGREE, POSITIVES, CORRELATION = 0.94, 0.25, 0.9


def separation(area: float) -> float:
    """How far two unit normals lie apart whose area under the ROC curve that is."""
    return NORMAL.inv_cdf(area) * 2**0.5


def binormal(random: Random, positives: int, negatives: int, areas: tuple[float, float]):
    """Labels and the scores of two correlated models with exactly these areas."""
    labels = np.arange(positives + negatives) < positives
    shared = CORRELATION**0.5 * random.normal(size=len(labels))
    own = [shared + (1 - CORRELATION) ** 0.5 * random.normal(size=len(labels)) for _ in areas]
    return labels, *(noise + separation(area) * labels for noise, area in zip(own, areas, strict=True))


def accuracy_low(random: Random, rows: int, gap: float, level: float) -> float:
    shares = ((1 - AGREE + gap) / 2, (1 - AGREE - gap) / 2, AGREE)
    ours, theirs, _ = random.multinomial(rows, shares).tolist()
    return tango(ours, theirs, rows, level).low


def area_low(random: Random, rows: int, gap: float, level: float) -> float:
    count = int(rows * POSITIVES)
    labels, ours, theirs = binormal(random, count, rows - count, (0.9 + gap, 0.9))
    return delong_difference(labels, ours, theirs, level).interval.low


def pass_rate(low: Callable[..., float], rows: int, gap: float, options: argparse.Namespace) -> float:
    random = np.random.default_rng(7)
    return float(np.mean([low(random, rows, gap, options.level) > -options.margin for _ in range(options.simulations)]))


def from_cells(random: Random, rows: int, shares: np.ndarray) -> tuple[Sample, Sample]:
    """Rows of the 8 cells label x ours x theirs."""
    code = np.repeat(np.arange(8), random.multinomial(rows, shares))
    labels, ours, theirs = (code & 4) > 0, (code & 2) > 0, (code & 1) > 0
    return Sample(labels, ours, ours.astype(float)), Sample(labels, theirs, theirs.astype(float))


def shares_of(recall: float, false: float) -> np.ndarray:
    """Cell shares of two equally good models that each err on their own, a quarter of the rows positive."""
    positive = np.outer([1 - recall, recall], [1 - recall, recall]).ravel() * POSITIVES
    negative = np.outer([1 - false, false], [1 - false, false]).ravel() * (1 - POSITIVES)
    return np.concatenate([negative, positive])


def f1_of(recall: float, false: float) -> float:
    hit, wrong = recall * POSITIVES, false * (1 - POSITIVES)
    return 2 * hit / (hit + wrong + POSITIVES)


def calibrated(random: Random, rows: int, shrink: float = 1.0) -> Sample:
    scores = random.beta(1, 3, rows)
    return Sample(random.random(rows) < shrink * scores, scores > 0.5, scores)


def losses() -> dict[str, float]:
    """The true means for ``calibrated``, by integration over its scores."""
    grid = (np.arange(2_000_000) + 0.5) / 2_000_000
    density = 3 * (1 - grid) ** 2
    entropy = -grid * np.log(grid) - (1 - grid) * np.log1p(-grid)
    return {"log_loss": float((density * entropy).mean()), "brier": float((density * grid * (1 - grid)).mean())}


def grouped(random: Random, rows: int, rates: tuple[float, ...]):
    groups = np.repeat(np.arange(len(rates)), rows)
    said = random.random(len(groups)) < np.array(rates)[groups]
    return Sample(random.random(len(groups)) < 0.3, said, said.astype(float)), groups.astype(str).astype(object)


Case = tuple[str, float, Callable[[Random, float], Estimate]]


def proportions() -> list[Case]:
    cases: list[Case] = []
    for rows, share in ((50, 0.9), (50, 0.99), (1000, 0.85)):
        cases.append(
            (
                f"clopper-pearson, {rows} rows, {share}",
                share,
                lambda random, level, n=rows, p=share: Estimate(
                    None, clopper_pearson(int(random.binomial(n, p)), n, level), n
                ),
            )
        )
    for rows in (50, 1000):

        def paired(random: Random, level: float, n: int = rows) -> Estimate:
            ours, theirs, _ = random.multinomial(n, (0.02, 0.04, 0.94)).tolist()
            return Estimate(None, tango(ours, theirs, n, level), n)

        cases.append((f"tango, {rows} rows", -0.02, paired))
    return cases


def areas() -> list[Case]:
    cases: list[Case] = []
    for positives, negatives, area in ((20, 60, 0.8), (20, 60, 0.95), (20, 60, 0.995), (250, 750, 0.9)):

        def single(random: Random, level: float, m=positives, n=negatives, a=area) -> Estimate:
            labels, scores, _ = binormal(random, m, n, (a, a))
            return delong(labels, scores, level)

        def paired(random: Random, level: float, m=positives, n=negatives, a=area) -> Estimate:
            return delong_difference(*binormal(random, m, n, (a, a - 0.02)), level)

        cases.append((f"AUC {area}, {positives} of {positives + negatives}", area, single))
        cases.append((f"AUC difference at {area}, {positives} of {positives + negatives}", 0.02, paired))
    return cases


def counted() -> list[Case]:
    cases: list[Case] = []
    for rows, recall, false in ((80, 0.7, 0.05), (80, 0.98, 0.005), (1000, 0.7, 0.05)):
        shares = shares_of(recall, false)
        single = f"f1 {f1_of(recall, false):.3f}, {rows} rows"
        cases.append(
            (
                single,
                f1_of(recall, false),
                lambda random, level, n=rows, p=shares: estimate("f1", from_cells(random, n, p)[0], level),
            )
        )
        cases.extend(
            (
                f"{metric} difference at {single}",
                0.0,
                lambda random, level, n=rows, p=shares, m=metric: difference(m, *from_cells(random, n, p), level),
            )
            for metric in ("f1", "precision", "recall", "balanced_accuracy", "matthews_corrcoef")
        )
    return cases


def probabilities() -> list[Case]:
    cases: list[Case] = []
    for rows in (80, 1000):
        for metric, truth in losses().items():
            cases.append(
                (
                    f"{metric}, {rows} rows",
                    truth,
                    lambda random, level, n=rows, m=metric: estimate(m, calibrated(random, n), level),
                )
            )
        for shrink, truth in ((1.0, 0.0), (0.8, 0.05)):
            cases.append(
                (
                    f"calibration error {truth}, {rows} rows",
                    truth,
                    lambda random, level, n=rows, s=shrink: expected_calibration_error(calibrated(random, n, s), level),
                )
            )
    return cases


def sure(random: Random, rows: int, errors: float) -> Sample:
    """Answers of 0 or 1, of which so many are wrong."""
    labels = random.random(rows) < POSITIVES
    said = labels ^ (random.random(rows) < errors)
    return Sample(labels, said, said.astype(float))


def paired_losses(random: Random, rows: int) -> tuple[Sample, Sample]:
    """Two models that are off by noise of the same size."""
    truth = random.beta(1, 3, rows)
    labels = random.random(rows) < truth
    answers = [np.clip(truth + 0.1 * random.normal(size=rows), 0.001, 0.999) for _ in range(2)]
    return tuple(Sample(labels, scores > 0.5, scores) for scores in answers)


def means() -> list[Case]:
    cases: list[Case] = [
        (
            f"brier of sure answers, {errors} wrong, {rows} rows",
            errors,
            lambda random, level, n=rows, e=errors: estimate("brier", sure(random, n, e), level),
        )
        for rows, errors in ((80, 0.01), (1000, 0.001))
    ]
    for rows in (80, 1000):
        cases += [
            (
                f"{metric} difference, {rows} rows",
                0.0,
                lambda random, level, n=rows, m=metric: difference(m, *paired_losses(random, n), level),
            )
            for metric in ("log_loss", "brier")
        ]
    return cases


def skills() -> list[Case]:
    """What is resampled row by row; the truth is that of two million rows."""
    many = calibrated(np.random.default_rng(5), 2_000_000)
    cases: list[Case] = []
    for metric in ("d2_log_loss_score", "d2_brier_score"):
        cases.append(
            (
                f"{metric}, 80 rows",
                value(metric, many),
                lambda random, level, m=metric: estimate(m, calibrated(random, 80), level),
            )
        )
        cases.append(
            (
                f"{metric} difference, 80 rows",
                0.0,
                lambda random, level, m=metric: difference(m, *paired_losses(random, 80), level),
            )
        )
    return cases


def precisions() -> list[Case]:
    cases: list[Case] = []
    for positives, negatives, area in ((20, 60, 0.8), (20, 60, 0.95), (20, 60, 0.995), (50, 950, 0.9)):

        def both(random: Random, m=positives, n=negatives, a=area, times=1) -> list[Sample]:
            labels, *scores = binormal(random, m * times, n * times, (a, a))
            return [Sample(labels, labels, each) for each in scores]

        truth = value("average_precision", both(np.random.default_rng(5), times=20_000)[0])
        cases.append(
            (
                f"average precision {truth:.3f}, {positives} of {positives + negatives}",
                truth,
                (lambda random, level, of=both: estimate("average_precision", of(random)[0], level)),
            )
        )
        cases.append(
            (
                f"average precision difference at {truth:.3f}, {positives} of {positives + negatives}",
                0.0,
                (lambda random, level, of=both: difference("average_precision", *of(random), level)),
            )
        )
    return cases


def answered(random: Random, rows: int, recalls: tuple[float, ...], falses: tuple[float, ...]):
    """Groups with these shares of the positive and of the negative rows answered positive, 30 % positive."""
    groups = np.repeat(np.arange(len(recalls)), rows)
    labels = random.random(len(groups)) < 0.3
    said = random.random(len(groups)) < np.where(labels, np.array(recalls)[groups], np.array(falses)[groups])
    return Sample(labels, said, said.astype(float)), groups.astype(str).astype(object)


def two_measures() -> list[Case]:
    """Equalized odds, and the error rate, which is alike where recall and specificity are."""
    cases: list[Case] = []
    for rows in (200, 1000):
        for recalls, falses in (((0.7, 0.8), (0.1, 0.12)), ((0.7, 0.75, 0.8, 0.7), (0.1, 0.1, 0.15, 0.12))):
            odds = max(max(recalls) - min(recalls), max(falses) - min(falses))
            errors = [0.3 * (1 - recall) + 0.7 * false for recall, false in zip(recalls, falses, strict=True)]
            for measure, truth in (("equalized_odds", odds), ("error_rate", max(errors) - min(errors))):
                cases.append(
                    (
                        f"{measure} difference of {len(recalls)} groups, {rows} rows each",
                        truth,
                        (
                            lambda random, level, n=rows, r=recalls, f=falses, m=measure: disparity(
                                *answered(random, n, r, f), m, "difference", level, 10
                            )
                        ),
                    )
                )
    return cases


CHANGES = (
    ((0.2, 0.3), (0.2, 0.25), 0.9),
    ((0.2, 0.25), (0.2, 0.2), 0.9),
    ((0.2, 0.25), (0.225, 0.225), 0.0),
    ((0.25, 0.2, 0.2, 0.2, 0.2, 0.2), (0.2,) * 6, 0.9),
    ((0.3, 0.2, 0.25, 0.22, 0.28, 0.21), (0.25, 0.2, 0.22, 0.22, 0.23, 0.21), 0.9),
)
"""Our rates by group, the champion's, and on how many rows both draw one chance: each is worse by 0.05."""


def worsened(random: Random, rows: int, change: tuple, level: float) -> Estimate:
    ours, theirs, agree = change
    groups = np.repeat(np.arange(len(ours)), rows)
    chance, other = random.random((2, len(groups)))
    other = np.where(random.random(len(groups)) < agree, chance, other)
    said = [draw < np.array(rates)[groups] for draw, rates in ((chance, ours), (other, theirs))]
    labels = random.random(len(groups)) < 0.3
    samples = [Sample(labels, each, each.astype(float)) for each in said]
    return disparity_change(*samples, groups.astype(object), "demographic_parity", level, 10)


def less_fair_passes(change: tuple, rows: int, options: argparse.Namespace) -> float:
    """How often less fairness than the champion's by exactly the limit passes."""
    random, limit = np.random.default_rng(3), 0.05
    bounds = [worsened(random, rows, change, options.level).interval.high for _ in range(options.simulations)]
    return float(np.mean(np.array(bounds) < limit))


def fairness() -> list[Case]:
    cases: list[Case] = []
    for rows in (100, 1000):
        for rates in ((0.2, 0.2), (0.2, 0.3), (0.2, 0.25, 0.3, 0.22)):
            for form in ("difference", "ratio"):

                def measured(random: Random, level: float, n=rows, p=rates, f=form) -> Estimate:
                    return disparity(*grouped(random, n, p), "demographic_parity", f, level, 10)

                truth = max(rates) - min(rates) if form == "difference" else min(rates) / max(rates)
                cases.append((f"disparity {form} of {rates}, {rows} rows each", truth, measured))
    return cases


def times() -> list[Case]:
    return [
        (
            f"median of {rounds} skewed ratios",
            1.0,
            lambda random, level, n=rounds: median(random.lognormal(0, 0.5, n).tolist(), level),
        )
        for rounds in (21, 201)
    ]


def coverage(case: Case, options: argparse.Namespace) -> float:
    _, truth, measure = case
    random, close = np.random.default_rng(11), 1e-12
    covered = []
    for _ in range(options.simulations):
        interval = measure(random, options.level).interval
        covered.append(interval is not None and interval.low - close <= truth <= interval.high + close)
    return float(np.mean(covered))


def plot(path: Path, curves: dict[str, list[float]], covered: dict[str, float], level: float, error: float) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lockgate"
    from matplotlib import pyplot as plt

    height = 0.22 * len(covered)
    figure, (top, below) = plt.subplots(2, 1, figsize=(11, height + 4), height_ratios=(3, height), layout="constrained")
    for name, rates in curves.items():
        top.plot(ROWS, rates, marker="o", label=name)
    top.set(xscale="log", xlabel="rows", ylabel="passes", ylim=(0, 1.02), title="An equally good model passes")
    top.legend(loc="lower right")
    below.plot(list(covered.values()), list(covered), "o")
    below.axvline(level, color="grey", linewidth=1)
    below.axvspan(level - 3 * error, level + 3 * error, color="grey", alpha=0.15, label="three standard errors")
    below.grid(axis="y", alpha=0.3)
    below.margins(y=0.01)
    below.invert_yaxis()
    below.set(xlabel="covers the truth", title=f"Coverage of intervals of level {level}")
    below.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--margin", type=float, default=0.01)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    lows = {"accuracy": accuracy_low, "roc_auc": area_low}
    error = (options.level * (1 - options.level) / options.simulations) ** 0.5
    print(f"{options.simulations} simulations a point, level {options.level}, margin {options.margin}")
    print(f"worse by exactly the margin, passes (at most {(1 - options.level) / 2:.3f} wanted):")
    for name, low in lows.items():
        rates = [pass_rate(low, rows, -options.margin, options) for rows in ROWS[:2]]
        print(f"  {name:9}", "  ".join(f"{rows:>6} rows {rate:.3f}" for rows, rate in zip(ROWS, rates, strict=False)))
    print("farther apart than the champion by exactly the limit, passes:")
    for change in CHANGES:
        rates = [less_fair_passes(change, rows, options) for rows in (200, 1000)]
        name = f"{len(change[0])} groups of 200 and of 1,000 rows, one chance in {change[2]:.0%}"
        print(f"  {name:60}", "  ".join(f"{rate:.3f}" for rate in rates))
    print("equally good, passes:")
    curves = {name: [pass_rate(low, rows, 0.0, options) for rows in ROWS] for name, low in lows.items()}
    for name, rates in curves.items():
        print(f"  {name:9}", "  ".join(f"{rows:>6} rows {rate:.3f}" for rows, rate in zip(ROWS, rates, strict=True)))
    print(f"covers the truth ({options.level} wanted; {error:.3f} is the standard error of a figure):")
    cases = proportions() + areas() + counted() + probabilities() + means() + fairness() + two_measures() + times()
    cases += precisions() + skills()
    covered = {case[0]: coverage(case, options) for case in cases}
    for name, rate in covered.items():
        print(f"  {rate:.3f}  {name}" + ("  <-- low" if rate < options.level - 3 * error else ""))
    if options.plot:
        plot(options.plot, curves, covered, options.level, error)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
