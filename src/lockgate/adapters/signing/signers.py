"""Signing by OpenSSF's `model-signing`, with a key file or with a token that never gives its key away (PKCS #11)."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from lockgate.adapters.signing.key_files import password_of, public_of
from lockgate.domain.releasing.bundle_files import SIGNED
from lockgate.domain.releasing.signing.model_signature import parse_signature
from lockgate.errors import DocumentError, SettingsError, ToolError
from lockgate.ports import Files
from lockgate.processes import temporary

TOKEN_HELP = "pkcs11:token=NAME;object=KEY?module-path=/PATH/TO/MODULE.so&pin-source=file:/PATH/TO/PIN"  # noqa: S105
TOKEN_PROCESS = "lockgate.adapters.signing.token_process"  # noqa: S105
TOKEN_SECONDS = 120


class MakesSigner(Protocol):
    """A key that can sign."""

    def sign(self, folder: Path, made: Path) -> None:
        """Write a signature over every file of a bundle but its own to ``made``."""

    def public(self) -> str:
        """Its public half in PEM."""


class PemSigner:
    """A private key in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sign(self, folder: Path, made: Path) -> None:
        """Write a signature to ``made``. Raises ``SettingsError`` for a file that is no private key."""
        self.public()
        sign_with(self._configure, folder, made)

    def _configure(self, config: Any) -> Any:
        try:
            password = password_of(self._path.read_bytes())
            return config.use_elliptic_key_signer(private_key=self._path, password=password)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{self._path}: not a private key", hint="name the private half") from error

    def public(self) -> str:
        """Its public half in PEM."""
        return public_of(self._path)


class TokenSigner:
    """A key on a PKCS #11 token, by its URI (RFC 7512).

    The token's library runs in a process of its own: one that meets other libraries of a process may end it.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def sign(self, folder: Path, made: Path) -> None:
        """Write a signature to ``made``. Raises ``ToolError`` where the token does not answer."""
        self._ask(str(folder), str(made))

    def public(self) -> str:
        """Its public half in PEM."""
        return self._ask()

    def _ask(self, *what: str) -> str:
        """What the process says. The URI may hold a PIN, and no other process may read it in an argument."""
        command = [sys.executable, "-P", "-m", TOKEN_PROCESS, *what]
        try:
            done = subprocess.run(
                command, input=self._uri, capture_output=True, text=True, timeout=TOKEN_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise self._unusable(f"it did not answer within {TOKEN_SECONDS} s") from error
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [f"its library ended with {done.returncode}"])[-1]
            raise self._unusable(said)
        return done.stdout

    def _unusable(self, said: str) -> ToolError:
        """What a token and its library say, with no PIN in it."""
        shown, told = (re.sub(r"(pin-value=)[^&;\s]*", r"\1...", text) for text in (self._uri, said))
        return ToolError(f"the key {shown} cannot be used: {told}", hint=f"its form: {TOKEN_HELP}")


def sign_with(configure: Callable[[Any], Any], folder: Path, made: Path) -> None:
    """Sign every file of a bundle but the signature; ``configure`` tells `model-signing` the key."""
    from model_signing import hashing, signing  # noqa: PLC0415 - half a second

    hashing_config: Any = hashing.Config
    signing_config: Any = signing.Config
    hashed = hashing_config().set_ignored_paths(paths=[SIGNED], ignore_git_paths=False)
    config = configure(signing_config().set_hashing_config(hashed))
    try:
        config.sign(folder, made)
    except ValueError as error:
        raise DocumentError(f"{folder}: cannot be signed: {error}", hint="a release holds plain files only") from error


def sign_bundle(folder: Path, signer: MakesSigner, files: Files) -> None:
    """Sign every file of a bundle but the signature; what is written is read again first."""
    with tempfile.TemporaryDirectory(prefix=temporary.prefix(folder.parent, "signing"), dir=folder.parent) as beside:
        made = Path(beside) / SIGNED
        signer.sign(folder, made)
        content = made.read_bytes()
    parse_signature(content)
    files.write_bytes(folder / SIGNED, content)
