"""Whether explanation, robustness and data keep to their alpha: on simulated rows, of which the truth is known.

    python benchmarks/at_the_limit.py [--simulations N] [--only CASE ...]

Prints for each quantity how often it passes and is refused where the truth is exactly the limit (at most ``alpha``
should, 0.05), how often half of the limit passes, and how often twice the limit is refused.
"""

import argparse
import itertools
import math
import time
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from lockgate.domain.judging.gates.data.column_distances import apart
from lockgate.domain.judging.gates.data.single_feature import rank_correlation, single_feature
from lockgate.domain.statistics.blocks import degrees_of
from lockgate.domain.statistics.bounds.correlations import correlated
from lockgate.domain.statistics.bounds.distances import distance_estimate
from lockgate.domain.statistics.bounds.means import mean_estimate, spread_of
from lockgate.domain.statistics.bounds.ranks import area_interval
from lockgate.domain.statistics.bounds.shares import shares_of, shift
from lockgate.domain.statistics.interval import Estimate, Interval

Random = np.random.Generator
Measure = Callable[[Random, float], Estimate]
NORMAL = NormalDist()
LEVEL = 0.9
"""Of two-sided intervals whose bounds each are wrong with a chance of 0.05, the default."""
POSITIVES = 0.25


def uniform_shares(values: int, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Two distributions of so many values that are so far apart."""
    training = np.full(values, 1 / values)
    return training, training + np.repeat([2, -2], values // 2) * distance / values


def tables_apart(random: Random, kind: str, rows: tuple[int, int], distance: float) -> tuple[np.ndarray, ...]:
    """A column in two tables whose populations have exactly this distance."""
    first, second = rows
    if kind == "numbers":
        return random.normal(size=first), random.normal(2 * NORMAL.inv_cdf((1 + distance) / 2), size=second)
    if kind == "two numbers":
        return 1.0 * (random.random(first) < (1 - distance) / 2), 1.0 * (random.random(second) < (1 + distance) / 2)
    values = int(kind.split(maxsplit=1)[0])
    pairs = zip(rows, uniform_shares(values, distance), strict=True)
    return tuple(random.choice(values, n, p=shares).astype(str).astype(object) for n, shares in pairs)


def distance(kind: str, rows: tuple[int, int]) -> Measure:
    """Between two tables, with a limit of 0.1."""

    def measure(random: Random, part: float) -> Estimate:
        found = apart(*tables_apart(random, kind, rows, 0.1 * part))
        ranked = found.kind == "kolmogorov-smirnov"
        return distance_estimate(found.distance, found.chance, rows, LEVEL, ranked=ranked)

    return measure


def people(random: Random, rows: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The person of each row of both tables, 20 rows on average, of some up to five times as many as of others."""
    found = []
    for count in rows:
        sizes = random.integers(1, 6, count // 20).astype(float)
        found.append(random.choice(count // 20, count, p=sizes / sizes.sum()))
    return tuple(found)


def distance_of_people(kind: str, rows: tuple[int, int], alike: float) -> Measure:
    """The same where so large a part of what rows of a person are is the person's own."""

    def measure(random: Random, part: float) -> Estimate:
        persons, columns = people(random, rows), []
        for place, (person, by) in enumerate(zip(persons, (0.0, 0.1 * part), strict=True)):
            own, count = random.random(len(person)) < alike, int(person.max()) + 1
            if kind == "numbers":
                step = 2 * NORMAL.inv_cdf((1 + by) / 2)
                noise = (1 - alike) ** 0.5 * random.normal(size=len(person))
                columns.append(alike**0.5 * random.normal(size=count)[person] + noise + step)
                continue
            values = int(kind.split(maxsplit=1)[0])
            shares = uniform_shares(values, 0.1 * part)[place]
            theirs = random.choice(values, count, p=shares)[person]
            columns.append(
                np.where(own, theirs, random.choice(values, len(person), p=shares)).astype(str).astype(object)
            )
        found = apart(*columns, persons)
        degrees = min(map(degrees_of, persons))
        ranked = found.kind == "kolmogorov-smirnov"
        return distance_estimate(found.distance, found.chance, found.independent, LEVEL, ranked=ranked, degrees=degrees)

    return measure


def feature_of_people(rows: int) -> Measure:
    """The area of a number of which two thirds are the person's own, as the label is."""

    def measure(random: Random, part: float) -> Estimate:
        person, _ = people(random, (rows, rows))
        own = random.normal(size=rows // 20)
        positive = (random.random(rows // 20) < POSITIVES)[person]
        between = NORMAL.inv_cdf(min(0.5 + 0.4 * part, 0.999)) * 2**0.5
        numbers = (2 / 3) ** 0.5 * own[person] + (1 / 3) ** 0.5 * random.normal(size=rows) + between * positive
        found = single_feature(numbers, positive, person)
        if found is None:
            return Estimate(None, Interval(0.0, 1.0, LEVEL, "no person of a class"), rows)
        count = int(positive.sum())
        interval = area_interval(found.value, found.error, count, rows - count, LEVEL, found.degrees)
        return Estimate(found.value, interval, rows)

    return measure


def correlation_of_people(rows: int) -> Measure:
    """The rank correlation of two numbers of which most is the person's own, with a limit of 0.5."""

    def measure(random: Random, part: float) -> Estimate:
        person, _ = people(random, (rows, rows))
        together = 2 * math.sin(math.pi / 6 * min(0.5 * part, 0.999))

        def pair(size: int) -> np.ndarray:
            first, other = random.normal(size=(2, size))
            return np.array([first, together * first + (1 - together**2) ** 0.5 * other])

        numbers, target = 0.8**0.5 * pair(rows // 20)[:, person] + 0.2**0.5 * pair(rows)
        found = rank_correlation(numbers, target, person)
        return Estimate(*correlated(found.value, found.error, LEVEL, found.degrees), rows)

    return measure


def feature(rows: int) -> Measure:
    """The area of a number, a quarter of the rows positive, with a limit of 0.9; parts are of the rest above 0.5."""

    def measure(random: Random, part: float) -> Estimate:
        positive = random.random(rows) < POSITIVES
        between = NORMAL.inv_cdf(min(0.5 + 0.4 * part, 0.999)) * 2**0.5
        found = single_feature(random.normal(size=rows) + between * positive, positive)
        count = int(positive.sum())
        return Estimate(found.value, area_interval(found.value, found.error, count, rows - count, LEVEL), rows)

    return measure


def change(rows: int, jump: float) -> Measure:
    """The mean change where a few rows move by ``jump`` and the others do not, with a limit of 0.01."""

    def measure(random: Random, part: float) -> Estimate:
        changes = jump * (random.random(rows) < 0.01 * part / jump)
        return mean_estimate(float(changes.mean()), spread_of(changes), rows, LEVEL)

    return measure


def share(rows: int, *, same: bool) -> Measure:
    """How far a column's share moved from 0.5, with a limit of 0.15; both are asked the same rows, or each its own."""

    def measure(random: Random, part: float) -> Estimate:
        base, other = random.gamma(0.5, 1, (2, 3, rows))
        weights = np.array([[0.5, 0.3, 0.2], [0.5 - 0.15 * part, 0.3, 0.2 + 0.15 * part]])[:, :, None]
        mine, others = shares_of(base * weights[0]), shares_of((base if same else other) * weights[1])
        return shift((mine[0][0], mine[1][0]), (others[0][0], others[1][0]), rows, LEVEL)

    return measure


def cases() -> dict[str, tuple[Measure, float]]:
    """What is measured, and its limit, by name."""
    found: dict[str, tuple[Measure, float]] = {}
    for kind in ("numbers", "two numbers", "2 values", "10 values", "100 values"):
        for rows in ((300, 100), (1000, 400), (26_000, 16_000)):
            found[f"distance, {kind}, {rows[0]} and {rows[1]} rows"] = distance(kind, rows), 0.1
    for rows in (200, 1000, 5000):
        found[f"single feature, {rows} rows"] = feature(rows), 0.9
    for rows, jump in ((171, 1.0), (512, 1.0), (512, 0.2), (512, 0.02), (4000, 1.0), (4000, 0.2)):
        found[f"mean change, some rows move by {jump:g}, {rows} rows"] = change(rows, jump), 0.01
    for rows in (100, 500, 4000):
        for same in (True, False):
            found[f"share, {rows} rows, {'the same' if same else 'others'}"] = share(rows, same=same), 0.15
    return found | cases_of_people()


def cases_of_people() -> dict[str, tuple[Measure, float]]:
    """The same where rows depend on each other."""
    found: dict[str, tuple[Measure, float]] = {}
    for kind, rows, alike in itertools.product(
        ("numbers", "2 values", "10 values"), ((800, 400), (4000, 2000)), (0.3, 1.0)
    ):
        name = f"distance, {kind}, {rows[0]} and {rows[1]} rows of people, {alike:g} alike"
        found[name] = distance_of_people(kind, rows, alike), 0.1
    for count in (800, 4000):
        found[f"single feature, {count} rows of people"] = feature_of_people(count), 0.9
        found[f"rank correlation, {count} rows of people"] = correlation_of_people(count), 0.5
    return found


def outcomes(measure: Measure, limit: float, part: float, simulations: int) -> tuple[float, float]:
    """How often it passes and is refused where the truth is so many times the limit."""
    random = np.random.default_rng(17)
    intervals = [measure(random, part).interval for _ in range(simulations)]
    passed, refused = (
        np.mean(side) for side in zip(*((i.high <= limit, i.low > limit) for i in intervals), strict=True)
    )
    return float(passed), float(refused)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--only", nargs="+", default=[""], help="the cases whose name has one of these")
    options = parser.parse_args()
    started, error = time.perf_counter(), (0.05 * 0.95 / options.simulations) ** 0.5
    print(f"{options.simulations} simulations a point; {error:.3f} is the standard error of 0.050")
    print(f"{'':64}  at the limit    half of it  twice")
    print(f"{'':64}  passed refused  passed      refused")
    for name, (measure, limit) in cases().items():
        if not any(part in name for part in options.only):
            continue
        passed, refused = outcomes(measure, limit, 1.0, options.simulations)
        half, _ = outcomes(measure, limit, 0.5, options.simulations)
        _, twice = outcomes(measure, limit, 2.0, options.simulations)
        marked = "  <-- high" if max(passed, refused) > 0.05 + 3 * error else ""
        print(f"{name:64}  {passed:.3f}  {refused:.3f}    {half:.3f}       {twice:.3f}{marked}", flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
