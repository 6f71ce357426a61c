"""What is told while the gates are drilled."""

from dataclasses import dataclass

from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport
from lockgate.usecases.project.events import Event


@dataclass(frozen=True)
class DrillBegan(Event):
    """That candidate is the champion of all that is planted."""

    candidate: str


@dataclass(frozen=True)
class PlantJudged(Event):
    """What became of a plant; ``chosen`` where it was asked for by name."""

    result: Drilled
    chosen: bool = False


@dataclass(frozen=True)
class DrillEnded(Event):
    """What became of all."""

    report: DrillReport
