"""The one error boundary: every error becomes a clear message and an exit code of the contract."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from lockgate.errors import EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED, LockgateError

TRACEBACK = "LOCKGATE_TRACEBACK"
FULL = "make room and run it again: what was there before is as it was"
# The extra that brings a module; a plug-in imports them by itself.
EXTRAS = {
    "keras": "tensorflow",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "pandas": "sklearn",
    "skl2onnx": "sklearn",
    "sklearn": "sklearn",
    "skops": "sklearn",
    "tensorflow": "tensorflow",
    "tf2onnx": "tensorflow",
    "torch": "torch",
}


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
    except ModuleNotFoundError as error:
        return _missing(error)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            _say(f"error: the disk is full: {error.filename or 'no space left'}\n  {FULL}")
            return EXIT_FAULT
        _say(f"fault: {type(error).__name__}: {error}\n  --traceback shows where")
        return EXIT_FAULT
    finally:
        signal.signal(signal.SIGTERM, previous)


def _missing(error: ModuleNotFoundError) -> int:
    module = (error.name or "").partition(".")[0]
    if module in {"", "lockgate"}:
        _say(f"fault: {error}\n  --traceback shows where")
        return EXIT_FAULT
    extra = EXTRAS.get(module)
    wanted = f"'lockgate[{extra}]'" if extra else module
    _say(f"error: {module} is not installed\n  pip install {wanted}, or see `lockgate doctor`")
    return EXIT_INPUT


def _interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(message: str) -> None:
    if os.environ.get(TRACEBACK):
        traceback.print_exc()
    print(message, file=sys.stderr)
