"""DVC's hashes of files and folders: the MD5 of a file, and for a folder that of the list of its files."""

import os
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from lockgate.domain.identity import digest_of_file
from lockgate.domain.making.stage_files import hash_of_folder

IGNORE = ".dvcignore"
ALWAYS_IGNORED = [".git", ".hg/", ".dvc/"]
Rule = Callable[[str], bool]
"""Whether a path is ignored, given as text from the root of the disk; one that ends with a slash is a folder."""


class Hashes:
    """The hashes of what lies in the project at ``root``; what `.dvcignore` names does not count."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, path: Path) -> str:
        """As `dvc.lock` has it; empty where there is no such file or folder."""
        if path.is_dir():
            return hash_of_folder({file.relative_to(path).as_posix(): md5_of(file) for file in self._walk(path)})
        return md5_of(path) if path.is_file() else ""

    def files(self, path: Path) -> Iterator[Path]:
        """The file, or every file of a folder that counts; none where there is nothing."""
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from self._walk(path)

    def _walk(self, folder: Path) -> Iterator[Path]:
        above = [parent for parent in folder.parents if parent.is_relative_to(self._root)]
        rules = [_rule(folder, ALWAYS_IGNORED), *(rule for parent in above for rule in _rules(parent))]
        for here, folders, names in os.walk(folder):
            folders[:] = [name for name in sorted(folders) if not any(rule(f"{here}/{name}/") for rule in rules)]
            for name in sorted(names):
                path = f"{here}/{name}"
                if not any(rule(path) for rule in rules):
                    yield Path(path)


def md5_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return digest_of_file(file, "md5").hex


def _rules(folder: Path) -> list[Rule]:
    path = folder / IGNORE
    if not path.is_file():
        return []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [_rule(folder, [line for line in lines if line and not line.startswith("#")])]


def _rule(base: Path, patterns: list[str]) -> Rule:
    """Names alone are compared here; for all else that git's patterns can say, there is what DVC itself takes."""
    if any("/" in pattern.rstrip("/") or pattern.startswith(("!", "\\")) for pattern in patterns):
        return _as_git(base, patterns)

    def ignored(path: str) -> bool:
        name = path.rstrip("/").rpartition("/")[2]
        folder = path.endswith("/")
        return path.startswith(f"{base}/") and any(
            fnmatchcase(name, pattern.rstrip("/")) and (folder or not pattern.endswith("/")) for pattern in patterns
        )

    return ignored


def _as_git(base: Path, patterns: list[str]) -> Rule:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - slow to load, seldom needed, and there where DVC is

    spec = GitIgnoreSpec.from_lines(patterns)
    return lambda path: path.startswith(f"{base}/") and spec.match_file(path.removeprefix(f"{base}/"))
