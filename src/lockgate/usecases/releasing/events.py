"""What is told while a release is sealed and registered."""

from dataclasses import dataclass

from lockgate.domain.releasing.release import Release
from lockgate.ports import Registered
from lockgate.usecases.project.events import Event


@dataclass(frozen=True)
class Sealed(Event):
    """A release, and its folder in the project.

    ``uncommitted`` is empty where `dvc.lock`, which tells `dvc gc` what the release was made of, is committed; else it
    names that file, and the one with what the checks measure with where that is not committed either.
    """

    release: Release
    folder: str
    uncommitted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored(Event):
    """The store has the release of that version; ``where`` is the store, ``new`` says that it had it not before."""

    version: str
    where: str
    new: bool


@dataclass(frozen=True)
class ReleaseRegistered(Event):
    """A model version; ``where`` it is, the embedded registry by its path in the project."""

    registered: Registered
    where: str


@dataclass(frozen=True)
class AliasesFollowed(Event):
    """The aliases that follow git were moved: which, to which version; ``where`` the registry is."""

    moved: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class NotFollowed(Event):
    """The registry does not say what git says, and why; the commit counts."""

    why: str


@dataclass(frozen=True)
class NotRepaired(Event):
    """What could not be put back in the registry, and why."""

    why: str
