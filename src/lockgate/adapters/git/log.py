"""The history of the project's repository, through the git command."""

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from lockgate.adapters.git.command import failed, run_git, text_of
from lockgate.ports.project.commit_log import Commit, FileVersion

FORMAT = "%H%x00%an%x00%ae%x00%cI%x00%s"


class GitLog:
    """The commit-log port. Plumbing where there is any: `git log` says what its user wants to see."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # What a commit holds never changes, and is asked for many times: commits that were read, and files of them.
        self._here = set[str]()
        self._read = dict[tuple[str, str], bytes | None]()

    def shallow(self) -> bool:
        """Whether this clone has only the latest commits."""
        return self._text("rev-parse", "--is-shallow-repository").strip() == "true"

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
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return text_of(run_git(self._root, *arguments).stdout).strip() or None

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
        if self.resolve(revision) is None:
            return ()
        commits = tuple(self._listed("--first-parent", revision, "--", posixpath.relpath(path, self._root)))
        contents = self._contents(path, [commit.hash for commit in commits])
        return tuple(FileVersion(*each) for each in zip(commits, contents, strict=True))

    def message(self, commit: str) -> str | None:
        """The whole message of a commit; ``None`` where it is not here."""
        found = self.resolve(commit)
        if found is None:
            return None
        # Below the line that names the commit, a line end behind the message.
        said = self._text("rev-list", "--max-count=1", "--format=%B", found, "--")
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
        found = revision if revision in self._here else self.resolve(revision)
        if found is None:
            return None
        self._here.add(found)
        asked = found, posixpath.relpath(path, self._root)
        if asked not in self._read:
            self._read[asked] = self._content(*asked)
        return self._read[asked]

    def _content(self, commit: str, name: str) -> bytes | None:
        about, _, _ = self._text("ls-tree", "-z", commit, "--", name).partition("\t")
        return self._bytes("cat-file", "blob", about.split()[2]) if " blob " in about else None

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
        asked = "".join(f"{name}\n" for name in sorted(names))
        kinds = self._bytes("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked.encode())
        found = [
            name for name, _, kind in (line.partition(" ") for line in text_of(kinds).splitlines()) if kind == "blob"
        ]
        yield from (content for content in self._batch(found) if content is not None)

    def messages(self) -> Iterator[str]:
        """The message of every commit of any branch or tag that is here, and of every tag, with its name."""
        yield from self._text("rev-list", "--all", "--format=%B").split("\ncommit ")
        yield from self._text("for-each-ref", "--format=%(refname)%0a%(contents)%00", "refs/tags").split("\0")

    def commits(self, revision: str, since: str | None = None, *paths: Path) -> tuple[Commit, ...]:
        """The commits of a revision's history that ``since`` does not have, the newest first."""
        places = [posixpath.relpath(path, self._root) for path in paths]
        behind = [] if since is None else [f"^{since}"]
        return tuple(self._listed(revision, *behind, *(["--", *places] if places else [])))

    def _contents(self, path: Path, commits: Sequence[str]) -> Iterator[bytes | None]:
        """What each commit has there."""
        prefix = self._text("rev-parse", "--show-prefix").removesuffix("\n") if commits else ""
        name = posixpath.normpath(f"{prefix}{posixpath.relpath(path, self._root)}")
        return self._batch([f"{commit}:{name}" for commit in commits])

    def _batch(self, names: Sequence[str]) -> Iterator[bytes | None]:
        """The bytes of each file, ``None`` for what is none, by one process however many they are."""
        asked = "".join(f"{name}\n" for name in names)
        said, at = self._bytes("cat-file", "--batch", stdin=asked.encode()) if names else b"", 0
        for _ in names:
            end = said.index(b"\n", at)
            about, at = said[at:end].split(), end + 1
            if not about[-1].isdigit():  # it is missing, or a submodule
                yield None
                continue
            size = int(about[-1])
            yield said[at : at + size] if about[-2] == b"blob" else None
            at += size + 1

    def _listed(self, *arguments: str) -> Iterator[Commit]:
        said = self._text("rev-list", f"--format={FORMAT}", *arguments)
        return (Commit(*line.split("\0", 4)) for line in said.split("\n") if "\0" in line)

    def _text(self, *arguments: str) -> str:
        return text_of(self._bytes(*arguments))

    def _bytes(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = run_git(self._root, *arguments, stdin=stdin)
        if done.returncode:
            raise failed(arguments[0], done)
        return done.stdout
