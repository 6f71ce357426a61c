"""Tags that people sign, by git itself."""

from dataclasses import dataclass
from typing import Protocol

from lockgate.domain.releasing.approving.approval import Signature, Tag


@dataclass(frozen=True)
class Signers:
    """Whose keys are known: SSH's `allowed_signers`, and GPG keys in armour; empty where there are none."""

    allowed: bytes = b""
    keys: bytes = b""


class SignedTags(Protocol):
    """The tags of the project's repository. Signing and hooks are git's, with the settings of whoever runs it."""

    def person(self) -> str:
        """Who tags here, by the address that git has; Raises ``ToolError`` where git has none."""

    def find(self, prefix: str) -> tuple[Tag, ...]:
        """The tags whose names begin so, as they are here, in order."""

    def sign(self, name: str, commit: str, message: str) -> None:
        """Set and sign a new tag. Raises ``ToolError`` with git's words; there is no tag then."""

    def signature(self, tag: Tag, signers: Signers) -> Signature:
        """What git says of a tag's signature by these signers alone: the keys of whoever runs it count for nothing.

        Raises ``MissingTool`` where what verifies it is not installed.
        """

    def remove(self, tag: Tag) -> None:
        """Remove a tag, if it still is that one."""

    def push(self, name: str) -> None:
        """Push a tag to `origin`. Raises ``ToolError`` where `origin` has another one of that name."""

    def fetch(self, prefix: str) -> tuple[str, ...]:
        """Fetch the tags of `origin` whose names begin so; the names of those that are others here, which stay."""
