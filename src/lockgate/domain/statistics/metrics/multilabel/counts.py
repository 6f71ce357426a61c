"""Metrics of which labels are answered, over all labels or row by row."""

from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import block_places, summed
from lockgate.domain.statistics.metrics.class_counts import OF_CLASS, Counts, OfClass, averages
from lockgate.domain.statistics.metrics.metric import Metric, Span
from lockgate.domain.statistics.metrics.of_means import Means, of_means
from lockgate.domain.statistics.sample import Floats, LabelSample, Places

MULTILABEL: Final = "multilabel"


class ManyLabels:
    """Every row has any number of labels and is answered any number."""

    task = MULTILABEL

    def units(self, sample: LabelSample) -> tuple[Counts, Places]:
        """Every row is one unit; with blocks each block is."""
        counts = self.weighted_units(sample)
        if sample.blocks is None:
            return counts, np.arange(sample.rows)
        count = block_places(sample.blocks)[1]
        parts = (counts.hits, counts.answered, counts.true, counts.rows)
        return Counts(*(summed(part, sample.blocks) for part in parts)), np.arange(count)

    def weighted_units(self, sample: LabelSample) -> Counts:
        """Every row a unit."""
        hits = (sample.truth & sample.predicted).astype(np.float64)
        return Counts(hits, sample.predicted.astype(np.float64), sample.truth.astype(np.float64), np.ones(sample.rows))

    def unseen(self, sample: LabelSample) -> Counts:
        """For each label a row that has it and no other: right, and missed; and one without any that is answered so."""
        own, none = np.eye(len(sample.names)), np.zeros((len(sample.names),) * 2)
        return Counts(
            np.concatenate([own, none, none]),
            np.concatenate([own, none, own]),
            np.concatenate([own, own, none]),
            np.ones(3 * len(own)),
        )

    def alike(self, sample: LabelSample) -> Places:
        """A number for each set of true labels with a set of answered ones."""
        packed = np.packbits(np.concatenate([sample.truth, sample.predicted], axis=1), axis=1)
        return np.unique(packed, axis=0, return_inverse=True)[1].reshape(-1)


def _ends(ours: LabelSample, theirs: LabelSample | None) -> Span:  # noqa: ARG001 - one form for all
    """Of a share of a row, or of the difference of two."""
    return (0.0, 1.0) if theirs is None else (-1.0, 1.0)


def _by_row(name: str, of: OfClass) -> Metric:
    def of_rows(sample: LabelSample) -> Floats:
        hits = (sample.truth & sample.predicted).sum(axis=1)
        return of(hits, sample.predicted.sum(axis=1), sample.truth.sum(axis=1))[:, None]

    return of_means(f"{name}_samples", Means(of_rows), MULTILABEL, extremes=_ends)


def _wrong(sample: LabelSample) -> Floats:
    return np.asarray((sample.truth ^ sample.predicted).mean(axis=1, keepdims=True))


COUNTED: Final[tuple[Metric, ...]] = (
    of_means("hamming_loss", Means(_wrong), MULTILABEL, higher_is_better=False, extremes=_ends),
    *averages(ManyLabels()),
    *(_by_row(name, of) for name, of in OF_CLASS.items()),
)
"""Those of labels as they were answered."""
