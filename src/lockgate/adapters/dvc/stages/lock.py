"""`dvc.lock`, and DVC's hashes of what lies here, without DVC: it takes a second to load."""

import functools
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lockgate.adapters.dvc.stages.definitions import Definitions, Hidden, command, path_of
from lockgate.adapters.dvc.stages.hashes import Hashes, md5_of
from lockgate.adapters.dvc.stages.python_params import params_of
from lockgate.adapters.dvc.stages.quick_yaml import quickly
from lockgate.adapters.dvc.stages.resolved import ResolvedStage, resolved_stages
from lockgate.domain.making.stage_files import HASHED_UP_TO, FileState
from lockgate.domain.making.stage_records import ABSENT, Stage
from lockgate.domain.project.conflicts import conflict_in
from lockgate.errors import DocumentError

SCHEMA = "2.0"
MAKE = "run the stages: lockgate run"
MIGRATE = "dvc cache migrate --dvc-files, then: lockgate run"


class DvcLock:
    """The port on the record of the stages."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes = Hashes(root)
        self._params: dict[str, Any] = {}
        self._defined: Definitions | None = None
        self._by_dvc: Mapping[str, ResolvedStage] | None = None

    def stages(self) -> tuple[Stage, ...]:
        """Every stage as it last ran. Raises ``DocumentError`` where there is no `dvc.lock` or it is none."""
        try:
            content = (self._root / "dvc.lock").read_bytes()
        except FileNotFoundError as error:
            raise DocumentError("dvc.lock: missing", hint=MAKE) from error
        return recorded(content, self._wdir)

    def defined(self, name: str) -> Stage | None:
        """The stage as `dvc.yaml` has it; ``None`` where it has none.

        DVC itself is asked where a template can be worked out by nobody else. Raises ``DocumentError`` where `dvc.yaml`
        cannot be read.
        """
        try:
            return self._definitions().stage(name)
        except Hidden:
            return self._resolved(name)

    def names(self) -> list[str] | None:
        """Every stage that `dvc.yaml` defines, in its order; ``None`` where DVC alone can tell."""
        tree = _quickly(self._root / "dvc.yaml")
        if not isinstance(tree, Mapping) or "vars" in tree:
            return None
        try:
            return Definitions(tree, self.params).names()
        except Hidden:
            return None

    def _definitions(self) -> Definitions:
        if self._defined is None:
            tree = _quickly(self._root / "dvc.yaml")
            if not isinstance(tree, Mapping):
                raise DocumentError("dvc.yaml: missing, or not a file of stages", hint="see: dvc stage list")
            self._defined = Definitions(tree, self.params)
        return self._defined

    def _wdir(self, name: str) -> str:
        """Not known, it would cut the stage off from those that read what it made."""
        try:
            return self._definitions().wdir(name)
        except Hidden:
            stage = self._asked().get(name)
            return stage.wdir if stage else ""

    def _resolved(self, name: str) -> Stage | None:
        stage = self._asked().get(name)
        return stage.located() if stage else None

    def _asked(self) -> Mapping[str, ResolvedStage]:
        if self._by_dvc is None:
            self._by_dvc = resolved_stages(self._root)
        return self._by_dvc

    def params(self, file: str) -> Any:
        """A file of params as DVC reads it; empty where it is not there or cannot be read."""
        if file not in self._params:
            self._params[file] = _read(self._root / file)
        return self._params[file]

    def digest(self, path: str) -> str:
        """DVC's hash of a file or folder; ``ABSENT`` where there is none.

        Data that a `.dvc` file in git names is what that file says: it may be large, and `lockgate run` looks at it.
        """
        pointer = self._root / f"{path}.dvc"
        if pointer.is_file():
            return _pointed(pointer)
        return self._hashes.of(self._root / path) or ABSENT

    def pointer(self, path: str) -> str:
        """The `.dvc` file that names this data, or the folder that it lies in; empty where there is none."""
        parents = (f"{part}.dvc" for part in (path, *map(str, PurePosixPath(path).parents)))
        return next((name for name in parents if (self._root / name).is_file()), "")

    def states(self, path: str) -> Mapping[str, FileState]:
        """A file, or every file of a folder that DVC would hash, as it is now; not what Python compiles by itself."""
        return {
            file.relative_to(self._root).as_posix() if file.is_relative_to(self._root) else path: _state(file)
            for file in self._hashes.files(self._root / path)
            if file.parent.name != "__pycache__"
        }


def recorded(content: bytes, wdir: Callable[[str], str]) -> tuple[Stage, ...]:
    """Every stage that a `dvc.lock` records; ``wdir`` tells the folder that a stage's paths start from.

    Raises ``DocumentError`` where it is none.
    """
    try:
        if conflict := conflict_in(content, "dvc.lock", DocumentError):
            # The integrity gate tells the message alone.
            raise DocumentError(f"{conflict.message}; {conflict.hint}", hint=conflict.hint)
        tree = quickly(content)
        _demand_form(tree.get("schema"))
        return tuple(_stage(name, entry, wdir(name)) for name, entry in tree["stages"].items())
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DocumentError("dvc.lock: not a record of stages as DVC writes it", hint=MAKE) from error


def _state(path: Path) -> FileState:
    found = path.stat()
    md5 = md5_of(path) if found.st_size <= HASHED_UP_TO else ""
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino, md5)


def _pointed(pointer: Path) -> str:
    try:
        return str(_quickly(pointer)["outs"][0]["md5"])
    except (LookupError, TypeError):
        return ABSENT


def _quickly(path: Path) -> Any:
    """A file whose values are names and hashes; ``None`` where it is not there or cannot be read."""
    try:
        return quickly(path.read_bytes())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _stage(name: str, entry: Mapping[str, Any], wdir: str) -> Stage:
    params: dict[str, dict[str, Any]] = {}
    for file, values in entry.get("params", {}).items():
        params.setdefault(path_of(wdir, file), {}).update(values)
    deps, outs = _digests(wdir, entry.get("deps", ())), _digests(wdir, entry.get("outs", ()))
    return Stage(name, params, deps, outs, command(entry.get("cmd", "")))


def _digests(wdir: str, entries: Any) -> dict[str, str]:
    """What lies elsewhere, under an address, has no file to compare with."""
    here = [each for each in entries if "://" not in each["path"]]
    if older := [each["path"] for each in here if "md5" in each and each.get("hash") != "md5"]:
        raise DocumentError(
            f"dvc.lock: {older[0]} has a hash of DVC 2, which is another than that of DVC 3", hint=MIGRATE
        )
    return {path_of(wdir, each["path"]): str(each.get("md5", "")) for each in here}


def _demand_form(schema: Any) -> None:
    if schema != SCHEMA:
        raise DocumentError(
            f"dvc.lock: of the form {schema!r}, and {SCHEMA!r} is what can be compared",
            hint="run the stages with the DVC that is installed with Lockgate: lockgate run",
        )


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        if path.suffix == ".toml":
            return tomllib.loads(text)
        if path.suffix == ".py":
            return params_of(text)
        return _yaml(text)
    except (OSError, ValueError, YAMLError):
        return {}


@functools.lru_cache(maxsize=8)
def _yaml(text: str) -> Any:
    """What a text holds, not to be changed. A verb asks for the same one more than once."""
    return YAML(typ="safe", pure=True).load(text)
