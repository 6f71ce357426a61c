"""What git says of the project: the latest commit, and what here differs from it."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lockgate.adapters.git.blobs import is_blob
from lockgate.adapters.git.command import failed, run_git, text_of
from lockgate.adapters.git.commit_dates import committed_at
from lockgate.adapters.git.objects import objects_of
from lockgate.domain.source import RESULTS, Source
from lockgate.errors import SourceError

if TYPE_CHECKING:
    import subprocess

GITLINK = "160000"
"""The mode of a submodule."""

NO_REPOSITORY = "git init && git add -A && git commit"
NO_COMMIT = "git add -A && git commit"


class GitHistory:
    """The questions of the repository port; they change nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = objects_of(root)
        self._prefixed: str | None = None

    def head(self) -> str:
        """The latest commit. Raises ``SourceError``, with git's own words, where git has none for this folder."""
        return self._head()[0]

    def source(self) -> Source:
        """The commit, and what differs from it, in submodules too. Raises ``SourceError`` where there is no commit."""
        return self.source_and_untracked()[0]

    def untracked(self) -> tuple[str, ...]:
        """The files that git neither has nor ignores, in submodules too."""
        return _untracked(self._changes())

    def source_and_untracked(self) -> tuple[Source, tuple[str, ...]]:
        """Both, as of one moment."""
        commit, committed_at = self._head()
        changes = self._changes()
        return Source(commit, committed_at, tuple(sorted({*changes} - RESULTS))), _untracked(changes)

    def plain_files(self) -> frozenset[str]:
        """The files that the latest commit has in the project's folder, without links and submodules."""
        entries = self._git("ls-tree", "-r", "-z", "HEAD").split("\0")
        return frozenset(name for about, _, name in (entry.partition("\t") for entry in entries) if about[:3] == "100")

    def read_when_asked(self) -> tuple[Path, ...]:
        """Files of git's own that whoever asks it anything here reads: which commit is checked out, and settings."""
        names = (self._git("rev-parse", "--git-path", name).removesuffix("\n") for name in ("HEAD", "config"))
        return tuple(self._root / name for name in names)

    def _changes(self) -> dict[str, str]:
        """Every path that is not as in the latest commit, with git's two letters on how."""
        # What is set for submodules may hide changes in them.
        options = ("--untracked-files=all", "--no-renames", "--ignore-submodules=none")
        status = self._git("status", "--porcelain=v1", "-z", *options).split("\0")
        found = {name: entry[:2] for entry in status if entry for name in self._from_here([entry[3:]])}
        overlooked, modules = self._index()
        for module, commit in modules.items():
            inner = GitHistory(self._root / module)
            inside = inner._changes()
            if inside and inner.head() == commit:
                found.pop(module, None)
            found |= {posixpath.normpath(f"{module}/{name}"): state for name, state in inside.items()}
        # One that is not here is not altered: a sparse checkout leaves files out.
        here = [path for path in map(self._root.joinpath, overlooked) if path.exists()]
        return found | {self._name(path): " M" for path in self.uncommitted(*here)}

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
        names = {path: name for path in paths if self._holds(name := self._name(path))}
        same = self._as_committed([*names.values()]) if names else set()
        return tuple(
            path
            for path in paths
            if not (name := names.get(path, "")) or (name not in same and not self._in_a_submodule(path, name))
        )

    def _as_committed(self, names: Sequence[str]) -> set[str]:
        """Those of the files that are as in the latest commit, or neither there nor here."""
        head = self.head()
        found = {name: self._objects.file(head, name) for name in names}
        committed = {name: each.name for name, each in found.items() if each}
        here = {name for name in names if (self._root / name).is_file()}
        compared = sorted(here & committed.keys())
        same = {name for name in compared if is_blob(self._root / name, committed[name])}
        # Most files are committed as they are: git is asked about the others alone.
        rest = [name for name in compared if name not in same]
        converted = self._git("hash-object", "--", *rest).split() if rest else []
        same |= {name for name, blob in zip(rest, converted, strict=True) if committed[name] == blob}
        return same | ({*names} - here - committed.keys())

    def _holds(self, name: str) -> bool:
        """Whether a path from the project is one in the repository at all."""
        return not _above(name) or not _above(posixpath.normpath(f"{self._prefix()}{name}"))

    def _in_a_submodule(self, path: Path, name: str) -> bool:
        """Whether the commit has a submodule there, at the commit that it is at here, which has the file.

        A repository that was added as it lay there is none: `.gitmodules` does not say where clones get it.
        """
        above = [str(folder) for folder in PurePosixPath(name).parents if folder.name]
        entries = self._git("ls-tree", "-z", "HEAD", "--", *above).split("\0") if above else []
        for mode, _, commit, module in (entry.replace("\t", " ", 1).split(" ", 3) for entry in entries if entry):
            if mode == GITLINK and (self._root / module / ".git").exists():
                inner = GitHistory(self._root / module)
                top = posixpath.normpath(f"{self._prefix()}{module}")
                return top in self._submodules() and inner.head() == commit and not inner.uncommitted(path)
        return False

    def _submodules(self) -> frozenset[str]:
        """The paths, from the top of the repository, of the submodules that the latest commit names."""
        asked = self._run("config", "--blob=HEAD:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$")
        return frozenset(entry.partition("\n")[2] for entry in text_of(asked.stdout).split("\0") if entry)

    def content(self, path: Path) -> bytes | None:
        """That file's bytes in the latest commit; ``None`` where it has no such file."""
        found = self._objects.file(self.head(), self._name(path))
        return found.content if found and found.kind == "blob" else None

    def changed_since(self, commit: str) -> tuple[str, ...] | None:
        """The paths that differ between that commit and the latest one; ``None`` where that commit is not here."""
        old, new = self._objects.commit(commit), self.head()
        if old is None:
            return None
        if old == new:
            return ()
        differing = self._git("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new).split("\0")
        return tuple(sorted(self._from_here(filter(None, differing)) - RESULTS))

    def _from_here(self, names: Iterable[str]) -> set[str]:
        """Names as seen from the project, given those from the top of the repository: it may lie in a folder there."""
        if not (names := tuple(names)):
            return set()
        prefix = self._prefix()
        return {
            name.removeprefix(prefix) if name.startswith(prefix) else posixpath.relpath(f"/{name}", f"/{prefix}")
            for name in names
        }

    def _prefix(self) -> str:
        """The project's folder in the repository: empty, or with a slash behind it."""
        if self._prefixed is None:
            self._prefixed = self._git("rev-parse", "--show-prefix").removesuffix("\n")
        return self._prefixed

    def _name(self, path: Path) -> str:
        return posixpath.relpath(path, self._root)

    def _index(self) -> tuple[list[str], dict[str, str]]:
        """The files that the index was told to overlook, so that `git status` is silent on them; and submodules that
        are checked out, with the commit that each should be at."""
        overlooked, modules = list[str](), dict[str, str]()
        for entry in self._git("ls-files", "-v", "--stage", "-z", "--", ":/").split("\0"):
            about, _, name = entry.partition("\t")
            tag, mode, commit, _ = about.split() if name else ("", "", "", "")
            if tag == "S" or tag.islower():
                overlooked.append(name)
            if mode == GITLINK and (self._root / name / ".git").exists():
                modules[name] = commit
        return overlooked, modules

    def _head(self) -> tuple[str, str]:
        """The commit and the committer's date."""
        found = self._objects.find("HEAD^{commit}")
        return (found.name, committed_at(found.content) or self._asked_head()[1]) if found else self._asked_head()

    def _asked_head(self) -> tuple[str, str]:
        """The same, by plumbing: `git log` says what the user wants to see."""
        asked = self._run("rev-list", "--max-count=1", "--format=%cI", "HEAD", "--")
        if asked.returncode:
            self._demand_repository()
            if self._run("rev-parse", "--verify", "--quiet", "HEAD").returncode:
                raise SourceError(f"the git repository of {self._root} has no commit yet", hint=NO_COMMIT)
            raise failed("rev-list", asked)
        _, commit, committed_at = text_of(asked.stdout).split()
        # Newer versions of git write Z.
        return commit, committed_at.removesuffix("Z") + "+00:00" * committed_at.endswith("Z")

    def _demand_repository(self) -> None:
        """Raise ``SourceError`` where git refuses this folder; its own words say why, and what to do."""
        asked = self._run("rev-parse", "--show-prefix")
        if not asked.returncode:
            return
        said, *remedy = filter(None, map(str.strip, text_of(asked.stderr).splitlines()))
        if not any((folder / ".git").exists() for folder in (self._root, *self._root.parents)):
            remedy = [NO_REPOSITORY]
        raise SourceError(f"git refuses {self._root}: {said}", hint=" ".join(remedy))

    def _git(self, *arguments: str) -> str:
        """What a command of git says. Raises ``ToolError`` with git's own words."""
        return text_of(self._bytes(*arguments))

    def _bytes(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            self._demand_repository()
            raise failed(arguments[0], done)
        return done.stdout

    def _run(self, *arguments: str, stdin: bytes = b"", foreign: bool = False) -> "subprocess.CompletedProcess[bytes]":
        return run_git(self._root, *arguments, stdin=stdin, foreign=foreign)


def _above(name: str) -> bool:
    return name.partition("/")[0] == ".."


def _untracked(changes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name, state in changes.items() if state == "??" and name not in RESULTS))
