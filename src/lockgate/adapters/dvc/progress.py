"""What `dvc repro` and `dvc status` print, told as reports of stages."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lockgate.domain.names import listed
from lockgate.ports import StageReport, StageState

_STARTED = re.compile(r"Running stage '(?P<stage>.+)':")
_CACHED = re.compile(r"Stage '(?P<stage>.+)' didn't change, skipping")
_RESTORED = re.compile(r"Stage '(?P<stage>.+)' is cached - skipping run, checking out outputs")
_FAILED = re.compile(r"WARNING: failed to run: .*, exited with (?P<code>-?\d+)")
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
SHOWN = 3
NEVER = "dvc.lock has no result of it yet"
AFTER = "an earlier stage's result changed"
_WORDS = {"always changed": "it asks to run always", "changed command": "its command changed"}
_SKIPPED = {
    StageState.CACHED: "code, data and params as before",
    StageState.RESTORED: "ran before with the same code, data and params; result taken from the cache",
}


class Progress:
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

    @property
    def running(self) -> bool:
        """Whether a stage runs now."""
        return self._running is not None

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

    @property
    def said(self) -> str:
        """The last lines: where no stage failed, yet dvc did, they say why."""
        return "\n".join(self._tail)


def _event(line: str) -> tuple[str, StageState] | None:
    for pattern, state in ((_STARTED, StageState.RAN), (_CACHED, StageState.CACHED), (_RESTORED, StageState.RESTORED)):
        if match := pattern.match(line):
            return match["stage"], state
    return None


def why(changes: Sequence[Any]) -> str:
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
    return listed(shown, most=SHOWN) or AFTER


def _entry(path: str, state: object) -> str:
    """One changed thing; what an earlier stage has yet to make says nothing that its own line does not."""
    if isinstance(state, dict):
        return ", ".join(f"{path} {key} {change}" for key, change in state.items())
    return "" if state in {"new", "deleted"} else f"{path} {state}"


def last_lines(output: str) -> str:
    """What dvc calls an error, or else its last lines; of a traceback the last one alone, which says what it was."""
    lines = [line for line in output.splitlines() if line.strip()]
    of_traceback = any(line.startswith("Traceback ") for line in lines)
    lines = [line for line in lines if line.startswith("ERROR")] or lines[-1 if of_traceback else -3 :]
    return "\n  ".join(lines)
