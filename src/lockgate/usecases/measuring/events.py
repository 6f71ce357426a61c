"""What is told while evidence is collected: each document as soon as there is one, or why there is none."""

from dataclasses import dataclass

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.usecases.project.events import Event


@dataclass(frozen=True)
class OwnTestsRan(Event):
    """The project's own tests."""

    evidence: TestsEvidence


@dataclass(frozen=True)
class NothingToAsk(Event):
    """The environment has no champion, or it was asked today's rows before."""

    environment: str


@dataclass(frozen=True)
class ChampionAsked(Event):
    """What the environment's champion answers to today's rows."""

    environment: str
    evidence: AccuracyEvidence


@dataclass(frozen=True)
class ChampionUnasked(Event):
    """The champion cannot be had, or does not take today's rows: the gate says what that means."""

    environment: str
    why: str
    release: str = ""


@dataclass(frozen=True)
class AnchorUntold(Event):
    """It cannot be told which champion was the best on today's rows: the gate says what that means."""

    environment: str
    why: str


@dataclass(frozen=True)
class AnchorAsked(Event):
    """What a champion of before answers to today's rows: the environment's anchor, or a release that may be it."""

    environment: str
    release: str
    evidence: AccuracyEvidence


@dataclass(frozen=True)
class Timed(Event):
    """The time of a candidate, and of the champion where there is one."""

    evidence: LatencyEvidence


@dataclass(frozen=True)
class Untimed(Event):
    """No time could be taken: the gate says what that means."""

    why: str


@dataclass(frozen=True)
class DataMeasured(Event):
    """The three tables."""

    evidence: DataEvidence


@dataclass(frozen=True)
class AccuracyMeasured(Event):
    """The answers to the held-out rows, and what a reader of the metrics has to know of them."""

    evidence: AccuracyEvidence
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParityMeasured(Event):
    """The export beside the trained model."""

    evidence: ParityEvidence


@dataclass(frozen=True)
class Explained(Event):
    """What each column means to the model."""

    evidence: ExplanationEvidence


@dataclass(frozen=True)
class Probed(Event):
    """What the model answers to rows with one column altered."""

    evidence: RobustnessEvidence


@dataclass(frozen=True)
class ReferenceFitted(Event):
    """The model that explains itself, and the seconds that it took."""

    evidence: ReferenceEvidence
    seconds: float


@dataclass(frozen=True)
class OthersMeasured(Event):
    """A document of a gate that somebody else makes."""

    document: str
