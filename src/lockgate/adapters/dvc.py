"""The stages and their data, through the dvc command: `dvc pull`, `dvc status` and `dvc repro`, told clearly."""

import json
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lockgate.domain.identity import Digest
from lockgate.errors import DataError, MissingTool, ToolError
from lockgate.ports import StageReport, StageState

_STARTED = re.compile(r"Running stage '(?P<stage>.+)':")
_CACHED = re.compile(r"Stage '(?P<stage>.+)' didn't change, skipping")
_RESTORED = re.compile(r"Stage '(?P<stage>.+)' is cached - skipping run, checking out outputs")
_FAILED = re.compile(r"WARNING: failed to run: .*, exited with (?P<code>\d+)")
# dvc's advice to its own users, which Lockgate's console would only repeat at the wrong place.
_CHATTER = (
    "To track the changes with git",
    "To enable auto staging",
    "git add ",
    "dvc config core.autostage",
    "Use `dvc push`",
    ".dvc' didn't change",
    "Updating lock file",
    "Generating lock file",
    "Data and pipelines are up to date",
    "will be skipped due to this failure",
    "ERROR: failed to reproduce",
)
_QUIET = {"DVC_NO_ANALYTICS": "1", "DVC_STUDIO_OFFLINE": "1"}


class DvcPipeline:
    """The pipeline port on DVC."""

    def __init__(self, root: Path) -> None:
        if find_spec("dvc") is None:
            raise MissingTool("dvc", "dvc")
        self._root = root
        self._status: dict[str, Any] | None = None

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
        self._status = None
        if done.returncode != 0 or any(not (self._root / path).exists() for path in missing):
            raise DataError(
                f"data is missing and could not be pulled: {', '.join(missing)}",
                hint=f"see `dvc remote list` and `dvc pull -v`\n  {_last(done.stderr)}",
            )
        return missing

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that have a reason of their own to run, before anything runs."""
        return [name for name in self._changes() if _concerns(name, candidate)]

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run what has changed, stage by stage; ``report`` gets the stages' own lines as they come."""
        stages = self._stages(candidate)
        reasons = {name: _why(changes) for name, changes in self._changes().items() if name in stages}
        if not reasons:
            for stage in stages:
                yield StageReport(stage, StageState.CACHED, "code, data and params as before")
            return
        targets = [f"check@{candidate}"] if candidate else []
        yield from self._repro(targets, reasons, report)
        self._status = None

    def hashes(self) -> Mapping[str, Digest]:
        """Every file that the stages read or write, by its DVC hash."""
        lock = self._root / "dvc.lock"
        stages = (YAML(typ="safe", pure=True).load(lock) or {}).get("stages", {}) if lock.exists() else {}
        entries = [entry for stage in stages.values() for kind in ("deps", "outs") for entry in stage.get(kind, ())]
        return {
            entry["path"]: Digest("md5", entry["md5"])
            for entry in entries
            if "md5" in entry and not entry["md5"].endswith(".dir")
        }

    def _changes(self) -> dict[str, Any]:
        if self._status is None:
            done = self._dvc("status", "--json")
            if done.returncode != 0:
                raise ToolError("dvc status failed", hint=_last(done.stderr))
            self._status = json.loads(done.stdout or "{}")
        return self._status

    def _stages(self, candidate: str | None) -> list[str]:
        """Names of the stages in their order, a matrix stage written as dvc writes it: ``train@sklearn``."""
        done = self._dvc("stage", "list", "--name-only")
        if done.returncode != 0:
            raise ToolError("dvc.yaml cannot be read", hint=_last(done.stderr))
        names = [line for line in done.stdout.splitlines() if line]
        return [name for name in names if _concerns(name, candidate)]

    def _repro(
        self, targets: Sequence[str], reasons: Mapping[str, str], report: Callable[[str], None]
    ) -> Iterator[StageReport]:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", "--keep-going", *targets],
            cwd=self._root,
            env=_environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=1,
        )
        progress = _Progress(reasons, report)
        try:
            for line in process.stdout or ():
                yield from progress.read(line)
            if process.wait() != 0 and not progress.failed:
                raise progress.fault()
            yield from progress.finished()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()

    def _dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self._root,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )


