"""Signed tags through the git command."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from lockgate.adapters.git.command import failed, run_git, text_of
from lockgate.adapters.git.objects import objects_of
from lockgate.adapters.git.signatures import PGP_BEGINS, SSH_BEGINS, divided, of_gpg, of_ssh
from lockgate.domain.releasing.approving.approval import Signature, SignatureState, Tag
from lockgate.errors import DocumentError, MissingTool, ToolError
from lockgate.ports.releasing.signed_tags import Signers

TAGS = "refs/tags/"
PROGRAMS = {"gpg.program": "gpg", "gpg.openpgp.program": "gpg", "gpg.ssh.program": "ssh-keygen"}
"""What verifies: the settings of a user's may name something that says yes."""
GPG_CONF = "batch\nno-autostart\nno-auto-key-retrieve\nno-auto-key-import\n"
SIGNING = (
    "which key signs tags: git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub;"
    " or for GPG: git config user.signingKey FINGERPRINT"
)


class GitTags:
    """The signed-tags port on the git command."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = objects_of(root)

    def person(self) -> str:
        """Whom git takes whoever runs it for, by the address."""
        done = run_git(self._root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        if done.returncode:
            raise ToolError(
                "git does not know who tags here",
                hint="git config user.name NAME && git config user.email ADDRESS",
            )
        return text_of(done.stdout).partition("<")[2].partition(">")[0]

    def find(self, prefix: str) -> tuple[Tag, ...]:
        """The tags whose names begin so, each with what its object says."""
        listed = self._text("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", f"{TAGS}{prefix}")
        entries = (line.split(" ") for line in listed.splitlines())
        return tuple(self._read(ref.removeprefix(TAGS), name, kind) for ref, name, kind in entries)

    def _read(self, name: str, found: str, kind: str) -> Tag:
        if kind != "tag":
            return Tag(name, found, annotated=False)
        head, _, body = self._content(found).partition("\n\n")
        said = dict(line.partition(" ")[::2] for line in head.splitlines())
        tagger, _, when = said.get("tagger", "").rpartition("> ")
        kind, target = said.get("type", ""), said.get("object", "")
        return Tag(
            name,
            found,
            annotated=True,
            says=said.get("tag", ""),
            # What is no commit is named as it is, and is not the commit that anybody asks for.
            commit=target if kind == "commit" else f"{kind} {target}",
            tagger=f"{tagger}>",
            tagged_at=when,
            message=divided(body)[0],
        )

    def sign(self, name: str, commit: str, message: str) -> None:
        """Set and sign a new tag, by the git of whoever runs it."""
        options = ("--sign", "--cleanup=verbatim", "--file=-")
        done = run_git(self._root, "tag", *options, "--", name, commit, stdin=message.encode(), foreign=True)
        if done.returncode:
            raise ToolError(failed("tag", done).message, hint=SIGNING)
        made = next(tag for tag in self.find(name) if tag.name == name)
        if not self._divided(made)[1]:  # git 2.39 does so where the file of an SSH key is not there
            self.remove(made)
            words = text_of(done.stderr).strip() or "it says nothing of why"
            raise ToolError(f"git made the tag without a signature, and it was removed: {words}", hint=SIGNING)

    def signature(self, tag: Tag, signers: Signers) -> Signature:
        """What git says of it with these signers alone, in a home of their own."""
        if not tag.annotated:
            return Signature(SignatureState.NONE)
        _, kind = self._divided(tag)
        if kind == SSH_BEGINS:
            return self._ssh(tag, signers)
        return self._gpg(tag, signers) if kind == PGP_BEGINS else Signature(SignatureState.NONE)

    def _divided(self, tag: Tag) -> tuple[str, str]:
        return divided(self._content(tag.object).partition("\n\n")[2])

    def _content(self, name: str) -> str:
        found = self._objects.find(name)
        if found is None:
            raise ToolError(f"git has no tag {name[:12]} any more")
        return text_of(found.content)

    def _ssh(self, tag: Tag, signers: Signers) -> Signature:
        _demand("ssh-keygen", "apt-get install openssh-client")
        with tempfile.TemporaryDirectory(prefix="lockgate-signers-") as folder:
            allowed = Path(folder) / "allowed_signers"
            allowed.write_bytes(signers.allowed)
            done = self._verify(tag, {"gpg.ssh.allowedSignersFile": str(allowed), "gpg.ssh.revocationFile": ""})
        return of_ssh(text_of(done.stdout + done.stderr), passed=not done.returncode)

    def _gpg(self, tag: Tag, signers: Signers) -> Signature:
        _demand("gpg", "apt-get install gpg")
        with tempfile.TemporaryDirectory(prefix="lockgate-keys-") as folder:
            (Path(folder) / "gpg.conf").write_text(GPG_CONF)
            if signers.keys.strip():
                _import(folder, signers.keys)
            done = self._verify(tag, {"gpg.minTrustLevel": "undefined"}, {"GNUPGHOME": folder})
        return of_gpg(text_of(done.stderr), passed=not done.returncode)

    def _verify(
        self, tag: Tag, settings: Mapping[str, str], variables: Mapping[str, str] = MappingProxyType({})
    ) -> "subprocess.CompletedProcess[bytes]":
        """By the object: what has the tag's name may be another one by now."""
        options = [part for key, value in {**PROGRAMS, **settings}.items() for part in ("-c", f"{key}={value}")]
        return run_git(self._root, *options, "verify-tag", "--raw", tag.object, variables=variables)

    def remove(self, tag: Tag) -> None:
        """Remove a tag, if it still is that one."""
        self._text("update-ref", "-d", f"{TAGS}{tag.name}", tag.object)

    def push(self, name: str) -> None:
        """Push a tag to `origin`, and nothing else."""
        ref = f"{TAGS}{name}"
        done = run_git(self._root, "push", "--quiet", "--no-follow-tags", "origin", f"{ref}:{ref}", foreign=True)
        if done.returncode:
            raise failed("push", done)

    def fetch(self, prefix: str) -> tuple[str, ...]:
        """Fetch the tags of `origin` whose names begin so; the names of those that are others here, which stay."""
        done = run_git(self._root, "ls-remote", "--refs", "origin", f"{TAGS}{prefix}*", foreign=True)
        if done.returncode:
            raise failed("ls-remote", done)
        lines = (line.partition("\t") for line in text_of(done.stdout).splitlines())
        there = {ref.removeprefix(TAGS): name for name, _, ref in lines if ref.startswith(f"{TAGS}{prefix}")}
        here = {tag.name: tag.object for tag in self.find(prefix)}
        if new := [f"{TAGS}{name}:{TAGS}{name}" for name in there if name not in here]:
            options = ("--quiet", "--no-tags", "--no-write-fetch-head")
            done = run_git(self._root, "fetch", *options, "origin", *new, foreign=True)
            if done.returncode:
                raise failed("fetch", done)
        return tuple(name for name, found in there.items() if here.get(name, found) != found)

    def _text(self, *arguments: str) -> str:
        return text_of(self._bytes(*arguments))

    def _bytes(self, *arguments: str) -> bytes:
        done = run_git(self._root, *arguments)
        if done.returncode:
            raise failed(arguments[0], done)
        return done.stdout


def _demand(program: str, how: str) -> None:
    if shutil.which(program) is None:
        raise MissingTool(program, hint=how)


def _import(home: str, keys: bytes) -> None:
    command = ["gpg", "--homedir", home, "--batch", "--quiet", "--no-autostart", "--import"]
    done = subprocess.run(command, input=keys, capture_output=True, check=False)
    if done.returncode:
        words = text_of(done.stderr).strip()
        raise DocumentError(
            f"deploy/allowed_keys.asc: gpg cannot read it: {words}", hint="gpg --armor --export ADDRESS ..."
        )
