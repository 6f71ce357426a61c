"""Git as a part of the machine's health: the program, a commit, a name to commit as, and where a promotion goes."""

import re
from collections.abc import Sequence
from pathlib import Path

from lockgate.adapters.git.command import run_git, text_of
from lockgate.adapters.git.history import GitHistory
from lockgate.domain.project.health import Part, State
from lockgate.errors import MissingTool, SourceError


def probe(root: Path) -> Sequence[Part]:
    """The program, a repository with a commit, and a name to commit a promotion with."""
    history = GitHistory(root)
    try:
        version = text_of(run_git(root, "--version").stdout).strip().removeprefix("git version ")
    except MissingTool as error:
        return [Part("git", State.MISSING, "no git on the PATH", error.hint)]
    try:
        history.head()
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
    return [Part("origin", State.THERE, _without_secret(text_of(done.stdout).strip()))]


def _without_secret(url: str) -> str:
    """An address without the name and the password in it."""
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", url)
