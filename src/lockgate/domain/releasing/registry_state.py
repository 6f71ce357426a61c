"""What a model registry says, what git says that it should, and where the two differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference

CHALLENGER = "challenger"
CHAMPION = "champion"
REPAIR = "lockgate registry check --repair"
PULL = "git pull, then again; where that commit was given up: lockgate registry check --repair --as-here"


@dataclass(frozen=True)
class Mark:
    """Which release an environment's alias was set for, by which commit, and when that was committed (ISO 8601)."""

    release: str
    commit: str
    committed_at: str


@dataclass(frozen=True)
class VersionState:
    """A model version by its tags, as they stand: anybody may have edited them.

    ``releases`` are the digests that it is tagged with, the one that it was made of first. ``marks`` are the commits by
    which it was pointed at, by environment.
    """

    version: str
    release: str = ""
    content: str = ""
    releases: tuple[str, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    withdrawn: bool = False

    @property
    def ours(self) -> bool:
        """Whether Lockgate's digests stand on it."""
        return bool(self.release or self.content or self.releases)


@dataclass(frozen=True)
class RegistryState:
    """The versions of a model, the oldest first, and its aliases; ``there`` is whether the registry knows the model."""

    versions: tuple[VersionState, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    there: bool = True

    def version(self, number: str) -> VersionState | None:
        """The version of that number."""
        return next((each for each in self.versions if each.version == number), None)

    def holding(self, release: Digest) -> VersionState | None:
        """The first version that is tagged with a release."""
        wanted = str(release)
        return next((each for each in self.versions if wanted in each.releases), None)


@dataclass(frozen=True)
class Follows:
    """An environment that names a release in git, and the aliases that follow it."""

    environment: str
    aliases: tuple[str, ...]
    mark: Mark


@dataclass(frozen=True)
class Wanted:
    """What git says of an environment: the release that it names, or none, and the commit that said so.

    ``unknown`` says why git does not tell here: a file that cannot be read, or a commit that this clone does not have.
    """

    environment: str
    aliases: tuple[str, ...]
    release: ReleaseReference | None
    commit: str = ""
    committed_at: str = ""
    author: str = ""
    unknown: str = ""

    @property
    def follows(self) -> Follows:
        """The same, as it is written on a version."""
        release = "" if self.release is None else str(self.release.release)
        return Follows(self.environment, self.aliases, Mark(release, self.commit, self.committed_at))


class Kind(StrEnum):
    """What differs."""

    VERSION_GONE = "version-gone"
    ALIAS_MOVED = "alias-moved"
    ALIAS_GONE = "alias-gone"
    ALIAS_EXTRA = "alias-extra"
    TAGS_EDITED = "tags-edited"
    ARTEFACTS_CHANGED = "artefacts-changed"
    NOT_TOLD = "not-told"


@dataclass(frozen=True)
class Difference:
    """One difference between registry and git: what it is, in a sentence, and what to do.

    ``undecided`` where it may be this clone that does not know. ``release`` is the one that git, or the bundle, names.
    """

    kind: Kind
    said: str
    outcome: Literal["refused", "undecided"] = "refused"
    environment: str = ""
    alias: str = ""
    version: str = ""
    release: Digest | None = None
    remedy: str = REPAIR


@dataclass(frozen=True)
class RegistryReport:
    """What was compared, and what differs; ``repaired`` was put back just now, and differs no more."""

    name: str
    where: str
    versions: int
    wanted: tuple[Wanted, ...]
    differences: tuple[Difference, ...]
    repaired: tuple[str, ...] = ()
    schema: Literal["lockgate/registry-check/1"] = "lockgate/registry-check/1"


def aliases_of(environment: str, environments: Sequence[str]) -> tuple[str, ...]:
    """The aliases that follow an environment: its name, and ``champion`` for the last in the order of promotion.

    None of the name where it cannot be one: registering sets ``challenger``, and MLflow keeps ``latest`` and ``v1``.
    """
    taken = environment in {CHALLENGER, CHAMPION, "latest"} or (environment[0] == "v" and environment[1:].isdigit())
    own = () if taken else (environment,)
    return (*own, CHAMPION) if environment == environments[-1] else own


def alias_differences(state: RegistryState, wanted: Iterable[Wanted]) -> tuple[Difference, ...]:
    """Where aliases are not at what git names. A release without a version has no alias to speak of."""
    return tuple(
        difference
        for each in wanted
        for alias in each.aliases
        if (difference := _alias(state, each, alias)) is not None
    )


def _alias(state: RegistryState, wanted: Wanted, alias: str) -> Difference | None:
    at = state.aliases.get(alias)
    release = None if wanted.release is None else wanted.release.release
    holding = None if release is None else state.holding(release)
    pointed = None if at is None else state.version(at)
    if pointed is not None and release is not None and str(release) in pointed.releases:
        return None
    if at is None and release is None and not wanted.unknown:
        return None

    def differs(kind: Kind, said: str) -> Difference:
        about = Difference(kind, said, "refused", wanted.environment, alias, at or "", release)
        if not wanted.unknown:
            return about
        said = f"{said}; {wanted.unknown}"
        return replace(about, kind=Kind.NOT_TOLD, said=said, outcome="undecided", remedy=PULL)

    found = f"there is no alias {alias}" if at is None else f"the alias {alias} is at {_told(state, at)}"
    if release is None:
        return differs(Kind.ALIAS_EXTRA, f"{found}, and git names no release for {wanted.environment}")
    named = f"git names {release.short} for {wanted.environment}"
    if holding is None:
        return None if at is None else differs(Kind.ALIAS_MOVED, f"{found}, {named}, of which there is no version")
    kind = Kind.ALIAS_GONE if at is None else Kind.ALIAS_MOVED
    return differs(kind, f"{found}, {named}: version {holding.version}")


def challenger_difference(state: RegistryState) -> Difference | None:
    """The alias that registering sets, where somebody gave it to what is no release."""
    at = state.aliases.get(CHALLENGER)
    version = None if at is None else state.version(at)
    if at is None or (version is not None and version.ours and not version.withdrawn):
        return None
    said = f"the alias {CHALLENGER} is at version {at}, which is no release"
    return Difference(Kind.ALIAS_MOVED, said, alias=CHALLENGER, version=at, remedy="lockgate register")


def gone(state: RegistryState, named: Mapping[Digest, str]) -> tuple[Difference, ...]:
    """The releases that git names or has named, and which no version holds; ``named`` tells of each where."""
    return tuple(
        Difference(
            Kind.VERSION_GONE,
            f"there is no version of {release.short}, which git {where}"
            if state.there
            else f"the registry knows no such model; git {where} {release.short}",
            release=release,
        )
        for release, where in named.items()
        if state.holding(release) is None
    )


def _told(state: RegistryState, number: str) -> str:
    version = state.version(number)
    release = "" if version is None else version.release.rpartition(":")[2][:12]
    return f"version {number}" + (f" ({release})" if release else ", which is no release")
