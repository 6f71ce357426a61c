"""What became of a change of desired state: a commit, nothing to do, or of a dry run what would be and what refuses."""

from dataclasses import dataclass, replace

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.errors import LockgateError


@dataclass(frozen=True)
class Changed:
    """What an environment names now, and the commit that made it so; no commit where it was so already.

    ``pushed`` is the branch of `origin` that has it. Of a dry run nothing is made: ``message`` is what the commit would
    say, empty where there is nothing to commit, and ``refused`` why it would not be made.
    """

    environment: str
    reference: ReleaseReference
    commit: str | None
    message: str = ""
    pushed: str | None = None
    refused: tuple[str, ...] = ()
    exit_code: int = 0


def refusing(planned: Changed, error: LockgateError) -> Changed:
    """The exit code is that of the first step which refuses, as if it were no dry run."""
    return replace(planned, refused=(*planned.refused, str(error)), exit_code=planned.exit_code or error.exit_code)
