"""The bad candidates that every project is drilled with, by the gate that is meant to stop them."""

from typing import Final

from lockgate.usecases.judging.drill.plant import Simple
from lockgate.usecases.judging.drill.plants import (
    accuracy,
    calibration,
    data,
    explanation,
    fairness,
    integrity,
    latency,
    parity,
    robustness,
    tests,
)

_OF_GATES: Final[tuple[Simple, ...]] = (
    *tests.PLANTS,
    *integrity.PLANTS,
    *accuracy.PLANTS,
    *parity.PLANTS,
    *data.PLANTS,
    *calibration.PLANTS,
    *fairness.PLANTS,
    *explanation.PLANTS,
    *robustness.PLANTS,
    *latency.PLANTS,
)
PLANTS: Final = tuple(sorted(_OF_GATES, key=lambda plant: plant.place))
"""In the order of `drill.json`."""
