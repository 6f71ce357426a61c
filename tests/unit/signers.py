"""Persons with keys of their own: real ones, of `ssh-keygen` and `gpg`."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from builders import git


class Person:
    """Somebody who commits, and signs with an SSH key: the address in git is the one in `allowed_signers`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.email, self.key = name, f"{name.lower()}@example.org", folder / name.lower()
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.email, "-f", str(self.key)]
        subprocess.run(command, check=True, capture_output=True)

    @property
    def public(self) -> str:
        return " ".join(self.key.with_suffix(".pub").read_text().split()[:2])

    @property
    def allowed(self) -> str:
        """A line of `allowed_signers`."""
        return f"{self.email} {self.public}\n"

    def at(self, root: Path) -> None:
        """Whoever runs git there is this person from now on."""
        git(root, "config", "user.name", self.name)
        git(root, "config", "user.email", self.email)
        git(root, "config", "gpg.format", "ssh")
        git(root, "config", "user.signingKey", str(self.key))


class GpgPerson:
    """The same with a GPG key, in a home of its own."""

    def __init__(self, home: Path, name: str) -> None:
        self.name, self.email, self.home = name, f"{name.lower()}@example.org", home
        self._gpg("--passphrase", "", "--quick-generate-key", f"{name} <{self.email}>", "ed25519", "sign", "never")
        listed = self._gpg("--with-colons", "--list-keys").decode().splitlines()
        self.fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
        self.public = self._gpg("--armor", "--export").decode()

    def revoked(self) -> str:
        """The public key as it is after its owner revoked it; the one here stays."""
        other = self.home / "other"
        other.mkdir(mode=0o700)
        certificate = next((self.home / "openpgp-revocs.d").glob("*.rev")).read_text().replace(":-----", "-----")
        for content in (self.public, certificate):
            self._gpg("--homedir", str(other), "--import", stdin=content)
        return self._gpg("--homedir", str(other), "--armor", "--export").decode()

    def at(self, root: Path) -> None:
        git(root, "config", "user.name", self.name)
        git(root, "config", "user.email", self.email)
        git(root, "config", "gpg.format", "openpgp")
        git(root, "config", "user.signingKey", self.fingerprint)

    def _gpg(self, *arguments: str, stdin: str = "") -> bytes:
        environment = {**os.environ, "GNUPGHOME": str(self.home)}
        command = ["gpg", "--batch", "--quiet", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, input=stdin.encode(), env=environment)
        return done.stdout


@contextmanager
def gpg_person(name: str):
    """One, until the block ends: its agent ends with it. Sockets want a short path."""
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    try:
        yield GpgPerson(home, name)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
