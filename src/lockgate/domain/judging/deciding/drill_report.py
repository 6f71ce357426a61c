"""What became of a plant: the gate meant for it stopped it, it got through, or nobody was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.names import listed


class Fate(StrEnum):
    """``stopped`` and ``passed`` are as they must be; ``off`` says that the gates are not asked for that."""

    STOPPED = "stopped"
    PASSED = "passed"
    OFF = "off"
    THROUGH = "through"
    HELD = "held"
    SPOILED = "spoiled"


RIGHT = frozenset({Fate.STOPPED, Fate.PASSED, Fate.OFF})
PERMITTED = frozenset({Outcome.WAIVED, Outcome.WARNED})


@dataclass(frozen=True)
class Drilled:
    """One plant, the gate meant for it, and what became of it.

    ``outcome`` and ``reason`` are those of the finding that stopped it, or that held back what must pass. A plant is
    ``spoiled`` where it could not be planted, or is not what it says.
    """

    plant: str
    gate: str
    fate: Fate
    message: str
    outcome: Outcome | None = None
    reason: str = ""
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether it went as it must."""
        return self.fate in RIGHT


@dataclass(frozen=True)
class DrillReport:
    """A drill of one candidate's project: ``candidate`` was the champion of all that was planted."""

    candidate: str
    content: Digest
    results: tuple[Drilled, ...]
    schema: Literal["lockgate/drill/1"] = "lockgate/drill/1"

    @property
    def outcome(self) -> Outcome:
        """Passed when all went as they must, undecided where only plants were spoiled, refused otherwise."""
        wrong = {result.fate for result in self.results if not result.right}
        if not self.results or wrong == {Fate.SPOILED}:
            return Outcome.UNDECIDED
        return Outcome.REFUSED if wrong else Outcome.PASSED


MOVED: Final = 3
"""So many rules are told that let a plant pass."""
Rules = frozenset[tuple[str, str]]
"""Rules by gate and name."""


def permitted(findings: Iterable[Finding]) -> Rules:
    """The rules that were passed by a waiver or by a warning alone."""
    return frozenset((found.gate, found.rule) for found in findings if found.outcome in PERMITTED)


def stopped(
    plant: str,
    gate: str,
    reasons: Sequence[str],
    findings: Iterable[Finding],
    without: Rules = frozenset(),
    sound: Sequence[Finding] = (),
) -> Drilled:
    """Whether the gate stopped it for one of the reasons: another one, such as missing evidence, stops all alike.

    ``without`` are the rules that the sound candidate itself passes by permission alone: they show nothing of a plant.
    ``sound`` are the findings on that one: what is found otherwise of the plant, and passes, is what let it through.
    """
    of_gate = [finding for finding in findings if finding.gate == gate]
    every = [finding for finding in of_gate if finding.outcome not in OPENING]
    held = [finding for finding in every if (finding.gate, finding.rule) not in without]
    for finding in held:
        if finding.reason in reasons:
            message = f"{finding.rule}: {finding.message}"
            return Drilled(plant, gate, Fate.STOPPED, message, finding.outcome, finding.reason)
    for finding in every:
        if finding.reason in reasons:
            message = f"the candidate itself passes {finding.rule} by a waiver or a warning alone"
            return Drilled(plant, gate, Fate.OFF, message)
    if held:
        message = f"stopped, yet for {held[0].reason or held[0].rule} and not for {' or '.join(reasons)}: "
        return Drilled(plant, gate, Fate.SPOILED, message + held[0].message, held[0].outcome, held[0].reason)
    return Drilled(plant, gate, Fate.THROUGH, f"the gate {gate} let it pass{_by_which(of_gate, sound)}")


def _by_which(findings: Sequence[Finding], sound: Sequence[Finding]) -> str:
    """The rules that found something else than on the sound candidate, and held it to be within their limits."""
    before = {(finding.gate, finding.rule, finding.message) for finding in sound}
    moved = [each for each in findings if (each.gate, each.rule, each.message) not in before]
    told = listed([f"{each.rule}: {each.message}" for each in moved], "; ", most=MOVED)
    return f": {told}" if told else ": it finds the same as of the candidate itself" if sound else ""


def passed(plant: str, findings: Sequence[Finding]) -> Drilled:
    """Whether every gate let it pass."""
    every = "every gate"
    held = [finding for finding in findings if finding.outcome not in OPENING]
    if not held:
        rules = listed((f"{gate}, {rule}" for gate, rule in sorted(permitted(findings))), "; ")
        return Drilled(plant, every, Fate.PASSED, f"it passed, by permission: {rules}" if rules else "it passed")
    first = held[0]
    message = f"{first.gate}, {first.rule}: {first.message}" + (f" -> {first.remedy}" if first.remedy else "")
    return Drilled(plant, every, Fate.HELD, message, first.outcome, first.reason)
