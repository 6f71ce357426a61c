"""What a process says, while it runs: lines of one kind are handed on, of the others the last are kept."""

import os
import queue
import threading
from collections import deque
from collections.abc import Callable

KEPT = 200
WAITING = 10_000
PATIENCE_SECONDS = 1.0


class Heard:
    """Reads a pipe to its end; ``on_line`` gets the lines that begin with ``mark``, without it.

    The one who says it never waits for the one who is told: lines that come faster than they are taken are counted.
    """

    def __init__(self, pipe: int, mark: str, on_line: Callable[[str], None]) -> None:
        self._pipe, self._mark, self._on_line = pipe, mark, on_line
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._waiting: queue.Queue[str] = queue.Queue(WAITING)
        self._missed = 0
        self._reading = threading.Thread(target=self._read, name="hears", daemon=True)
        self._reading.start()
        threading.Thread(target=self._tell, name="tells", daemon=True).start()

    def rest(self) -> str:
        """The last of the other lines."""
        self._reading.join(PATIENCE_SECONDS)
        return "".join([*self._kept])

    def _read(self) -> None:
        with os.fdopen(self._pipe, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith(self._mark):
                    self._hand_on(line.removeprefix(self._mark).rstrip("\n"))
                else:
                    self._kept.append(line)

    def _hand_on(self, line: str) -> None:
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._missed += 1

    def _tell(self) -> None:
        while True:
            line = self._waiting.get()
            try:
                self._on_line(line)
                if self._missed and self._waiting.empty():
                    missed, self._missed = self._missed, 0
                    self._on_line(f"... and {missed} more, that came too fast to be shown")
            except OSError:  # nobody looks any more, and the rest is counted
                return
