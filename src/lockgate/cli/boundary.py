"""The one error boundary: every error becomes a clear message and an exit code of the contract."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from lockgate.errors import EXIT_FAULT, EXIT_INTERRUPTED, LockgateError

TRACEBACK = "LOCKGATE_TRACEBACK"


def guarded(work: Callable[[], int]) -> int:
    """Do the work; its exit code, or the one that its error becomes. SIGTERM ends it as Ctrl-C does."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return work()
    except KeyboardInterrupt:
        _say("interrupted: what was finished is kept; run it again to go on")
        return EXIT_INTERRUPTED
    except LockgateError as error:
        _say(f"error: {error}")
        return error.exit_code
    except Exception as error:
        _say(f"fault: {type(error).__name__}: {error}\n  --traceback shows where")
        return EXIT_FAULT
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(message: str) -> None:
    if os.environ.get(TRACEBACK):
        traceback.print_exc()
    print(message, file=sys.stderr)
