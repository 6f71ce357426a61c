"""The keys of whoever runs this, and signatures of bundles."""

from pathlib import Path
from typing import Protocol

from lockgate.domain.releasing.signing.keys import Keys, TrustedKey


class Keyring(Protocol):
    """Holds the user's own keys, outside every project, and signs with one of them.

    ``LOCKGATE_SIGNING_KEY`` names another one to sign with. Raises ``SettingsError`` for a key that cannot be used,
    and ``ToolError`` where what holds a key does not answer.
    """

    @property
    def where(self) -> str:
        """The folder of the user's own keys, or what the environment names in its place."""

    @property
    def usual_name(self) -> str:
        """What the user's first key is called: of whom and where."""

    def own(self) -> Keys:
        """The user's own public keys, and the one that the environment names: trusted by this user alone."""

    def signing(self) -> TrustedKey | None:
        """The key that ``sign`` would take; ``None`` where there is none yet."""

    def make(self, name: str) -> TrustedKey:
        """Make a key pair of that name. Raises ``SettingsError`` where there is one."""

    def retire(self, name: str) -> None:
        """The user's own key of that name signs nothing more; what it signed stays trusted by this user."""

    def revoke(self, name: str, reason: str) -> None:
        """The user's own key of that name is trusted no more by this user, and its private half is destroyed."""

    def sign(self, folder: Path) -> TrustedKey:
        """Write ``model.sig`` into a bundle, over every other file in it; the key that did.

        The first key is made here where there is none. One that lies there is replaced, whole or not at all.
        """

    def check(self, public: str, message: bytes, signature: bytes) -> bool:
        """Whether the key, in PEM, has signed exactly these bytes."""

    def read_public(self, path: Path) -> str:
        """A public key of a file, in the PEM text that fingerprints are of; of a private key, its public half."""
