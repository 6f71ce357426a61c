"""The registry follows git: an alias for each environment, after the commit that points it elsewhere."""

from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.registry_state import RegistryState, Wanted, alias_differences
from lockgate.domain.releasing.release import Release, no_release
from lockgate.errors import DocumentError, LockgateError
from lockgate.ports import Registry
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import read_release
from lockgate.usecases.releasing.events import AliasesFollowed, NotFollowed
from lockgate.usecases.releasing.registry_by_git import as_far_as_known, by_git


def follow_git(instruments: Instruments, tell: Tell) -> bool:
    """Set the aliases of all environments to what the commit here names, and tell which; whether they are so now.

    Running it again changes nothing. It raises nothing that a server, a disk or a tool does: the commit counts, and
    what was not done is told, with what does it. Where nothing was ever registered there is nothing to do.
    """
    try:
        if not instruments.tracking_store().begun():
            return True
        project, registry, log = instruments.project(), instruments.registry(), instruments.commit_log()
        state = registry.state(project.settings.model)
        wanted = as_far_as_known(by_git(project, log), state, log)
        moved = tuple(alias for each in wanted for alias in _follow(instruments, registry, state, each))
        if moved:
            tell(AliasesFollowed(moved, registry.where()))
        left = alias_differences(registry.state(project.settings.model), wanted)
    except LockgateError as error:
        tell(NotFollowed(error.message))
        return False
    if left:
        tell(NotFollowed(left[0].said))
    return not left


def _follow(instruments: Instruments, registry: Registry, state: RegistryState, wanted: Wanted) -> tuple[str, ...]:
    """The aliases that were moved."""
    name = instruments.project().settings.model
    differing = tuple(each.alias for each in alias_differences(state, (wanted,)))
    if wanted.unknown:
        return ()
    if wanted.release is None:
        for alias in differing:
            registry.remove_alias(name, alias)
        return tuple(f"{alias} removed" for alias in differing)
    version = version_of(instruments, registry, state, wanted)
    if version is None:
        return ()
    held = state.version(version)
    marked = held is not None and held.marks.get(wanted.environment) == wanted.follows.mark
    aliases = tuple(alias for alias in wanted.aliases if state.aliases.get(alias) != version)
    if aliases or not marked:
        registry.follow(name, version, wanted.follows)
    return tuple(f"{alias} at version {version}" for alias in aliases)


def version_of(instruments: Instruments, registry: Registry, state: RegistryState, wanted: Wanted) -> str | None:
    """The version of the release that is named; one that was never registered is, where it can be had."""
    reference = wanted.release
    if reference is None:
        return None
    pointed = state.version(state.aliases.get(wanted.environment, ""))
    if pointed is not None and str(reference.release) in pointed.releases:
        return pointed.version
    if (held := state.holding(reference.release)) is not None:
        return held.version
    found = release_named(instruments, reference)
    return None if found is None else registry.register(*found, challenger=False).version


def release_named(instruments: Instruments, reference: ReleaseReference) -> tuple[Release, Path] | None:
    """A release that git names or has named, and its folder, from here or from the store; ``None``: neither has it.

    Git has decided: whose key has signed it, and whether that key is trusted still, is not asked again. Raises
    ``DocumentError`` for one that is damaged in both places.
    """
    project, digest = instruments.project(), reference.release
    try:
        return _read(project, digest)
    except DocumentError:
        with project.files.staging(project.layout.build) as staged:
            if not instruments.release_store().fetch(digest, staged / digest.short):
                return None
            project.releases.put(digest, staged / digest.short)
        return _read(project, digest)


def _read(project: Project, digest: Digest) -> tuple[Release, Path]:
    folder = project.releases.open(digest.short)
    release = None if folder is None else read_release(project, folder)
    if folder is None or release is None or release.digest != digest:
        raise no_release(digest.short)
    return release, folder
