"""Plants of the data gate: a leak, and rows that stand in two tables."""

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Columns
from lockgate.domain.statistics.sample import Floats
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SEED = 22
LEAKS = (Reason.LEAKAGE_FEATURE, Reason.NOT_ENOUGH_ROWS)
"""No feature has an area above 1: where the limit is next to it, few rows only leave open that it is broken."""


def leak(bed: Bed) -> Planted:
    """A number that is the label, with a little noise: of several the place of the class, of numbers the target."""
    if not bed.numbers:
        raise bed.without_numbers()
    name = bed.numbers[0]
    return Planted(tables={split: _leaking(bed, table, name) for split, table in _splits(bed).items()})


def _leaking(bed: Bed, table: Columns, name: str) -> Columns:
    told, step = _told(bed, table)
    noise = np.random.default_rng(SEED).uniform(0, 0.9 * step, len(told))
    return {**table, name: (told + noise).astype(np.float32)}


def _told(bed: Bed, table: Columns) -> tuple[Floats, float]:
    """A number for each row that says what is true of it, and how far apart two such numbers are."""
    if bed.task.kind == "binary":
        return bed.positives(table).astype(np.float64), 1.0
    truth = bed.truth(table)
    if bed.task.labelled:
        names = np.array(bed.task.columns)
        return np.asarray((truth.astype(np.str_)[:, None] == names).argmax(axis=1), dtype=np.float64), 1.0
    first = truth.T[0].astype(np.float64)
    return first, 1.0 if truth.dtype.kind == "b" else float(first.std()) / 100


def _splits(bed: Bed) -> dict[str, Columns]:
    return {"training": bed.training, "test": bed.test}


def repeated_rows(bed: Bed) -> Planted:
    """All test rows stand in the training table as well; alone, where a tensor has another size there."""
    if any(bed.training[name].shape[1:] != bed.test[name].shape[1:] for name in bed.training):
        return Planted(tables={"training": bed.test})
    return Planted(
        tables={"training": {name: np.concatenate([bed.training[name], bed.test[name]]) for name in bed.training}}
    )


def known_groups(bed: Bed) -> Planted:
    """Every test row is of a group, such as a person, that stands in training as well."""
    group, policy = bed.tables.group, bed.policy.data
    if group is None:
        raise NotAsked("tables.group names no column of rows that depend on each other")
    if policy is not None and policy.max_shared_groups >= 1:
        raise NotAsked("gates.data.max_shared_groups lets test rows be of any group")
    named = np.resize(np.unique(bed.test[group]), len(bed.training[group]))
    return Planted(tables={"training": {**bed.training, group: named}})


PLANTS = (
    Simple("a feature that leaks the label", "data", LEAKS, leak, place=20),
    Simple(
        "test rows in training",
        "data",
        (Reason.LEAKAGE_DUPLICATES, Reason.LEAKAGE_NEAR_DUPLICATES),
        repeated_rows,
        place=21,
    ),
    Simple("persons that training knows", "data", (Reason.LEAKAGE_GROUPS,), known_groups),
)
