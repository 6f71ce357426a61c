"""Plants that no gate sees: what is forged after the verdict, and stopped where releases are opened and approved."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.judging.deciding.drill_report import Drilled, Fate
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.usecases.judging.drill.sandbox import plot_of
from lockgate.usecases.project.project import Project


@dataclass(frozen=True)
class Sound:
    """What a forgery is made of: the candidate of that name with its ``passed`` verdict, which no file holds.

    ``folder`` is empty, and is cleared away afterwards; the project stays as it is.
    """

    project: Project
    name: str
    verdict: Verdict
    folder: Path


@dataclass(frozen=True)
class Forgery:
    """A forgery, what is meant to stop it, and the code of why.

    ``attempt`` forges, and gives the words with which it was refused for that reason; ``None`` where it was taken.
    Raises ``NotAsked`` where nobody could be taken in by it here, and ``LockgateError`` where it is not what it says.
    """

    name: str
    gate: str
    reason: str
    attempt: Callable[[Sound], str | None]


def forged(project: Project, name: str, verdict: Verdict, forgery: Forgery) -> Drilled:
    """What became of a forgery."""
    folder = plot_of(project, forgery.name).layout.root
    with project.store.sandbox(folder):
        said = forgery.attempt(Sound(project, name, verdict, folder))
    if said is None:
        return Drilled(forgery.name, forgery.gate, Fate.THROUGH, f"the {forgery.gate} let it pass")
    return Drilled(forgery.name, forgery.gate, Fate.STOPPED, said, Outcome.REFUSED, forgery.reason)
