"""The git command, in a form that no setting of a user, of a machine or of a calling hook changes."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from lockgate.errors import MissingTool, ToolError

NO_GIT = "apt-get install git, or the package of your system"

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


def run_git(
    root: Path,
    *arguments: str,
    stdin: bytes = b"",
    foreign: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> "subprocess.CompletedProcess[bytes]":
    """Run git in a form that no setting of a user, of a machine or of a calling hook changes.

    ``foreign`` is for commands that run programs of others, as hooks: those get the language of the user. ``variables``
    are put into the environment.

    Raises ``MissingTool`` where there is no git.
    """
    process = start_git(root, *arguments, stderr=subprocess.PIPE, foreign=foreign, variables=variables)
    with process:
        try:
            out, err = process.communicate(stdin)
        except BaseException:
            _end(process)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start_git(
    root: Path,
    *arguments: str,
    stderr: int,
    foreign: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> "subprocess.Popen[bytes]":
    """Start it so, with pipes to it and from it.

    Raises ``MissingTool`` where there is no git.
    """
    settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    command = ["git", "-C", str(root), "--no-pager", "--no-replace-objects", *settings, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    environment |= {"GIT_OPTIONAL_LOCKS": "0"} | ({} if foreign else {"LC_ALL": "C"}) | dict(variables)
    try:
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
    except FileNotFoundError as error:
        raise MissingTool("git", hint=NO_GIT) from error
    except OSError as error:
        raise ToolError(f"git cannot be run: {error.strerror}", hint=NO_GIT) from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask git to end: one that is killed leaves its locks behind."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def failed(command: str, done: "subprocess.CompletedProcess[bytes]") -> ToolError:
    """The error of a command that has failed, with the words of git or of a hook."""
    code = done.returncode
    ended = f"it ended with exit code {code}" if code >= 0 else f"it was ended by signal {-code}"
    return ToolError(f"git {command} failed: {text_of(done.stderr or done.stdout).strip() or ended}")


def text_of(said: bytes) -> str:
    """What git has said, whatever its bytes."""
    return said.decode("utf-8", errors="backslashreplace")
