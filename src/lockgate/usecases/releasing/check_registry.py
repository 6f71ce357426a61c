"""``lockgate registry check``: whether the registry says what git says, and with ``--repair`` making it so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.releasing.registry_state import (
    CHALLENGER,
    Difference,
    Kind,
    RegistryState,
    VersionState,
    Wanted,
    alias_differences,
    challenger_difference,
    gone,
)
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import DocumentError, GateClosed
from lockgate.ports import CommitLog, Registry
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import read_release
from lockgate.usecases.releasing.registry_by_git import ByGit, as_far_as_known, by_git


@dataclass(frozen=True)
class Compared:
    """What a registry says, with what its tags should say, and every difference from git."""

    state: RegistryState
    by: ByGit
    wanted: tuple[Wanted, ...]
    differences: tuple[Difference, ...]
    manifests: dict[str, Manifest]


class Comparison:
    """Compares the registry of a project with its git history."""

    def __init__(self, project: Project, registry: Registry, log: CommitLog, *, every: bool, as_here: bool) -> None:
        self._project = project
        self._registry = registry
        self._log = log
        self._every = every
        self._as_here = as_here
        self._name = project.settings.model

    def compare(self) -> Compared:
        """Everything that differs: tags, artefacts, versions, aliases."""
        by = by_git(self._project, self._log)
        tagged = self._registry.state(self._name)
        wanted = by.wanted if self._as_here else as_far_as_known(by, tagged, self._log)
        manifests: dict[str, Manifest] = {}
        found: list[Difference] = []
        versions = tuple(self._held(version, found, manifests) for version in tagged.versions)
        state = replace(tagged, versions=versions)
        spoiled = {each.version for each in found if each.kind is Kind.ARTEFACTS_CHANGED}
        for version, digest in self._looked_into(state, wanted):
            if version not in spoiled and (said := self._artefacts(version, digest)):
                found.append(Difference(Kind.ARTEFACTS_CHANGED, said, version=version, release=digest))
        found += gone(state, by.told())
        found += alias_differences(state, wanted)
        challenger = challenger_difference(state)
        return Compared(state, by, wanted, (*found, *([challenger] if challenger else [])), manifests)

    def _held(self, version: VersionState, found: list[Difference], manifests: dict[str, Manifest]) -> VersionState:
        """The version with the digests of the bundle that it was made of, whatever its tags say."""
        if version.withdrawn:
            return version
        number = version.version
        manifest = self._registry.manifest(self._name, number)
        if manifest is None:
            if version.ours:
                said = f"version {number}: its bundle is gone, or cannot be read"
                found.append(Difference(Kind.ARTEFACTS_CHANGED, said, version=number, release=_digest(version.release)))
            return version
        release, content = str(manifest.release), str(manifest.content)
        if (version.release, version.content) == (release, content):
            return version
        with self._project.files.staging(self._project.layout.build) as staged:
            if said := self._bundle(number, manifest.release, staged / "bundle"):
                named = _digest(version.release)
                found.append(Difference(Kind.ARTEFACTS_CHANGED, said, version=number, release=named))
                return version
        manifests[number] = manifest
        tags = f"is tagged {_short(version.release)} with the content {_short(version.content)}"
        said = f"version {number} {tags}; its bundle is {manifest.release.short}, {manifest.content.short}"
        found.append(Difference(Kind.TAGS_EDITED, said, version=number, release=manifest.release))
        later = tuple(each for each in version.releases if each not in {version.release, release})
        return replace(version, release=release, content=content, releases=(release, *later))

    def _looked_into(self, state: RegistryState, wanted: tuple[Wanted, ...]) -> Iterator[tuple[str, Digest]]:
        """The versions whose bytes are read, each with the release that it should be."""
        named = [each.release.release for each in wanted if each.release is not None]
        held = [(version, digest) for digest in named if (version := state.holding(digest)) is not None]
        rest = state.versions if self._every else [state.version(state.aliases.get(CHALLENGER, ""))]
        held += [(each, digest) for each in rest if each is not None and (digest := _digest(each.release)) is not None]
        yield from dict.fromkeys((version.version, digest) for version, digest in held)

    def _artefacts(self, version: str, digest: Digest) -> str:
        """What is wrong with the artefacts of a version; empty where nothing is."""
        with self._project.files.staging(self._project.layout.build) as staged:
            bundle = staged / "bundle"
            if said := self._bundle(version, digest, bundle):
                return said
            served = self._registry.serves(self._name, version, bundle / MODEL)
        return f"version {version}: {served}" if served else ""

    def _bundle(self, version: str, digest: Digest, into: Path) -> str:
        where = f"version {version}"
        if not self._registry.bundle(self._name, version, digest, into):
            return f"{where}: its bundle is gone"
        try:
            release = read_release(self._project, into)
        except (DocumentError, GateClosed) as error:
            return f"{where}: {error.message}"
        return "" if release.digest == digest else f"{where}: its bundle is {release.version}, not {digest.short}"


def compared(instruments: Instruments, *, every: bool, as_here: bool) -> Compared:
    """Compare once."""
    project, log = instruments.project(), instruments.commit_log()
    return Comparison(project, instruments.registry(), log, every=every, as_here=as_here).compare()


def _digest(text: str) -> Digest | None:
    try:
        return Digest.parse(text)
    except ValueError:
        return None


def _short(text: str) -> str:
    digest = _digest(text)
    return digest.short if digest else repr(text)
