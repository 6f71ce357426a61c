"""What is decided or recorded stands in the latest commit: later, nobody could look up anything else."""

from pathlib import Path

from lockgate.domain.names import listed
from lockgate.domain.project.layout import Layout
from lockgate.errors import SourceError
from lockgate.ports import Repository


def demand_committed(layout: Layout, repository: Repository, why: str, *paths: Path) -> None:
    """Raise ``SourceError``, which begins with ``why``, unless those files are here as in the latest commit."""
    if found := repository.uncommitted(*paths):
        names = listed(path.relative_to(layout.root).as_posix() for path in found)
        raise SourceError(
            f"{why}, and {names} is not as in the latest commit",
            hint="commit or undo the change first; a file that git ignores is no commit's",
        )
