"""What the files of the stages said in any commit, by their bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lockgate.domain.making.stage_records import Stage


@dataclass(frozen=True)
class Pointed:
    """Data that a file in git names: its path beside that file, its hash, and where it was fetched from.

    ``origin`` is empty where it was added by hand. ``remote`` is the one that it is kept in, where the file says so.
    """

    path: str
    digest: str
    origin: str = ""
    remote: str = ""


class PastStages(Protocol):
    """Reads records of stages and data of before; nothing of what lies here now is asked."""

    def stages(
        self, lock: bytes, definitions: bytes | None, param_file: Callable[[str], bytes | None]
    ) -> Sequence[Stage]:
        """The stages that a lock file records, by the definitions beside it. Raises ``DocumentError``."""

    def tree(self, content: bytes) -> Any:
        """What a file of params holds; ``None`` where it cannot be read."""

    def pointed(self, pointer: bytes) -> Sequence[Pointed]:
        """What a file in git that stands for data names; empty where it is no such file."""

    def remotes(self, settings: bytes) -> tuple[str, Mapping[str, str]]:
        """The default remote, empty where there is none, and the address of each, without a password."""
