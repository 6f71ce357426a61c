"""Plants of the data gate: a leak, and rows that stand in two tables."""

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Columns
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SEED = 22
LEAKS = (Reason.LEAKAGE_FEATURE, Reason.NOT_ENOUGH_ROWS)
"""No feature has an area above 1: where the limit is next to it, few rows only leave open that it is broken."""


def leak(bed: Bed) -> Planted:
    """A number that is the label, with a little noise."""
    if not bed.numbers:
        raise NotAsked("the model takes no numbers")
    name = bed.numbers[0]
    return Planted(tables={split: _leaking(bed, table, name) for split, table in _splits(bed).items()})


def _leaking(bed: Bed, table: Columns, name: str) -> Columns:
    label = bed.positives(table)
    noise = np.random.default_rng(SEED).uniform(0, 0.9, len(label))
    return {**table, name: (label + noise).astype(np.float32)}


def _splits(bed: Bed) -> dict[str, Columns]:
    return {"training": bed.training, "test": bed.test}


def repeated_rows(bed: Bed) -> Planted:
    """All test rows stand in the training table as well."""
    return Planted(
        tables={"training": {name: np.concatenate([bed.training[name], bed.test[name]]) for name in bed.training}}
    )


PLANTS = (
    Simple("a feature that leaks the label", "data", LEAKS, leak, place=20),
    Simple(
        "test rows in training",
        "data",
        (Reason.LEAKAGE_DUPLICATES, Reason.LEAKAGE_NEAR_DUPLICATES),
        repeated_rows,
        place=21,
    ),
)
