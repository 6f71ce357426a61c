"""What is told while candidates are made and compete."""

from dataclasses import dataclass

from lockgate.domain.making.selection import Selection
from lockgate.ports import StageReport
from lockgate.usecases.project.events import Event


@dataclass(frozen=True)
class StageSaid(Event):
    """A line of a stage's own, or about the data; files by their paths in the project."""

    line: str


@dataclass(frozen=True)
class StageEnded(Event):
    """A stage ran, was restored, was left as it is, or failed."""

    stage: StageReport


@dataclass(frozen=True)
class NothingRan(Event):
    """No stage had a reason to run."""


@dataclass(frozen=True)
class CandidateOut(Event):
    """A stage of that candidate failed, and the others go on without it."""

    candidate: str
    stage: str


@dataclass(frozen=True)
class Competed(Event):
    """How the candidates compete, and where the picture of it lies, where one was drawn."""

    selection: Selection
    picture: str = ""


@dataclass(frozen=True)
class NamedByHand(Event):
    """The candidate that goes to the gates without a competition."""

    candidate: str
