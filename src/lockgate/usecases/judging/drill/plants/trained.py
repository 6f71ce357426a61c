"""Plants that are trained anew by the project's own plug-in, on rows that mislead it."""

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.model.slices import Slice
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SEED = 20
WORSE = (Reason.BELOW_FLOOR, Reason.WORSE_THAN_CHAMPION)
TWIN_SHARE = 0.98


def shuffled_labels(bed: Bed) -> Planted:
    """The labels of all training rows in another order."""
    return Planted(training=_with_labels(bed, _shuffled(bed.training[bed.tables.label])))


def twin(bed: Bed) -> Planted:
    """No harm at all: the same training on nearly all of the rows, in another order."""
    rows = len(bed.training[bed.tables.label])
    chosen = np.random.default_rng(SEED).permutation(rows)[: round(TWIN_SHARE * rows)]
    return Planted(training={name: values[chosen] for name, values in bed.training.items()})


def unfair(bed: Bed) -> Planted:
    """Nobody of one group is positive in the training rows."""
    fairness = bed.policy.fairness
    if fairness is None:
        raise NotAsked("gates.fairness is not set")
    attribute = Slice.parse(fairness.attributes[0])
    positives = bed.positives(bed.test)
    rates = {
        name: float(positives[rows].mean())
        for name, rows in attribute.parts(bed.test)
        if len(rows) >= fairness.min_rows
    }
    group = min(rates, key=lambda name: rates[name], default="")
    labels = bed.training[bed.tables.label].copy()
    negative = labels[~bed.positives(bed.training)]
    for name, rows in attribute.parts(bed.training):
        if name == group and len(negative):
            labels[rows] = negative[0]
    return Planted(training=_with_labels(bed, labels))


def _with_labels(bed: Bed, labels: Array) -> Columns:
    return {**bed.training, bed.tables.label: labels}


def _shuffled(labels: Array) -> Array:
    return labels[np.random.default_rng(SEED).permutation(len(labels))]


PLANTS = (
    Simple("shuffled labels", "accuracy", WORSE, shuffled_labels),
    Simple("unfair to one group", "fairness", (Reason.UNFAIR, Reason.LESS_FAIR_THAN_CHAMPION), unfair),
)
