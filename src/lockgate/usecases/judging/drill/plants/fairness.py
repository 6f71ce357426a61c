"""A plant of the fairness gate: a model that was misled about one group."""

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Array
from lockgate.domain.model.slices import Rows, Slice
from lockgate.domain.model.task import Regression
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple


def unfair(bed: Bed) -> Planted:
    """Nobody of one group is positive in the training rows.

    Of another task the rows of the group lose their most frequent class or label, or have larger numbers.
    """
    fairness = bed.policy.fairness
    if fairness is None:
        raise NotAsked("gates.fairness is not set")
    attribute = Slice.parse(fairness.attributes[0])
    part = bed.part(bed.test)
    rates = {
        name: float(part[rows].mean()) for name, rows in attribute.parts(bed.test) if len(rows) >= fairness.min_rows
    }
    group = min(rates, key=lambda name: rates[name], default="")
    return bed.relabelled(_misled(bed, [rows for name, rows in attribute.parts(bed.training) if name == group]))


def _misled(bed: Bed, groups: list[Rows]) -> Array:
    columns = [bed.training[name].copy() for name in bed.tables.truths]
    part = bed.part(bed.training)
    for rows in groups:
        if isinstance(bed.task, Regression):
            columns = [_larger(column, rows) for column in columns]
        elif bed.task.labelled and not part.all():
            columns[0][rows] = columns[0][~part][0]
        elif not bed.task.labelled:
            place = int(bed.usual(bed.truth(bed.training)).argmax())
            columns[place][rows] = np.zeros((), dtype=columns[place].dtype)
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def _larger(column: Array, rows: Rows) -> Array:
    """Twice the spread more in some rows."""
    moved = column.astype(np.float64)
    moved[rows] += 2 * moved.std()
    return moved


PLANTS = (Simple("unfair to one group", "fairness", (Reason.UNFAIR, Reason.LESS_FAIR_THAN_CHAMPION), unfair, place=2),)
