"""Somebody whom no commit names, for the drill: with keys and a repository of git that are made and thrown away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lockgate.ports.releasing.keyring import Keyring
from lockgate.ports.releasing.signed_tags import SignedTags, Signers


class StrangersRepository(SignedTags, Protocol):
    """A repository of git with one commit, in which the stranger tags; ``sign`` signs with the stranger's key."""

    @property
    def commit(self) -> str:
        """The hash of its commit."""

    @property
    def signers(self) -> Signers:
        """What would make the stranger somebody who may approve."""

    @property
    def fingerprint(self) -> str:
        """That of the key, as git tells it."""

    def tag(self, name: str, commit: str, message: str) -> None:
        """Set a new annotated tag that nobody signs."""


@dataclass(frozen=True)
class Stranger:
    """Both are made at the call. Raises ``MissingTool`` where what makes one is not installed."""

    keyring: Callable[[], Keyring]
    repository: Callable[[], StrangersRepository]
