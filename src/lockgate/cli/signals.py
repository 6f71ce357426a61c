"""What ends a process: a terminal that closes, an orchestrator, Ctrl-\\. Each ends a verb as Ctrl-C does."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
TWICE_SECONDS = 1.0
"""A terminal that closes says so twice: itself, and through its shell. The second one must not end the tidying up."""


@contextmanager
def interrupted() -> Iterator[None]:
    """In this block each of them becomes ``KeyboardInterrupt``; one that was switched off, as by nohup, stays so."""
    heard: list[float] = []

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not heard or now - heard[-1] > TWICE_SECONDS:
            heard.append(now)
            raise KeyboardInterrupt

    before = {sign: signal.getsignal(sign) for sign in SIGNALS}
    taken = [sign for sign in SIGNALS if before[sign] is not signal.SIG_IGN]
    for sign in taken:
        signal.signal(sign, interrupt)
    try:
        yield
    finally:
        for sign in taken:
            signal.signal(sign, before[sign])
