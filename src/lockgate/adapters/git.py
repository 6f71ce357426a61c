"""The project's git repository, through the git command."""

import os
import posixpath
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from lockgate.domain.health import Part, State
from lockgate.domain.source import Source
from lockgate.errors import MissingTool, SourceError, ToolError

LOCK = "dvc.lock"
"""What DVC writes while it runs the stages: a result, so a change in it is no change of the source."""

NO_GIT = "apt-get install git, or the package of your system"
NO_REPOSITORY = "git init && git add -A && git commit"
NO_COMMIT = "git add -A && git commit"

SETTINGS = {
    "color.ui": "false",
    "core.fsmonitor": "false",  # a program that is asked which files were altered
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
}
"""What users and machines may have set otherwise. Identity, hooks and signing are theirs, and stay."""

ELSEWHERE = (
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables that make another repository of the folder's own, or other files of those that are named: git sets the
first ones in a hook."""


class GitRepository:
    """The repository port on the git command."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def head(self) -> str:
        """The latest commit. Raises ``SourceError``, with git's own words, where git has none for this folder."""
        return self._head()[0]

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""
        commit, committed_at = self._head()
        status = self._git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
        changed = self._from_here(entry[3:] for entry in status.split("\0") if entry) | self._overlooked()
        return Source(commit, committed_at, tuple(sorted(changed - {LOCK})))

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""
        return path.exists() and not self.uncommitted(path)

    def uncommitted(self, *paths: Path) -> tuple[Path, ...]:
        """Those of the files that are not here as in the latest commit: altered, added or gone, ignored ones too.

        Contents are compared, and not what the index says: `git update-index --assume-unchanged` hides a change from
        `git status`. Either the bytes here or what git would make of them are the committed ones: where line ends are
        converted, a file may have been committed unconverted. A link is never as committed: what it leads to may be
        another file tomorrow.
        """
        names = {path: path.relative_to(self._root).as_posix() for path in paths}
        here = [name for path, name in names.items() if path.is_file()]
        entries = self._git("ls-tree", "-z", "HEAD", "--", *names.values()).split("\0")
        committed = {name: about.split()[2] for about, _, name in (entry.partition("\t") for entry in entries) if name}
        converted, plain = self._hashes(here), self._hashes(here, "--no-filters")
        return tuple(
            path for path, name in names.items() if committed.get(name) not in {converted.get(name), plain.get(name)}
        )

    def commit(self, path: Path, message: str) -> str:
        """Commit that one file and nothing else; the new commit's hash."""
        relative = str(path.relative_to(self._root))
        self._git("add", "--", relative)
        self._git("commit", "--quiet", "--only", "--cleanup=whitespace", "-m", message, "--", relative)
        return self._git("rev-parse", "HEAD").strip()

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""
        self._git("checkout", "--quiet", "HEAD", "--", str(path.relative_to(self._root)))

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""
        self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")

    def _from_here(self, names: Iterable[str]) -> set[str]:
        """Names as seen from the project, given those from the top of the repository: it may lie in a folder there."""
        prefix = self._git("rev-parse", "--show-prefix").removesuffix("\n")
        return {
            name.removeprefix(prefix) if name.startswith(prefix) else posixpath.relpath(f"/{name}", f"/{prefix}")
            for name in names
        }

    def _overlooked(self) -> set[str]:
        """Altered files that `git status` does not show, because the index was told to overlook them.

        One that is not here is not altered: a sparse checkout leaves files out.
        """
        listed = (entry.partition(" ") for entry in self._git("ls-files", "-v", "-z", "--", ":/").split("\0"))
        names = [name for tag, _, name in listed if tag == "S" or tag.islower()]
        here = [path for path in map(self._root.joinpath, names) if path.exists()]
        return {path.relative_to(self._root).as_posix() for path in self.uncommitted(*here)} if here else set()

    def _hashes(self, names: Sequence[str], *how: str) -> dict[str, str]:
        return dict(zip(names, self._git("hash-object", *how, "--", *names).split(), strict=True))

    def _head(self) -> tuple[str, str]:
        """The commit and the committer's date, by plumbing: `git log` says what the user wants to see."""
        prefix = self._run("rev-parse", "--show-prefix")
        if prefix.returncode:
            found = any((folder / ".git").exists() for folder in (self._root, *self._root.parents))
            raise SourceError(f"git refuses {self._root}: {prefix.stderr.strip()}", hint="" if found else NO_REPOSITORY)
        if self._run("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            raise SourceError(f"the git repository of {self._root} has no commit yet", hint=NO_COMMIT)
        _, commit, committed_at = self._git("rev-list", "--max-count=1", "--format=%cI", "HEAD").split()
        # Newer versions of git write Z.
        return commit, committed_at.removesuffix("Z") + "+00:00" * committed_at.endswith("Z")

    def _git(self, *arguments: str) -> str:
        """What a command of git says. Raises ``ToolError`` with git's own words."""
        done = self._run(*arguments)
        if done.returncode:
            raise ToolError(f"git {arguments[0]} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return run_git(self._root, *arguments)


def run_git(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run git in a form that no setting of a user, of a machine or of a calling hook changes.

    Raises ``MissingTool`` where there is no git.
    """
    settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    command = ["git", "-C", str(root), "--no-pager", "--no-replace-objects", *settings, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    try:
        return subprocess.run(
            command,
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except FileNotFoundError as error:
        raise MissingTool("git", hint=NO_GIT) from error
    except OSError as error:
        raise ToolError(f"git cannot be run: {error.strerror}", hint=NO_GIT) from error


def probe(root: Path) -> Sequence[Part]:
    """The program, a repository with a commit, and a name to commit a promotion with."""
    repository = GitRepository(root)
    try:
        version = run_git(root, "--version").stdout.strip().removeprefix("git version ")
    except MissingTool as error:
        return [Part("git", State.MISSING, "no git on the PATH", error.hint)]
    try:
        repository.head()
    except SourceError as error:
        return [Part("git", State.WRONG, f"{version}; {error.message}", error.hint)]
    # An address that git makes up from the machine's name is nobody's.
    if run_git(root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT").returncode:
        remedy = "git config user.name NAME && git config user.email ADDRESS"
        return [Part("git", State.WRONG, f"{version}; nobody to commit a promotion as", remedy, optional=True)]
    return [Part("git", State.THERE, version)]
