"""What deliveries that were killed have left running in a project."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lockgate.domain.project.health import Part, State
from lockgate.errors import Busy
from lockgate.processes.found import Found, left_running

WAIT_SECONDS = 40.0
"""Longer than a stage is given to end by itself."""
LOOK_SECONDS = 0.1
SERVES = "serve "


def await_left(root: Path, say: Callable[[str], None]) -> None:
    """Wait for what is being ended just now, as by a delivery that was killed. Raises ``Busy`` for what runs on.

    A server that was left writes nothing here, and stops nobody but who wants its port.
    """
    deadline, told = time.monotonic() + WAIT_SECONDS, False
    while left := _at_work(root):
        if time.monotonic() > deadline or not all(each.ending for each in left):
            raise Busy(
                f"a delivery that was killed has left {' and '.join(map(str, left))}",
                hint=f"wait for it, or end it: {'; '.join(each.remedy for each in left)}",
            )
        if not told:
            say(f"waiting for what a delivery that was killed is ending: {left[0]}")
            told = True
        time.sleep(LOOK_SECONDS)


def _at_work(root: Path) -> Sequence[Found]:
    return [each for each in left_running(root) if each.mark and not each.mark.what.startswith(SERVES)]


def leftovers(root: Path) -> Sequence[Part]:
    """Each process that runs on in the project, though who started it is gone; none is not worth a line."""
    return [
        Part(
            "left running",
            State.WRONG,
            f"{each}, started to {each.mark.what}",
            each.remedy,
            each.mark.what.startswith(SERVES),
        )
        for each in left_running(root)
        if each.mark
    ]
