"""The history of the project's repository, through the git command."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from lockgate.adapters.git.command import failed, run_git, text_of
from lockgate.adapters.git.objects import objects_of
from lockgate.ports.project.commit_log import Commit, FileVersion

FORMAT = "%H%x00%an%x00%ae%x00%cI%x00%s"


class GitLog:
    """The commit-log port. Plumbing where there is any: `git log` says what its user wants to see."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = objects_of(root)
        # The way back from a commit is always the same, as far as it is here, and is gone for several questions.
        self._versions = dict[tuple[str, Path, int | None], tuple[FileVersion, ...]]()
        self._ends: Path | None = None

    def shallow(self) -> bool:
        """Whether this clone has only the latest commits."""
        return self._shallow_since() is not None

    def _shallow_since(self) -> int | None:
        """When the file was written that says where the history ends here; ``None``: all of it is here."""
        if self._ends is None and (self._root / ".git/HEAD").is_file():
            self._ends = self._root / ".git/shallow"
        if self._ends is None:  # the repository is above, or elsewhere
            self._ends = self._root / self._text("rev-parse", "--git-path", "shallow").removesuffix("\n")
        try:
            return self._ends.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def branch(self) -> str | None:
        """The branch that is checked out; ``None`` for a detached HEAD."""
        done = run_git(self._root, "symbolic-ref", "--quiet", "--short", "HEAD")
        return text_of(done.stdout).strip() or None

    def committer(self) -> str:
        """Who would commit here; empty where git knows nobody."""
        done = run_git(self._root, "var", "GIT_COMMITTER_IDENT")
        return "" if done.returncode else text_of(done.stdout).rpartition(">")[0] + ">"

    def resolve(self, revision: str) -> str | None:
        """The hash of the commit that a revision names; ``None`` where this clone has none."""
        return self._objects.commit(revision)

    def commit(self, revision: str) -> Commit | None:
        """The commit that a revision names; ``None`` where this clone has none."""
        found = self.resolve(revision)
        return None if found is None else next(iter(self._listed("--max-count=1", found)))

    def is_ancestor(self, commit: str, of: str) -> bool | None:
        """Whether a commit is in the history of another; ``None`` where a shallow clone cannot tell."""
        old, new = self.resolve(commit), self.resolve(of)
        if old is None or new is None:
            return None if new is None or self.shallow() else False
        if old == new or not run_git(self._root, "merge-base", "--is-ancestor", old, new).returncode:
            return True
        return None if self.shallow() else False

    def branches(self, commit: str) -> tuple[str, ...]:
        """The branches, of this clone and of others as they were last fetched, whose history has a commit; in order."""
        found = self.resolve(commit)
        if found is None:
            return ()
        arguments = ("--contains", found, "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes")
        return tuple(name for name in self._text("for-each-ref", *arguments).split() if not name.endswith("/HEAD"))

    def versions(self, path: Path, revision: str = "HEAD") -> tuple[FileVersion, ...]:
        """Every version of a file on the first line of that revision's history, the newest first."""
        if (last := self.resolve(revision)) is None:
            return ()
        asked = last, path, self._shallow_since()
        if asked not in self._versions:
            commits = self._listed("--first-parent", last, "--", posixpath.relpath(path, self._root))
            found = tuple(FileVersion(commit, self._content(commit.hash, path)) for commit in commits)
            self._versions[asked] = found
        return self._versions[asked]

    def message(self, commit: str) -> str | None:
        """The whole message of a commit; ``None`` where it is not here."""
        found = self._objects.find(f"{commit}^{{commit}}")
        if found is None:
            return None
        head, _, body = found.content.partition(b"\n\n")
        if b"\nencoding " not in head:
            return text_of(body)
        # Below the line that names the commit, a line end behind the message.
        said = self._text("rev-list", "--max-count=1", "--format=%B", found.name, "--")
        return said.partition("\n")[2].removesuffix("\n")

    def differing(self, old: str, new: str) -> tuple[str, ...] | None:
        """The paths that two commits have otherwise, from the project; ``None`` where one of them is not here."""
        if self.resolve(old) is None or self.resolve(new) is None:
            return None
        prefix = self._text("rev-parse", "--show-prefix").removesuffix("\n")
        names = self._text("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, "--").split("\0")
        return tuple(sorted(posixpath.relpath(f"/{name}", f"/{prefix}") for name in names if name))

    def content_at(self, revision: str, path: Path) -> bytes | None:
        """That file's bytes in a commit; ``None`` where it has none, or is not here."""
        found = self.resolve(revision)
        return None if found is None else self._content(found, path)

    def _content(self, commit: str, path: Path) -> bytes | None:
        found = self._objects.file(commit, posixpath.relpath(path, self._root))
        return found.content if found and found.kind == "blob" else None

    def files_at(self, revision: str) -> frozenset[str]:
        """The paths of the files of the project's folder in a commit; none where it is not here."""
        found = self.resolve(revision)
        said = self._text("ls-tree", "-r", "-z", "--name-only", found) if found else ""
        return frozenset(filter(None, said.split("\0")))

    def ever(self, folder: Path) -> Iterator[bytes]:
        """Every content that any file of a folder ever had, in any commit of any branch or tag that is here."""
        place = posixpath.relpath(folder, self._root)
        arguments = ("--all", "--objects", "--in-commit-order", "--", place)
        names = {line.partition(" ")[0] for line in self._text("rev-list", *arguments).splitlines() if " " in line}
        found = (self._objects.find(name) for name in sorted(names))
        yield from (each.content for each in found if each and each.kind == "blob")

    def messages(self) -> Iterator[str]:
        """The message of every commit of any branch or tag that is here, and of every tag, with its name."""
        yield from self._text("rev-list", "--all", "--format=%B").split("\ncommit ")
        yield from self._text("for-each-ref", "--format=%(refname)%0a%(contents)%00", "refs/tags").split("\0")

    def commits(self, revision: str, since: str | None = None, *paths: Path) -> tuple[Commit, ...]:
        """The commits of a revision's history that ``since`` does not have, the newest first."""
        places = [posixpath.relpath(path, self._root) for path in paths]
        behind = [] if since is None else [f"^{since}"]
        return tuple(self._listed(revision, *behind, *(["--", *places] if places else [])))

    def _listed(self, *arguments: str) -> Iterator[Commit]:
        said = self._text("rev-list", f"--format={FORMAT}", *arguments)
        return (Commit(*line.split("\0", 4)) for line in said.split("\n") if "\0" in line)

    def _text(self, *arguments: str) -> str:
        return text_of(self._bytes(*arguments))

    def _bytes(self, *arguments: str) -> bytes:
        done = run_git(self._root, *arguments)
        if done.returncode:
            raise failed(arguments[0], done)
        return done.stdout
