"""The project's git repository, through the git command."""

import posixpath
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from lockgate.domain.source import Source
from lockgate.errors import MissingTool, SourceError, ToolError

LOCK = "dvc.lock"
"""What DVC writes while it runs the stages: a result, so a change in it is no change of the source."""


class GitRepository:
    """The repository port on the git command."""

    def __init__(self, root: Path) -> None:
        self._root = root

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
        self._git("commit", "--quiet", "--only", "-m", message, "--", relative)
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
        try:
            commit, committed_at = self._git("log", "-1", "--format=%H%n%cI").split()
        except ToolError as error:
            raise SourceError(
                f"{self._root} is not a git repository with a commit", hint="git init && git add -A && git commit"
            ) from error
        return commit, committed_at

    def _git(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", str(self._root), *arguments],
                check=True,
                capture_output=True,
                text=True,
                errors="backslashreplace",
            )
        except FileNotFoundError as error:
            raise MissingTool("git", "dvc") from error
        except subprocess.CalledProcessError as error:
            raise ToolError(f"git {arguments[0]} failed: {(error.stderr or error.stdout).strip()}") from error
        return done.stdout
