"""The release that somebody names: it lies here, or is had from the store."""

from pathlib import Path

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import Release
from lockgate.errors import DocumentError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import fetch_release, latest_release, open_release
from lockgate.usecases.project.stored.elsewhere import elsewhere


def named_release(instruments: Instruments, version: str | None) -> tuple[Release, Path]:
    """The release of that version, verified, and its folder; by default that of the latest verdict.

    One that was made in another clone is fetched from the store by the start of its digest. Raises ``DocumentError``
    where neither has it.
    """
    project = instruments.project()
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
