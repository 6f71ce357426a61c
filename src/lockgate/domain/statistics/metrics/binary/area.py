"""The area under the ROC curve, with DeLong's intervals; ties count half."""

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bounds.ranks import area_under, delong, delong_difference, placements
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import Floats, Sample


def area(name: str) -> Metric:
    """The metric under one of its names."""
    return Metric(
        name,
        lambda sample: area_under(sample.labels, sample.scores),
        interval=lambda sample, _, level: delong(sample.labels, sample.scores, level).interval,
        paired=lambda ours, theirs, level: delong_difference(ours.labels, ours.scores, theirs.scores, level).interval,
        contributions=lambda sample: by_block(area_contributions(sample), sample.blocks),
        of_weights=_of_weights,
    )


def area_contributions(sample: Sample) -> Floats:
    """What each of ``(rows,)`` adds to the area: DeLong's placements, wider where a class has few rows."""
    above, below = placements(sample.labels, sample.scores)
    area, moved = float(above.mean()), np.empty(sample.rows)
    for of, placed in ((sample.labels, above), (~sample.labels, below)):
        moved[of] = (placed - area) * sample.rows / np.sqrt(len(placed) * max(len(placed) - 1, 0.5))
    return area + moved


def _of_weights(sample: Sample) -> OfWeights:
    """The rarer class is summed up in its order, and each row of the other looks up its place there; ties half."""
    rare = bool(sample.labels.sum() * 2 <= sample.rows)
    few, many = np.flatnonzero(sample.labels == rare), np.flatnonzero(sample.labels != rare)
    few = few[np.argsort(sample.scores[few], kind="stable")]
    low, high = (np.searchsorted(sample.scores[few], sample.scores[many], side) for side in ("left", "right"))
    # Rows of the other class that lie between or on the same rows of the rarer one look up one number.
    ends, place = np.unique(low * (len(few) + 1) + high, return_inverse=True)
    low, high = ends // (len(few) + 1), ends % (len(few) + 1)
    first, last = int(many[0]), int(many[-1]) + 1  # rows lie cell by cell, so that a class is one piece

    def area(weights: Floats) -> Floats:
        total = np.zeros((len(weights), len(few) + 1))
        np.cumsum(weights.take(few, axis=1), axis=1, out=total[:, 1:])
        below = ((total.take(low, axis=1) + total.take(high, axis=1)) / 2).take(place, axis=1)
        others = weights[:, first:last]
        won = np.vecdot(others, below) / np.maximum(total[:, -1] * others.sum(axis=1), 1.0)
        return np.asarray(1 - won if rare else won)

    return area
