"""The one error boundary: every error becomes a clear message and an exit code of the contract."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from lockgate.cli.signals import interrupted
from lockgate.domain.names import on_a_terminal
from lockgate.domain.project.disk import fault_of
from lockgate.errors import EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED, LockgateError

TRACEBACK = "LOCKGATE_TRACEBACK"
# The extra that brings a module; a plug-in imports them by itself.
EXTRAS = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "interpret": "interpret",
    "onnxmltools": "xgboost",
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
    """Do the work; its exit code, or the one that its error becomes. What ends a process ends it as Ctrl-C does."""
    with interrupted():
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
        except BrokenPipeError:
            _say(
                "error: nobody reads what is printed any more\n  let the reader go on to the end, or print into a file"
            )
            return EXIT_FAULT
        except Exception as error:
            found = fault_of(error)
            _say(f"error: {found}" if found else f"fault: {type(error).__name__}: {error}\n  --traceback shows where")
            return EXIT_FAULT


def _missing(error: ModuleNotFoundError) -> int:
    module = (error.name or "").partition(".")[0]
    if module in {"", "lockgate"}:
        _say(f"fault: {error}\n  --traceback shows where")
        return EXIT_FAULT
    extra = EXTRAS.get(module)
    wanted = f"'lockgate[{extra}]'" if extra else module
    _say(f"error: {module} is not installed\n  pip install {wanted}, or see `lockgate doctor`")
    return EXIT_INPUT


def _say(message: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may have gone
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        print(on_a_terminal(_from_here(message), lines=True), file=sys.stderr, flush=True)


def _from_here(message: str) -> str:
    """The message with paths below the working directory as one would type them."""
    try:
        here = os.getcwd()  # noqa: PTH109 - pathlib is not loaded for `--help`
    except OSError:  # somebody removed it
        return message
    return message if here == os.sep else message.replace(f"{here}{os.sep}", "")
