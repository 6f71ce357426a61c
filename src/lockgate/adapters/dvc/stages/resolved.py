"""The stages as DVC itself works them out: what only its own templates can tell. It takes a second to load."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lockgate.adapters.dvc.stages.definitions import located, path_of
from lockgate.domain.making.stage_records import Stage
from lockgate.errors import DocumentError, MissingTool
from lockgate.typed_values import from_json

ASK = """
import json
import os
from dvc.dependency.param import ParamsDependency
from dvc.dvcfile import load_file
from dvc.repo import Repo

def told(stage):
    params = [each for each in stage.deps if isinstance(each, ParamsDependency)]
    return {
        "name": stage.name,
        "wdir": os.path.relpath(stage.wdir),
        "cmd": stage.cmd if isinstance(stage.cmd, str) else "\\n".join(stage.cmd or ()),
        "deps": [each.def_path for each in stage.deps if not isinstance(each, ParamsDependency)],
        "outs": [each.def_path for each in stage.outs],
        "params": {each.def_path: list(each.params or each.read_params()) for each in params},
    }

with Repo(".") as repo:
    print(json.dumps([told(stage) for stage in load_file(repo, "dvc.yaml").stages.values()]))
"""


@dataclass(frozen=True)
class ResolvedStage:
    """A stage without templates; paths are as they are written, from its own folder ``wdir``."""

    name: str
    wdir: str
    cmd: str
    deps: list[str]
    outs: list[str]
    params: dict[str, list[str]]

    def located(self) -> Stage:
        """The same with paths from the project's root."""
        wdir = "" if self.wdir == "." else self.wdir
        params = {path_of(wdir, file): dict.fromkeys(keys) for file, keys in self.params.items()}
        deps, outs = (dict.fromkeys(located(wdir, paths), "") for paths in (self.deps, self.outs))
        return Stage(self.name, params, deps, outs, self.cmd)


def resolved_stages(root: Path) -> Mapping[str, ResolvedStage]:
    """Every stage of `dvc.yaml` by its name. Raises ``DocumentError`` where DVC cannot tell them."""
    if find_spec("dvc") is None:
        raise MissingTool("dvc", "dvc")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", ASK],
        cwd=root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise DocumentError(f"dvc.yaml: DVC cannot work out its templates: {said}", hint="see: dvc stage list")
    return {stage.name: stage for stage in from_json(done.stdout.encode(), list[ResolvedStage])}
