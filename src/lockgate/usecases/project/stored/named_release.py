"""The release that somebody names: it lies here, or is had from the store."""

from pathlib import Path

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import Release
from lockgate.errors import DocumentError
from lockgate.usecases.project.champions import committed_champion
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import fetch_release, latest_release, open_release
from lockgate.usecases.project.stored.elsewhere import elsewhere


def named_release(instruments: Instruments, version: str | None) -> tuple[Release, Path]:
    """The release of that version, verified, and its folder; by default that of the latest verdict.

    An environment names its champion, as the latest commit has it. One that was made in another clone is fetched from
    the store, by the start of its digest too. Raises ``DocumentError`` where neither has it.
    """
    project = instruments.project()
    if version in project.settings.environments:
        return _champion(instruments, project.settings.environment(version))
    try:
        return latest_release(project, version)
    except DocumentError as error:
        start = (version or "").rpartition(":")[2].lower()
        if not start:
            raise
        missing = error
    store = instruments.release_store()
    found = [each.digest for each in store.releases() if each.digest.hex.startswith(start)]
    if len(found) != 1:
        several = f"{len(found)} releases that are called so" if found else "none that is called so"
        raise DocumentError(missing.message, hint=f"{missing.hint}; the store {store.where} has {several}") from missing
    reference = ReleaseReference(project.settings.model, found[0], found[0])
    folder = fetch_release(project, reference, elsewhere(instruments))
    return open_release(project, folder), folder


def _champion(instruments: Instruments, environment: str) -> tuple[Release, Path]:
    project = instruments.project()
    named = committed_champion(project, environment, instruments.repository())
    if named is None:
        raise DocumentError(f"{environment} names no release yet", hint=f"lockgate promote {environment}")
    folder = fetch_release(project, named, elsewhere(instruments))
    return open_release(project, folder), folder
