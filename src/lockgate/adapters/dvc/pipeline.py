"""The stages and their data, through the dvc command: `dvc pull`, `dvc status` and `dvc repro`, told clearly."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from lockgate.adapters.dvc.absent import demand_there
from lockgate.adapters.dvc.busy import release_stale
from lockgate.adapters.dvc.cache import Cache, Damaged
from lockgate.adapters.dvc.failures import failure, in_the_way, wrong_with
from lockgate.adapters.dvc.progress import NEVER, Progress, last_lines, why
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.adapters.dvc.stages.quick_yaml import quickly
from lockgate.adapters.dvc.stages.resolved import resolved_stages
from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.project.telemetry import OFF
from lockgate.errors import DataError, MissingTool
from lockgate.ports import StageReport, StageState
from lockgate.processes.short_lived import as_module
from lockgate.processes.starting import begun

STOP_SECONDS = 30
WIDE = "1000"
"""DVC breaks its lines, and the names in them, to the width of a terminal."""


class DvcPipeline:
    """The pipeline port on DVC."""

    def __init__(self, root: Path) -> None:
        if find_spec("dvc") is None:
            raise MissingTool("dvc", "dvc")
        self._root = root
        self._status: dict[str, Any] | None = None
        self._names: list[str] | None = None
        self._cache = Cache(root)

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` when data is missing or altered."""
        changes = {
            path: change
            for name, reasons in self._changes().items()
            if _is_data(name)
            for reason in reasons
            if isinstance(reason, dict)
            for path, change in reason.get("changed outs", {}).items()
        }
        for path, change in changes.items():
            if change == "modified" and (self._root / path).exists():
                raise DataError(
                    f"{path}: not the file that git names ({path}.dvc)",
                    hint=f"`dvc checkout {path}.dvc` brings it back; `dvc add {path}` accepts the new data",
                )
        if not changes:
            return ()
        missing = sorted(changes)
        done = self._dvc("pull", *(f"{path}.dvc" for path in missing))
        self._status = {name: reasons for name, reasons in self._changes().items() if not _is_data(name)}
        if done.returncode != 0 or any(not (self._root / path).exists() for path in missing):
            if found := in_the_way(self._root, done.stderr):
                raise found
            raise DataError(
                f"data is missing and could not be pulled: {listed(missing)}",
                hint=f"see `dvc remote list` and `dvc pull -v`\n  {last_lines(done.stderr)}",
            )
        if damaged := [each for path in missing for each in self._damaged(path)]:
            names = listed([each.path for each in damaged])
            shared = [str(each.shared) for each in damaged if each.shared]
            where = f" that others may share ({listed(shared)})" if shared else ""
            raise DataError(
                f"{names}: what the cache or the remote has is not the file that git names",
                hint=f"the damaged copy is removed from the cache{where}: run again; "
                "if it stays, `dvc push` from a sound copy",
            )
        return missing

    def heal(self, candidate: str | None, report: Callable[[str], None]) -> None:
        """Remove results that are not what `dvc.lock` says: DVC fails on some, and trusts the others."""
        if self._heal([name for name in self._lock() if _concerns(name, candidate)], report):
            self._status = None

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that have a reason of their own to run, before anything runs.

        Raises ``DataError`` where one of them reads a file that is not there and that nothing brings.
        """
        changes = self._changes()
        waiting = [name for name in changes if _concerns(name, candidate)]
        demand_there(changes, waiting, self._outs)
        return waiting

    def _outs(self) -> Collection[str]:
        return {path for stage in resolved_stages(self._root).values() for path in stage.located().outs}

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run what has changed, stage by stage; ``report`` gets the stages' own lines as they come.

        DVC trusts its cache. Here every result that it restores is read and hashed: a file that is not what `dvc.lock`
        says is removed, from the cache too, and made again. What lies here already is for ``heal``.
        """
        stages = self._stages(candidate)
        lock = self._lock()
        reasons = {
            name: why(changes) if name in lock else NEVER for name, changes in self._changes().items() if name in stages
        }
        if not reasons:
            for stage in stages:
                yield StageReport(stage, StageState.CACHED, "code, data and params as before")
            return
        # What all candidates share is wanted too where one of them is named, whether or not its check reads it.
        targets = [f"check@{candidate}", *(stage for stage in stages if "@" not in stage)] if candidate else []
        told: set[str] = set()
        while True:
            try:
                for done in self._repro(targets, reasons, report):
                    if done.stage not in told or done.state in {StageState.RAN, StageState.FAILED}:
                        yield done
                        told.add(done.stage)
                break
            except _Corrupted:
                continue
        self._status = None

    def _heal(self, stages: Sequence[str], report: Callable[[str], None]) -> bool:
        removed = self._cache.heal(self._lock(), stages)
        for damaged in removed:
            report(str(damaged))
        return bool(removed)

    def hashes(self) -> Mapping[str, Digest]:
        """Every file that the stages read or write, by its DVC hash."""
        entries = [
            entry for stage in self._lock().values() for kind in ("deps", "outs") for entry in stage.get(kind, ())
        ]
        return {
            entry["path"]: Digest("md5", entry["md5"])
            for entry in entries
            if "md5" in entry and not entry["md5"].endswith(".dir")
        }

    def _damaged(self, path: str) -> Sequence[Damaged]:
        pointer = self._read(f"{path}.dvc")
        return self._cache.heal({path: pointer | {"outs": _from(pointer["outs"], Path(path).parent)}}, [path])

    def _lock(self) -> dict[str, Any]:
        return self._read("dvc.lock").get("stages", {}) if (self._root / "dvc.lock").exists() else {}

    def _read(self, name: str) -> dict[str, Any]:
        """A YAML file that DVC wrote. Raises ``DocumentError`` with the line that is wrong."""
        path = self._root / name
        try:
            tree = quickly(path.read_bytes())
        except (yaml.YAMLError, ValueError, OSError):
            tree = None
        if not isinstance(tree, dict) and (wrong := wrong_with(path, name)):
            raise wrong
        return tree or {}

    def _changes(self) -> dict[str, Any]:
        if self._status is None:
            release_stale(self._root)
            done = self._dvc("status", "--json")
            if done.returncode != 0:
                raise failure(self._root, "dvc status failed", done.stderr)
            self._status = json.loads(done.stdout or "{}")
        return self._status

    def _stages(self, candidate: str | None) -> list[str]:
        """Names of the stages in their order, a matrix stage written as dvc writes it: ``train@sklearn``."""
        return [name for name in self._all_stages() if _concerns(name, candidate)]

    def _all_stages(self) -> list[str]:
        if self._names is None:
            self._names = DvcLock(self._root).names()
        if self._names is None:
            done = self._dvc("stage", "list", "--name-only")
            if done.returncode != 0:
                raise failure(self._root, "dvc.yaml cannot be read", done.stderr)
            self._names = [line for line in done.stdout.splitlines() if line]
        return self._names

    def _repro(
        self, targets: Sequence[str], reasons: Mapping[str, str], report: Callable[[str], None]
    ) -> Iterator[StageReport]:
        progress = Progress(reasons, report)
        restored: list[str] = []
        with begun(
            [*as_module("dvc"), "repro", "--keep-going", *targets],
            self._root,
            "run the stages",
            _environment(),
            grace=STOP_SECONDS,
            cwd=self._root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=1,
        ) as process:
            for line in process.stdout or ():
                for stage in progress.read(line):
                    yield stage
                    restored += [stage.stage] if stage.state is StageState.RESTORED else []
                # A stage begins: what was restored for it lies there, and it has not read it yet.
                if progress.running and restored:
                    self._demand_sound(restored, report)
                    restored.clear()
            if process.wait() != 0 and not progress.failed:
                raise failure(self._root, "dvc repro failed", progress.said)
            yield from progress.finished()
            self._demand_sound(restored, report)

    def _demand_sound(self, restored: Sequence[str], report: Callable[[str], None]) -> None:
        if self._heal(restored, report):
            raise _Corrupted

    def _dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*as_module("dvc"), *arguments],
            cwd=self._root,
            env={**_environment(), "COLUMNS": WIDE},
            capture_output=True,
            text=True,
            check=False,
        )


def _environment() -> dict[str, str]:
    # Stages call `python` and `lockgate`: those of the environment that runs this, whatever the caller's PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, **OFF, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _concerns(stage: str, candidate: str | None) -> bool:
    return candidate is None or "@" not in stage or stage.endswith(f"@{candidate}")


def _is_data(name: str) -> bool:
    return name.endswith(".dvc")


def _from(entries: Sequence[Mapping[str, Any]], folder: Path) -> list[Mapping[str, Any]]:
    """A data file's entries, their paths from the root instead of from their own folder."""
    return [{**entry, "path": (folder / entry["path"]).as_posix()} for entry in entries]


class _Corrupted(Exception):
    """A restored result was damaged: the stages have to be looked at again."""
