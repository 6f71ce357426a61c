"""Rows of every task, made by chance: with ties, rare classes, and classes that are never answered."""

import numpy as np

from lockgate.domain.statistics.sample import ClassSample, LabelSample, ValueSample


def classes(rows, seed, *, width=4, noise=0.0, digits=9, rare=0.0, unanswered=None):
    """With ``noise`` another model on the same rows; ``rare`` is the share of the last class, 0 for equal shares."""
    random, own = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    shares = np.full(width, 1 / width)
    if rare:
        shares = np.append(np.full(width - 1, (1 - rare) / (width - 1)), rare)
    truth = random.choice(width, rows, p=shares)
    truth[:width] = np.arange(width)
    signal = random.normal(size=(rows, width)) + 1.5 * np.eye(width)[truth] + noise * own.normal(size=(rows, width))
    if unanswered is not None:
        signal[:, unanswered] = -20
    scores = np.exp(signal) / np.exp(signal).sum(axis=1, keepdims=True)
    predicted = scores.argmax(axis=1)
    scores = np.round(scores, digits)
    return ClassSample(
        truth, predicted, scores, tuple("abcdefghijkl"[:width]) if width < 12 else tuple(map(str, range(width)))
    )


def labels(rows, seed, *, width=3, noise=0.0, digits=9):
    random, own = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    truth = random.random((rows, width)) < np.linspace(0.5, 0.15, width)
    truth[0], truth[1] = True, False
    signal = random.normal(size=truth.shape) + 2 * truth - 1 + noise * own.normal(size=truth.shape)
    scores = np.round(1 / (1 + np.exp(-signal)), digits)
    return LabelSample(truth, scores > 0.5, scores, tuple("abcdefgh"[:width]))


def values(rows, seed, *, width=2, noise=0.0, tail=None):
    """Positive numbers; ``tail`` are the degrees of freedom of Student's distribution that the errors have."""
    random, own = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    told = random.normal(size=(rows, width)) + 10
    errors = random.normal(size=told.shape) if tail is None else random.standard_t(tail, told.shape)
    given = told + noise * own.normal(size=told.shape)
    return ValueSample(told + 0.5 * errors, given, ("a", "b", "c")[:width], naive=np.full(told.shape, 10.0))
