"""The user's own keys: a folder outside every project, with a file for what each key may do.

``NAME.pem`` is a private key, ``NAME.pub`` a public key that is trusted by this user, ``NAME.revoked`` one that is not,
with the reason below it. A key without a private half signs nothing.
"""

import re
from datetime import UTC, date, datetime
from pathlib import Path

from lockgate.adapters.signing.key_files import make_private, public_of
from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of
from lockgate.errors import SettingsError
from lockgate.ports import Files

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
END = "-----END PUBLIC KEY-----\n"


class OwnKeys:
    """The folder of one user's keys."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self._files = files

    def keys(self) -> Keys:
        """Every key, active, retired and revoked ones. Raises ``SettingsError`` for a file that is no key."""
        found: dict[str, TrustedKey] = {}
        for path in sorted(self._there("*.revoked")):
            key = self._revoked(path)
            found[key.fingerprint.hex] = key
        for path in (*sorted(self._there("*.pem")), *sorted(self._there("*.pub"))):
            key = self._key(path)
            found.setdefault(key.fingerprint.hex, key)
        return Keys(tuple(found.values()))

    def private(self, key: TrustedKey) -> Path:
        """Where its private half lies."""
        return self.folder / f"{key.name}.pem"

    def make(self, name: str) -> TrustedKey:
        """Make a key pair. Raises ``SettingsError`` where there is one of that name."""
        demand_name(name)
        if any(self._there(f"{name}.*")) or not make_private(self.folder / f"{name}.pem"):
            raise SettingsError(f"there is a key {name} in {self.folder}", hint="give the new one another name")
        return self._published(name)

    def first(self, name: str) -> TrustedKey:
        """Make the first key pair; where another process makes it at the same time, it is that one."""
        make_private(self.folder / f"{name}.pem")
        return self._published(name)

    def complete(self, key: TrustedKey) -> None:
        """Write the public half of a private key that was made, and its maker killed before that."""
        if self.private(key).exists() and not (self.folder / f"{key.name}.pub").exists():
            self._published(key.name)

    def _published(self, name: str) -> TrustedKey:
        private = self.folder / f"{name}.pem"
        self._files.write_bytes(self.folder / f"{name}.pub", public_of(private).encode())
        return self._key(private)

    def retire(self, name: str) -> None:
        """It signs no more: its private half is destroyed, and its public half stays."""
        private = self._demand(name)
        self._files.write_bytes(self.folder / f"{name}.pub", public_of(private).encode())
        private.unlink()

    def revoke(self, name: str, reason: str) -> None:
        """It is trusted no more, and its private half is destroyed."""
        source = next(iter([*self._there(f"{name}.pem"), *self._there(f"{name}.pub")]), None) or self._demand(name)
        note = " ".join(reason.split())
        self._files.write_bytes(self.folder / f"{name}.revoked", f"{public_of(source)}{note}\n".encode())
        for ending in ("pem", "pub"):
            (self.folder / f"{name}.{ending}").unlink(missing_ok=True)

    def _demand(self, name: str) -> Path:
        path = self.folder / f"{name}.pem"
        if not path.is_file():
            raise SettingsError(f"you have no private key {name} in {self.folder}", hint="see: lockgate keys list")
        return path

    def _there(self, pattern: str) -> list[Path]:
        return [path for path in self.folder.glob(pattern) if not path.name.startswith(".")]

    def _key(self, path: Path) -> TrustedKey:
        public, private = public_of(path), path.with_suffix(".pem")
        made = _day(path)
        return TrustedKey(path.stem, fingerprint_of(public), public, made, retired=None if private.exists() else made)

    def _revoked(self, path: Path) -> TrustedKey:
        text, end, reason = path.read_text(encoding="utf-8").partition(END)
        public = text + end
        day = _day(path)
        return TrustedKey(path.stem, fingerprint_of(public), public, revoked=day, reason=reason.strip() or "revoked")


def demand_name(name: str) -> None:
    """Raise ``SettingsError`` for a name that is not one of a file and a line."""
    if not NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no name of a key", hint="letters, digits, and _ . @ - between them")


def _day(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
