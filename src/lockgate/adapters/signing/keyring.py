"""The keyring port: the user's own key files, or the key that the environment names."""

import getpass
import os
import re
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.adapters.signing import key_files
from lockgate.adapters.signing.own_keys import OwnKeys
from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of, first_of
from lockgate.errors import SettingsError
from lockgate.ports import Files

if TYPE_CHECKING:
    from lockgate.adapters.signing.signers import MakesSigner

KEY = "LOCKGATE_SIGNING_KEY"
PKCS11 = "pkcs11:"
SIGSTORE = "sigstore"


def own_folder() -> Path:
    """Where the user's own keys lie, by the XDG base directory specification."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return base / "lockgate" / "keys"


class FileKeyring:
    """The keyring port. `model-signing` is imported where something is signed: it takes half a second."""

    def __init__(self, files: Files, folder: Path | None = None, named: str | None = None) -> None:
        """``named`` is what to sign with in place of what the environment names; empty for the keys of the folder."""
        self._files = files
        self._own = OwnKeys(folder or own_folder(), files)
        self._named = (os.environ.get(KEY, "") if named is None else named).strip()
        if self._named.startswith(SIGSTORE):
            raise SettingsError(
                f"{KEY}={self._named}: releases are signed by keys, not by identities of Sigstore",
                hint="name a file with a private key, or a pkcs11: URI; see docs/keys.md",
            )

    @property
    def where(self) -> str:
        """The folder of the user's own keys, or what the environment names in its place."""
        return f"{KEY}={_without_pin(self._named)}" if self._named else str(self._own.folder)

    @property
    def usual_name(self) -> str:
        """What the user's first key is called: of whom and where."""
        return default_name()

    def own(self) -> Keys:
        """The user's own public keys, and the one that the environment names."""
        keys = self._own.keys()
        named = self.signing() if self._named else None
        return keys if named is None or keys.of(named.fingerprint) else keys.with_key(named)

    def signing(self) -> TrustedKey | None:
        """The key that ``sign`` would take; ``None`` where there is none yet."""
        if not self._named:
            return first_of(self._own.keys().keys)
        public = self._signer().public() if self._named.startswith(PKCS11) else self.read_public(Path(self._named))
        name = _token(self._named) if self._named.startswith(PKCS11) else Path(self._named).stem
        return TrustedKey(name, fingerprint_of(public), public, datetime.now(UTC).date())

    def make(self, name: str) -> TrustedKey:
        """Make a key pair of that name."""
        return self._own.make(name)

    def retire(self, name: str) -> None:
        """The user's own key of that name signs nothing more."""
        self._own.retire(name)

    def revoke(self, name: str, reason: str) -> None:
        """The user's own key of that name is trusted no more by this user."""
        self._own.revoke(name, reason)

    def sign(self, folder: Path) -> TrustedKey:
        """Write ``model.sig`` into a bundle, over every other file in it; the key that did."""
        key = self.signing() or self._own.first(default_name())
        if not self._named:
            self._own.complete(key)
        from lockgate.adapters.signing.signers import sign_bundle  # noqa: PLC0415 - it takes half a second

        sign_bundle(folder, self._signer(key), self._files)
        return key

    def check(self, public: str, message: bytes, signature: bytes) -> bool:
        """Whether the key, in PEM, has signed exactly these bytes."""
        return key_files.check(public, message, signature)

    def read_public(self, path: Path) -> str:
        """A public key of a file, in the PEM text that fingerprints are of."""
        return key_files.public_of(path)

    def _signer(self, key: TrustedKey | None = None) -> "MakesSigner":
        from lockgate.adapters.signing.signers import PemSigner, TokenSigner  # noqa: PLC0415 - it takes half a second

        if self._named.startswith(PKCS11):
            return TokenSigner(self._named)
        if self._named:
            return PemSigner(Path(self._named))
        if key is None:
            raise SettingsError("there is no key to sign with", hint="lockgate keys make")
        private = self._own.private(key)
        key_files.demand_private(private)
        return PemSigner(private)


def default_name() -> str:
    """The name of a first key: of whom and where, as `ssh-keygen` names one."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = f"user-{os.getuid()}"
    return re.sub(r"[^A-Za-z0-9_.@-]+", "-", f"{user}@{socket.gethostname()}").strip("-.@")[:64] or "first"


def _token(uri: str) -> str:
    found = re.search(r"[:;]object=([^;?]*)", uri) or re.search(r"[:;]token=([^;?]*)", uri)
    return found[1] if found and found[1] else "pkcs11"


def _without_pin(uri: str) -> str:
    return re.sub(r"(pin-value=)[^&;]*", r"\1...", uri)