class _Progress:
    """Turns the lines of `dvc repro` into reports of stages."""

    def __init__(self, reasons: Mapping[str, str], report: Callable[[str], None]) -> None:
        self._reasons = reasons
        self._report = report
        self._tail: deque[str] = deque(maxlen=40)
        self._running: tuple[str, float] | None = None
        self.failed: list[str] = []

    def read(self, line: str) -> Iterator[StageReport]:
        """The stage that a line ends or skips, if any; other lines are the stage's own and are handed on."""
        self._tail.append(line.rstrip())
        if self._running is not None and (failed := _FAILED.match(line)):
            yield from self._failure(int(failed["code"]))
            return
        event = _event(line)
        if event is None:
            if not any(chatter in line for chatter in _CHATTER) and line.strip() and not line.startswith("> "):
                self._report(line.rstrip())
            return
        yield from self.finished()
        stage, state = event
        if state is StageState.RAN:
            self._report(f"{stage} runs: {self._reasons.get(stage, AFTER)}")
            self._running = (stage, time.monotonic())
        else:
            yield StageReport(stage, state, _SKIPPED[state])

    def finished(self) -> Iterator[StageReport]:
        """The stage that was running, now that it is done."""
        if self._running is not None:
            stage, started = self._running
            self._running = None
            yield StageReport(stage, StageState.RAN, self._reasons.get(stage, AFTER), time.monotonic() - started)

    def _failure(self, code: int) -> Iterator[StageReport]:
        if self._running is not None:
            stage, started = self._running
            self._running = None
            self.failed.append(stage)
            yield StageReport(stage, StageState.FAILED, "its own lines say why", time.monotonic() - started, code)

    def fault(self) -> ToolError:
        """What the last lines say where no stage failed, yet dvc did."""
        return ToolError("dvc repro failed", hint=_last("\n".join(self._tail)))


SHOWN = 3
AFTER = "an earlier stage's result changed"
_WORDS = {"always changed": "it asks to run always", "changed command": "its command changed"}
_SKIPPED = {
    StageState.CACHED: "code, data and params as before",
    StageState.RESTORED: "ran before with the same code, data and params; result taken from the cache",
}


def _environment() -> dict[str, str]:
    # Stages call `python` and `lockgate`: those of the environment that runs this, whatever the caller's PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, **_QUIET, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _concerns(stage: str, candidate: str | None) -> bool:
    return candidate is None or "@" not in stage or stage.endswith(f"@{candidate}")


def _is_data(name: str) -> bool:
    return name.endswith(".dvc")


def _event(line: str) -> tuple[str, StageState] | None:
    for pattern, state in ((_STARTED, StageState.RAN), (_CACHED, StageState.CACHED), (_RESTORED, StageState.RESTORED)):
        if match := pattern.match(line):
            return match["stage"], state
    return None


def _why(changes: Sequence[Any]) -> str:
    """`dvc status` in a line: which code, data, params or results changed."""
    parts: list[str] = []
    for change in changes:
        if not isinstance(change, dict):
            parts.append(_WORDS.get(change, change))
            continue
        for kind, paths in change.items():
            if kind == "changed outs" and set(paths.values()) <= {"deleted", "not in cache"}:
                parts.insert(0, "its results are not here")
            else:
                parts.extend(_entry(path, state) for path, state in paths.items())
    shown = [part for part in dict.fromkeys(parts) if part]
    rest = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + rest or AFTER


def _entry(path: str, state: object) -> str:
    """One changed thing; what an earlier stage has yet to make says nothing that its own line does not."""
    if isinstance(state, dict):
        return ", ".join(f"{path} {key} {change}" for key, change in state.items())
    return "" if state in {"new", "deleted"} else f"{path} {state}"


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith("ERROR")] or output.splitlines()[-3:]
    return "\n  ".join(lines)
