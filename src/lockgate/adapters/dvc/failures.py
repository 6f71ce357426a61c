"""What DVC says where it fails, as an error with file and line: never a part of a traceback."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lockgate.adapters.dvc.busy import busy
from lockgate.adapters.dvc.config import FOLDER, dvc_folder
from lockgate.adapters.dvc.progress import last_lines
from lockgate.domain.project.conflicts import conflict_in
from lockgate.domain.project.disk import fault_in
from lockgate.errors import DocumentError, LockgateError, SourceError, ToolError

LOCK = "dvc.lock"
ITS_OWN = (LOCK, "dvc.yaml", "params.yaml")
_NAMED = re.compile(
    r"^'(?P<file>[^']+)' (?:is invalid|validation failed)"
    r"|unable to read: '(?P<read>[^']+)'"
    r"|in '(?P<of>[^']*dvc\.yaml)'",
    re.MULTILINE,
)
_LINE = re.compile(r", line (\d+)")


def failure(root: Path, what: str, output: str) -> LockgateError:
    """What stopped DVC, from what it printed; ``what`` is what was asked of it."""
    if found := in_the_way(root, output):
        return found
    if not dvc_folder(root).is_dir():
        return not_set_up(root)
    named = _NAMED.search(output)
    own = Path(named[named.lastgroup or 0]).as_posix() if named else ""
    for name in (own, *ITS_OWN):
        if name and (wrong := wrong_with(root / name, name)):
            return wrong
    if named:
        line = _LINE.search(output)
        where = f"{own}:{line[1]}" if line else own
        return DocumentError(
            f"{where}: DVC does not take it: {_words(output)}", hint=f"mend {own}; see: dvc stage list"
        )
    return ToolError(what, hint=last_lines(output))


def not_set_up(root: Path) -> SourceError:
    """No DVC at the project's root; `dvc init` by itself takes nothing but the root of a git repository."""
    asked = "dvc init" if (root / ".git").exists() else "dvc init --subdir"
    where = f"cd {shlex.quote(str(root))} && {asked}"
    return SourceError(f"no {FOLDER} in {root}: DVC is not set up there", hint=f"{where}, and commit what it makes")


def in_the_way(root: Path, output: str) -> LockgateError | None:
    """What has nothing to do with the project: a disk, or another dvc at work; else ``None``."""
    return fault_in(output) or busy(output, root)


def _words(output: str) -> str:
    """What DVC says, without the file's lines that it shows."""
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith((" ", "Having any"))]
    return " ".join(lines[1:] or lines)


def wrong_with(path: Path, name: str) -> DocumentError | None:
    """What keeps one of DVC's files from being read, with its line; ``None`` where nothing does, or there is none."""
    try:
        content = path.read_bytes()
        if conflict := conflict_in(content, name, DocumentError):
            return conflict
        YAML(typ="safe", pure=True).load(content.decode())
    except FileNotFoundError:
        return None
    except MarkedYAMLError as error:
        where = f"{name}:{error.problem_mark.line + 1}" if error.problem_mark else name
        return DocumentError(f"{where}: not YAML: {error.problem}", hint=f"git diff {name}")
    except (YAMLError, ValueError, OSError) as error:
        return DocumentError(f"{name}: cannot be read: {str(error).splitlines()[0]}", hint=f"git diff {name}")
    return None


def pointers(root: Path) -> Iterator[Path]:
    """The `.dvc` files of data: in no hidden folder, nor in what the stages make."""
    for path in root.iterdir():
        if path.is_file() and path.suffix == FOLDER:
            yield path
        elif path.is_dir() and not path.is_symlink() and not path.name.startswith(".") and path.name != "build":
            yield from (each for each in path.rglob(f"*{FOLDER}") if each.is_file())
