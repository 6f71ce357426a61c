"""Key files in PEM: a private key of an elliptic curve, and its public half."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from lockgate.errors import SettingsError
from lockgate.processes import temporary

HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
"""The curves that are taken, and what each is used with: those of `model-signing`."""
PASSWORD: Final = "LOCKGATE_SIGNING_PASSWORD"  # noqa: S105 - its name
OPENSSL: Final = "an elliptic-curve key in PEM: lockgate keys make, or openssl ecparam -genkey -name prime256v1"


def check(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the key has signed exactly these bytes."""
    key = load_pem_public_key(public.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in HASHES:
        return False
    try:
        key.verify(signature, message, ec.ECDSA(HASHES[key.curve.name]))
    except InvalidSignature:
        return False
    return True


def public_of(path: Path) -> str:
    """The public key of a file, be it a public or a private one, in PEM. Raises ``SettingsError``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: no key can be read: {error.strerror}", hint=OPENSSL) from error
    try:
        key = _loaded(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        locked = b"ENCRYPTED" in content
        hint = f"its password is read from {PASSWORD}" if locked else OPENSSL
        raise SettingsError(f"{path}: no key can be read", hint=hint) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in HASHES:
        raise SettingsError(f"{path}: not a key of a curve that is taken: {', '.join(HASHES)}", hint=OPENSSL)
    return written(key)


def _loaded(content: bytes) -> object:
    if b"PRIVATE KEY" not in content:
        return load_pem_public_key(content)
    return load_pem_private_key(content, password_of(content)).public_key()


def password_of(content: bytes) -> bytes | None:
    """What the environment says to unlock a private key with; ``None`` for one that is not locked."""
    told = os.environ.get(PASSWORD, "")
    return told.encode() if told and b"ENCRYPTED" in content else None


def written(key: ec.EllipticCurvePublicKey) -> str:
    """The one written form of a public key."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def make_private(path: Path) -> bool:
    """Write a new private key, for its owner alone; ``False`` where a file is there already, which stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, name = tempfile.mkstemp(prefix=temporary.prefix(path.parent, path.name), dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            # Two that make a key at the same time end with one.
            os.link(name, path)
            return True
    finally:
        Path(name).unlink(missing_ok=True)
    return False


def demand_private(path: Path) -> None:
    """Raise ``SettingsError`` where others may read the file."""
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path}: others may read this private key", hint=f"chmod 600 {path}; or make another one")
