"""Signing by OpenSSF's `model-signing`, with a key file or with a token that never gives its key away (PKCS #11)."""

import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lockgate.adapters.signing.key_files import password_of, public_of, written
from lockgate.domain.releasing.bundle_files import SIGNED
from lockgate.domain.releasing.signing.model_signature import parse_signature
from lockgate.errors import DocumentError, SettingsError, ToolError
from lockgate.ports import Files
from lockgate.processes import temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = "LOCKGATE_PKCS11_MODULES"
FOLDERS = ("/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib64/pkcs11", "/usr/lib/pkcs11")
TOKEN_HELP = "pkcs11:token=NAME;object=KEY?module-path=/PATH/TO/MODULE.so&pin-source=file:/PATH/TO/PIN"  # noqa: S105


class MakesSigner(Protocol):
    """A key that can sign."""

    def configure(self, config: Any) -> Any:
        """Tell `model-signing` to sign with it."""

    def public(self) -> str:
        """Its public half in PEM."""


class PemSigner:
    """A private key in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def configure(self, config: Any) -> Any:
        """Tell `model-signing` to sign with it. Raises ``SettingsError`` for a file that is no private key."""
        self.public()
        try:
            password = password_of(self._path.read_bytes())
            return config.use_elliptic_key_signer(private_key=self._path, password=password)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{self._path}: not a private key", hint="name the private half") from error

    def public(self) -> str:
        """Its public half in PEM."""
        return public_of(self._path)


class TokenSigner:
    """A key on a PKCS #11 token, by its URI (RFC 7512)."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def configure(self, config: Any) -> Any:
        """Tell `model-signing` to sign with it. Raises ``ToolError`` where the token does not answer."""
        with _token_errors(self._uri):
            return config.use_pkcs11_signer(pkcs11_uri=self._uri, module_paths=_modules())

    def public(self) -> str:
        """Its public half in PEM."""
        from model_signing._signing.sign_pkcs11 import Signer  # noqa: PLC0415 - most keys are files

        with _token_errors(self._uri):
            signer: Any = Signer
            return written(signer(self._uri, _modules()).public_key())


def _modules() -> list[str]:
    return [folder for folder in os.environ.get(MODULES, "").split(os.pathsep) if folder] or [*FOLDERS]


@contextmanager
def _token_errors(uri: str) -> "Iterator[None]":
    """What a token and its library say, with no PIN in it."""
    try:
        yield
    except ImportError as error:
        raise ToolError("PKCS #11 is not installed", hint="pip install 'lockgate[release]'") from error
    except Exception as error:
        shown = re.sub(r"(pin-value=)[^&;]*", r"\1...", uri)
        said = re.sub(r"(pin-value=)[^&;]*", r"\1...", str(error).strip()) or type(error).__name__
        raise ToolError(f"the key {shown} cannot be used: {said}", hint=f"its form: {TOKEN_HELP}") from error


def sign_bundle(folder: Path, signer: MakesSigner, files: Files) -> None:
    """Sign every file of a bundle but the signature; what is written is read again first."""
    from model_signing import hashing, signing  # noqa: PLC0415 - half a second

    hashing_config: Any = hashing.Config
    signing_config: Any = signing.Config
    hashed = hashing_config().set_ignored_paths(paths=[SIGNED], ignore_git_paths=False)
    config = signer.configure(signing_config().set_hashing_config(hashed))
    with tempfile.TemporaryDirectory(prefix=temporary.prefix(folder.parent, "signing"), dir=folder.parent) as beside:
        made = Path(beside) / SIGNED
        try:
            config.sign(folder, made)
        except ValueError as error:
            raise DocumentError(
                f"{folder}: cannot be signed: {error}", hint="a release holds plain files only"
            ) from error
        content = made.read_bytes()
    parse_signature(content)
    files.write_bytes(folder / SIGNED, content)
