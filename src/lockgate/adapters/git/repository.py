"""The project's git repository, through the git command."""

import os
import posixpath
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from lockgate.domain.project.health import Part, State
from lockgate.domain.source import Source
from lockgate.errors import MissingTool, SourceError, ToolError

GITLINK = "160000"
"""The mode of a submodule."""
LOCK = "dvc.lock"
"""What DVC writes while it runs the stages: a result, so a change in it is no change of the source."""

NO_GIT = "apt-get install git, or the package of your system"
NO_REPOSITORY = "git init && git add -A && git commit"
NO_COMMIT = "git add -A && git commit"

END_SECONDS = 10

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
        self._prefixed: str | None = None

    def head(self) -> str:
        """The latest commit. Raises ``SourceError``, with git's own words, where git has none for this folder."""
        return self._head()[0]

    def source(self) -> Source:
        """The commit, and what differs from it, in submodules too. Raises ``SourceError`` where there is no commit."""
        commit, committed_at = self._head()
        return Source(commit, committed_at, tuple(sorted({*self._changes()} - {LOCK})))

    def untracked(self) -> tuple[str, ...]:
        """The files that git neither has nor ignores, in submodules too."""
        return tuple(sorted(name for name, state in self._changes().items() if state == "??" and name != LOCK))

    def _changes(self) -> dict[str, str]:
        """Every path that is not as in the latest commit, with git's two letters on how."""
        # What is set for submodules may hide changes in them.
        options = ("--untracked-files=all", "--no-renames", "--ignore-submodules=none")
        status = self._git("status", "--porcelain=v1", "-z", *options).split("\0")
        found = {name: entry[:2] for entry in status if entry for name in self._from_here([entry[3:]])}
        overlooked, modules = self._index()
        for module, commit in modules.items():
            inner = GitRepository(self._root / module)
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
        here = [name for path, name in names.items() if path.is_file()]
        entries = self._git("ls-tree", "-z", "HEAD", "--", *names.values()).split("\0") if names else []
        committed = {name: about.split()[2] for about, _, name in (entry.partition("\t") for entry in entries) if name}
        converted, plain = self._hashes(here), self._hashes(here, "--no-filters")
        return tuple(
            path
            for path in paths
            if not (name := names.get(path, ""))
            or (
                committed.get(name) not in {converted.get(name), plain.get(name)}
                and not self._in_a_submodule(path, name)
            )
        )

    def _holds(self, name: str) -> bool:
        """Whether a path from the project is one in the repository at all."""
        return posixpath.normpath(f"{self._prefix()}{name}").partition("/")[0] != ".."

    def _in_a_submodule(self, path: Path, name: str) -> bool:
        """Whether the commit has a submodule there, at the commit that it is at here, which has the file.

        A repository that was added as it lay there is none: `.gitmodules` does not say where clones get it.
        """
        above = [str(folder) for folder in PurePosixPath(name).parents if folder.name]
        entries = self._git("ls-tree", "-z", "HEAD", "--", *above).split("\0") if above else []
        for mode, _, commit, module in (entry.replace("\t", " ", 1).split(" ", 3) for entry in entries if entry):
            if mode == GITLINK and (self._root / module / ".git").exists():
                inner = GitRepository(self._root / module)
                top = posixpath.normpath(f"{self._prefix()}{module}")
                return top in self._submodules() and inner.head() == commit and not inner.uncommitted(path)
        return False

    def _submodules(self) -> frozenset[str]:
        """The paths, from the top of the repository, of the submodules that the latest commit names."""
        asked = self._run("config", "--blob=HEAD:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$")
        return frozenset(entry.partition("\n")[2] for entry in _text(asked.stdout).split("\0") if entry)

    def content(self, path: Path) -> bytes | None:
        """That file's bytes in the latest commit; ``None`` where it has no such file."""
        entry = self._git("ls-tree", "-z", "HEAD", "--", self._name(path)).partition("\t")[0].split()
        return self._bytes("cat-file", "blob", entry[2]) if entry else None

    def changed_since(self, commit: str) -> tuple[str, ...] | None:
        """The paths that differ between that commit and the latest one; ``None`` where that commit is not here."""
        if self._run("cat-file", "-e", f"{commit}^{{commit}}").returncode:
            return None
        differing = self._git("diff-tree", "-r", "-z", "--name-only", "--no-renames", commit, "HEAD").split("\0")
        return tuple(sorted(self._from_here(filter(None, differing)) - {LOCK}))

    def commit(self, path: Path, message: str, means: Callable[[bytes], bool] | None = None) -> str:
        """Commit that one file and nothing else; the new commit's hash. Hooks run, and may give it another form.

        Raises ``ToolError`` with the words of git or of a hook, ``SourceError`` where a hook changed what it means.
        """
        before, means = self.head(), means or _equal_to(path.read_bytes())
        try:
            for last in (False, True):
                if self._attempt(path, message, means, again=not last):
                    return self._settled(path, means)
                if self.head() != before:
                    self._git("update-ref", "HEAD", before)
            return self._settled(path, means)
        except BaseException:
            self._undo(path, before, means)
            raise

    def _attempt(self, path: Path, message: str, means: Callable[[bytes], bool], *, again: bool) -> bool:
        """Commit; ``False`` where a hook has rewritten the file, which may be tried ``again`` with what it left."""
        name, written = self._name(path), path.read_bytes()
        if not self._git("ls-files", "-z", "--", f":(literal){name}"):
            self._git("update-index", "--add", "--", name)
        options = ("--quiet", "--only", "--cleanup=whitespace", "--file=-")
        done = self._run("commit", *options, "--", f":(literal){name}", stdin=message.encode(), foreign=True)
        left = path.read_bytes() if path.exists() else b""
        rewritten = left != written and means(left)
        if done.returncode and not (again and rewritten):
            raise _failed("commit", done)
        return not (again and rewritten and self.uncommitted(path))

    def _settled(self, path: Path, means: Callable[[bytes], bool]) -> str:
        """The commit that was made, with index and file as it has them."""
        committed = self.content(path)
        if committed is None or not means(committed):
            raise SourceError(
                f"a hook changed what {self._name(path)} says; nothing was committed",
                hint="see the hooks of this repository: git config core.hooksPath, or .git/hooks",
            )
        self._git("reset", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")
        if self.uncommitted(path):
            self.restore(path)
        return self.head()

    def _undo(self, path: Path, before: str, means: Callable[[bytes], bool]) -> None:
        """Leave no half of a commit: one that was made before the error stays if it says what it should."""
        committed = self.content(path) if self.head() != before else None
        if committed is not None and means(committed):
            self._settled(path, means)
            return
        if self.head() != before:
            self._git("update-ref", "HEAD", before)
        self._git("reset", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""
        self._git("checkout", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""
        done = self._run("push", "--quiet", "--no-follow-tags", "origin", f"HEAD:refs/heads/{branch}", foreign=True)
        if done.returncode:
            raise _failed("push", done)

    def _from_here(self, names: Iterable[str]) -> set[str]:
        """Names as seen from the project, given those from the top of the repository: it may lie in a folder there."""
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

    def _hashes(self, names: Sequence[str], *how: str) -> dict[str, str]:
        return dict(zip(names, self._git("hash-object", *how, "--", *names).split(), strict=True))

    def _head(self) -> tuple[str, str]:
        """The commit and the committer's date, by plumbing: `git log` says what the user wants to see."""
        self._demand_repository()
        if self._run("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            raise SourceError(f"the git repository of {self._root} has no commit yet", hint=NO_COMMIT)
        _, commit, committed_at = self._git("rev-list", "--max-count=1", "--format=%cI", "HEAD").split()
        # Newer versions of git write Z.
        return commit, committed_at.removesuffix("Z") + "+00:00" * committed_at.endswith("Z")

    def _demand_repository(self) -> None:
        """Raise ``SourceError`` where git refuses this folder; its own words say why, and what to do."""
        asked = self._run("rev-parse", "--show-prefix")
        if not asked.returncode:
            return
        said, *remedy = filter(None, map(str.strip, _text(asked.stderr).splitlines()))
        if not any((folder / ".git").exists() for folder in (self._root, *self._root.parents)):
            remedy = [NO_REPOSITORY]
        raise SourceError(f"git refuses {self._root}: {said}", hint=" ".join(remedy))

    def _git(self, *arguments: str) -> str:
        """What a command of git says. Raises ``ToolError`` with git's own words."""
        return _text(self._bytes(*arguments))

    def _bytes(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            self._demand_repository()
            raise _failed(arguments[0], done)
        return done.stdout

    def _run(self, *arguments: str, stdin: bytes = b"", foreign: bool = False) -> "subprocess.CompletedProcess[bytes]":
        return run_git(self._root, *arguments, stdin=stdin, foreign=foreign)


def run_git(
    root: Path, *arguments: str, stdin: bytes = b"", foreign: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    """Run git in a form that no setting of a user, of a machine or of a calling hook changes.

    ``foreign`` is for commands that run programs of others, as hooks: those get the language of the user.

    Raises ``MissingTool`` where there is no git.
    """
    settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    command = ["git", "-C", str(root), "--no-pager", "--no-replace-objects", *settings, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    environment |= {"GIT_OPTIONAL_LOCKS": "0"} | ({} if foreign else {"LC_ALL": "C"})
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise MissingTool("git", hint=NO_GIT) from error
    except OSError as error:
        raise ToolError(f"git cannot be run: {error.strerror}", hint=NO_GIT) from error
    with process:
        try:
            out, err = process.communicate(stdin)
        except BaseException:
            _end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask git to end: one that is killed leaves its locks behind."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _equal_to(content: bytes) -> Callable[[bytes], bool]:
    """Whether bytes are the same but for line ends, which git may convert."""
    return lambda other: other.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")


def _failed(command: str, done: "subprocess.CompletedProcess[bytes]") -> ToolError:
    code = done.returncode
    ended = f"it ended with exit code {code}" if code >= 0 else f"it was ended by signal {-code}"
    return ToolError(f"git {command} failed: {_text(done.stderr or done.stdout).strip() or ended}")


def _text(said: bytes) -> str:
    return said.decode("utf-8", errors="backslashreplace")


def probe(root: Path) -> Sequence[Part]:
    """The program, a repository with a commit, and a name to commit a promotion with."""
    repository = GitRepository(root)
    try:
        version = _text(run_git(root, "--version").stdout).strip().removeprefix("git version ")
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


def origin(root: Path) -> Sequence[Part]:
    """Where a promotion is pushed to; a delivery does without."""
    try:
        done = run_git(root, "remote", "get-url", "origin")
    except MissingTool:  # told of git itself
        return []
    if done.returncode:
        found, remedy = "no remote `origin` to push a promotion to", "git remote add origin URL"
        return [Part("origin", State.MISSING, found, remedy, optional=True)]
    return [Part("origin", State.THERE, _without_secret(_text(done.stdout).strip()))]


def _without_secret(url: str) -> str:
    """An address without the name and the password in it."""
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", url)
