"""A plant of the fairness gate: a model that was misled about one group."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.slices import Slice
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple


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
    return bed.relabelled(labels)


PLANTS = (Simple("unfair to one group", "fairness", (Reason.UNFAIR, Reason.LESS_FAIR_THAN_CHAMPION), unfair, place=2),)
