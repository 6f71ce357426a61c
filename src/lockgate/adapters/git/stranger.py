"""A repository of nobody's, with a key of its own: what somebody would forge approvals with."""

import shutil
import subprocess
from pathlib import Path

from lockgate.adapters.git.command import failed, run_git, text_of
from lockgate.adapters.git.tags import GitTags
from lockgate.errors import MissingTool, ToolError
from lockgate.ports.releasing.signed_tags import Signers

EMAIL = "stranger@example.invalid"
SETTINGS = """\
[user]
	name = A Stranger
	email = {email}
	signingKey = {key}
[gpg]
	format = ssh
[gpg "ssh"]
	program = ssh-keygen
[core]
	hooksPath = /dev/null
[commit]
	gpgSign = false
[tag]
	gpgSign = false
	forceSignAnnotated = false
"""
"""No setting of whoever runs it makes another repository of it."""


class GitStranger(GitTags):
    """The port of a stranger's repository on git and `ssh-keygen`: made in a folder, with a commit and a key."""

    def __init__(self, folder: Path) -> None:
        """Make it. Raises ``MissingTool`` or ``ToolError`` where that cannot be."""
        root, key = folder / "repository", folder / "key"
        super().__init__(root)
        folder.mkdir(parents=True, exist_ok=True)
        _make_key(key)
        _run(folder, "init", "--quiet", "--template=", str(root))
        with (root / ".git/config").open("a", encoding="utf-8") as file:
            file.write(SETTINGS.format(email=EMAIL, key=key))
        _run(root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
        self._key, self._commit = key, _run(root, "rev-parse", "HEAD").strip()
        self._listed = _print(key)

    @property
    def commit(self) -> str:
        """The hash of its commit."""
        return self._commit

    @property
    def signers(self) -> Signers:
        """A line of `allowed_signers` that names its key."""
        return Signers(f"{EMAIL} {self._key.with_suffix('.pub').read_text(encoding='utf-8')}".encode())

    @property
    def fingerprint(self) -> str:
        """That of the key, as git tells it."""
        return self._listed

    def tag(self, name: str, commit: str, message: str) -> None:
        """Set a new annotated tag that nobody signs."""
        options = ("--annotate", "--no-sign", "--cleanup=verbatim", "--file=-")
        _run(self._root, "tag", *options, "--", name, commit, stdin=message.encode())


def _make_key(path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        raise MissingTool("ssh-keygen", hint="apt-get install openssh-client")
    _keygen("-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))


def _print(path: Path) -> str:
    return _keygen("-l", "-f", str(path)).split()[1]


def _keygen(*arguments: str) -> str:
    done = subprocess.run(["ssh-keygen", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise ToolError(f"ssh-keygen failed: {text_of(done.stderr).strip()}")
    return text_of(done.stdout)


def _run(root: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = run_git(root, *arguments, stdin=stdin)
    if done.returncode:
        raise failed(arguments[0], done)
    return text_of(done.stdout)
