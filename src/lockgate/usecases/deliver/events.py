"""What a delivery tells of itself; what happens at its stations is told in their own events."""

from dataclasses import dataclass
from enum import StrEnum

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.usecases.project.events import Event


class Station(StrEnum):
    """Where a delivery is."""

    RUN = "run"
    TESTS = "tests"
    CHAMPION = "champion"
    SELECT = "select"
    LATENCY = "latency"
    GATE = "gate"
    RELEASE = "release"
    PACKAGE = "package"
    SERVE = "serve"
    REGISTER = "register"


class Why(StrEnum):
    """Why nothing was done at a station."""

    OFF = "the policy does not ask for it"
    DONE = "done before, on the same things"
    NO_CHAMPION = "there is nobody to ask, or it was asked before"


@dataclass(frozen=True)
class Began(Event):
    """A delivery of that model; ``candidate`` is empty where the best one is delivered."""

    model: str
    candidate: str


@dataclass(frozen=True)
class Uncommitted(Event):
    """What differs from the commit, before anything has looked at it.

    ``altered`` are files that git has, ``unknown`` are files that it does not have, and ``own`` are those among them
    that this process writes its lines to.
    """

    altered: tuple[str, ...]
    unknown: tuple[str, ...]
    own: tuple[str, ...]


@dataclass(frozen=True)
class MethodsUnnamed(Event):
    """The line that `dvc.yaml` lacks for a stage to run again when something measures otherwise."""

    edit: str


@dataclass(frozen=True)
class Reached(Event):
    """A station begins."""

    station: Station


@dataclass(frozen=True)
class Skipped(Event):
    """Nothing is to be done at a station."""

    station: Station
    why: Why


@dataclass(frozen=True)
class Judged(Event):
    """The verdict; ``page`` tells all of it, or a command that does. ``policy`` is the file that it was tried by.

    ``unread`` are pages that commits changed since, and that neither tests nor stages have read.
    """

    verdict: Verdict
    page: str
    policy: str = ""
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class NothingReleased(Event):
    """The gate stays closed."""


@dataclass(frozen=True)
class ServedAlready(Event):
    """The environment's champion has this very content, as the release of that version."""

    environment: str
    version: str


@dataclass(frozen=True)
class Delivered(Event):
    """Where everything is now, by its path in the project, and what comes next.

    ``registry`` is an embedded one, ``promotable`` the first environment that does not serve this content; both are
    empty where there is none.
    """

    build: str
    version: str
    candidate: str
    registry: str
    promotable: str
