"""Two models' answers to simulated rows of every task, of which the first is the worse, and what they are worth."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, ValueSample

Random = np.random.Generator
BLOCKED = 2_000
"""Rows of samples in blocks."""
MANY = 100_000
"""Rows by which the truth is told where it is not known exactly."""


@dataclass(frozen=True)
class Grouped:
    """Answers, and the group of each row."""

    sample: AnySample
    groups: np.ndarray


Pair = tuple[AnySample, AnySample] | tuple[Grouped, Grouped]
Make = Callable[[Random, int], Pair]


def shares(width: int, rare: float) -> np.ndarray:
    """Of classes: the last tenth of them, or the last, has this share each."""
    few = max(width // 10, 1) if rare else 0
    return np.concatenate([np.full(width - few, (1 - few * rare) / (width - few)), np.full(few, rare)])


def classes(width: int, rare: float, near: float = 3.0) -> Make:
    """Scores are the softmax of a signal with noise of the model's own: ours has a bit more."""

    def make(random: Random, rows: int) -> Pair:
        truth = random.choice(width, rows, p=shares(width, rare))
        signal = random.standard_normal((rows, width), dtype=np.float32)
        signal[np.arange(rows), truth] += near
        found = []
        for noise in (0.6, 0.4):
            told = random.standard_normal((rows, width), dtype=np.float32)
            told *= noise
            told += signal
            told -= told.max(axis=1, keepdims=True)
            told *= 2
            scores = np.exp(told, out=told).astype(np.float64)
            scores /= scores.sum(axis=1, keepdims=True)
            found.append(ClassSample(truth, scores.argmax(axis=1), scores, tuple(map(str, range(width)))))
        return tuple(found)

    return make


def labels(width: int) -> Make:
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


def numbers(tail: float, ours: float = 0.6, theirs: float = 0.4, targets: int = 1) -> Make:
    """Errors of Student's distribution that nobody can tell, and noise of the model's own."""
    names = tuple("yzx"[:targets])

    def make(random: Random, rows: int) -> Pair:
        told = 10 + 2 * random.normal(size=(rows, targets))
        truth = told + random.standard_t(tail, told.shape)
        naive = np.full_like(told, 10.0)
        return tuple(
            ValueSample(truth, told + noise * random.normal(size=told.shape), names, naive=naive)
            for noise in (ours, theirs)
        )

    return make


def exactly(tail: float, ours: float = 0.6, theirs: float = 0.4) -> Callable[[str], tuple[float, float] | None]:
    """What ``numbers`` are worth, by integration; a skill is against the mean, whose loss is known as well."""
    from scipy import integrate, stats

    def loss(spread: float) -> float:
        """The mean size of Student's error and a normal one of that spread."""

        def folded(e: float) -> float:
            normal = spread * np.sqrt(2 / np.pi) * np.exp(-((e / spread) ** 2) / 2)
            return normal + e * (1 - 2 * stats.norm.cdf(-e / spread))

        return 2 * integrate.quad(lambda e: folded(e) * stats.t.pdf(e, tail), 0, np.inf, limit=500)[0]

    unknown = tail / (tail - 2)
    known = {
        "mean_absolute_error": loss,
        "mean_pinball_loss": lambda noise: loss(noise) / 2,
        "root_mean_squared_error": lambda noise: np.sqrt(unknown + noise**2),
        "mean_squared_error": lambda noise: unknown + noise**2,
        "r2": lambda noise: 1 - (unknown + noise**2) / (unknown + 4),
        "explained_variance": lambda noise: 1 - (unknown + noise**2) / (unknown + 4),
        "mae_skill": lambda noise: 1 - loss(noise) / loss(2.0),
        "rmse_skill": lambda noise: 1 - np.sqrt((unknown + noise**2) / (unknown + 4)),
    }

    def truths(metric: str) -> tuple[float, float] | None:
        of = known.get(metric)
        return None if of is None else (float(of(ours)), float(of(theirs)))

    return truths


def skewed(random: Random, rows: int) -> Pair:
    """Prices: positive, skewed, with errors in proportion."""
    told = np.exp(random.normal(size=(rows, 1)))
    truth = told * np.exp(0.3 * random.normal(size=told.shape))
    naive = np.full_like(told, np.exp(0.5 + 0.3**2 / 2))
    return tuple(
        ValueSample(truth, told * np.exp(noise * random.normal(size=told.shape)), ("y",), naive=naive)
        for noise in (0.3, 0.2)
    )


def quantiles(random: Random, rows: int) -> Pair:
    """Quantiles that lie too near to the middle: the outer ones cover 0.92 and 0.90 in place of 0.95."""
    told = 10 + 2 * random.normal(size=(rows, 1))
    truth = told + random.normal(size=told.shape)
    found = []
    for reach in (1.2816, 1.4051):
        at = told + reach * np.array([[-1.0, 0.0, 1.0]]) + 0.1
        found.append(ValueSample(truth, at[:, 1:2], ("y",), (0.05, 0.5, 0.95), at))
    return tuple(found)


def in_groups(make: Make, count: int) -> Make:
    """Rows of groups, of which the last is treated worse, by ours more than by theirs."""

    def made(random: Random, rows: int) -> Pair:
        groups = random.integers(0, count, rows)
        names = np.array(list("abcdefghij"), dtype=object)[groups]
        last, chance = groups == count - 1, random.random(rows)
        return tuple(
            Grouped(harmed(each, last, chance, harm), names)
            for each, harm in zip(make(random, rows), (0.15, 0.10), strict=True)
        )

    return made


def harmed(sample: AnySample, where: np.ndarray, chance: np.ndarray, harm: float) -> AnySample:
    """In some rows so many answers are of the next class, labels are missed, and numbers are too large."""
    if isinstance(sample, ValueSample):
        return replace(sample, values=sample.values + 4 * harm * where[:, None])
    moved = where & (chance < harm)
    if isinstance(sample, LabelSample):
        return replace(sample, predicted=sample.predicted & ~moved[:, None])
    return replace(sample, predicted=np.where(moved, (sample.predicted + 1) % len(sample.names), sample.predicted))


def in_blocks(count: int, make: Make, spread: float, *, whole: bool = False) -> Make:
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


def moved(answers: AnySample | Grouped, blocks: np.ndarray, luck: np.ndarray, chance: np.ndarray) -> AnySample:
    """Numbers by the luck of the block, or some answers to that of the next class."""
    if isinstance(answers, Grouped):
        return replace(answers, sample=moved(answers.sample, blocks, luck, chance))
    sample = answers
    if isinstance(sample, ValueSample):
        at = None if sample.at is None else sample.at + luck[:, None]
        return replace(sample, values=sample.values + luck[:, None], at=at, blocks=blocks)
    wrong = chance < 1 / (1 + np.exp(2 - 2 * luck))
    if isinstance(sample, LabelSample):
        return replace(sample, predicted=sample.predicted ^ wrong[:, None], blocks=blocks)
    predicted = np.where(wrong, (sample.truth + 1) % len(sample.names), sample.predicted)
    return replace(sample, predicted=predicted, blocks=blocks)
