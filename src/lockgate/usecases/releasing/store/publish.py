"""A release goes where everybody finds it: to the store. It is released when it is there."""

from pathlib import Path

from lockgate.domain.releasing.release import Release
from lockgate.errors import DiskFault, ToolError
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.events import Stored


def publish(instruments: Instruments, release: Release, folder: Path, tell: Tell) -> None:
    """Put the release that lies in a folder into the store, and tell where that is.

    Where the store does not take it, that is raised with what is here: the folder keeps it, and running again puts it.
    """
    store = instruments.release_store()
    try:
        new = store.put(release.digest, folder)
    except (ToolError, DiskFault) as error:
        root = instruments.project().layout.root
        where = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)
        said = f"release {release.version} is sealed in {where} and not in the store: {error.message}"
        hint = f"nothing is lost. {error.hint}; then: lockgate release, or lockgate store put {release.version}"
        raise type(error)(said, hint=hint) from error
    tell(Stored(release.version, store.where, new=new))
