"""A process that does one thing and ends: it seldom looks for garbage while it loads, and frees nothing at its end.

    python -P -m lockgate.processes.short_lived MODULE [ARGUMENT]...

runs a module so, as ``python -m`` does.
"""

import atexit
import gc
import os
import sys
import time
from typing import Final, NoReturn

LOADING_SECONDS: Final = 30.0
SELDOM: Final = 1000


def load_quickly(seconds: float = LOADING_SECONDS) -> None:
    """Look through all objects seldom while libraries are loaded: most stay, and it takes a sixth of that time.

    After ``seconds`` it is as usual: what a training throws away may be large.
    """
    usual, end = gc.get_threshold(), time.monotonic() + seconds

    def watch(_phase: str, _found: dict[str, int]) -> None:
        if time.monotonic() > end:
            gc.set_threshold(*usual)
            gc.callbacks.remove(watch)

    gc.callbacks.append(watch)
    gc.set_threshold(*usual[:2], SELDOM)


def leave(code: int, unheard: int = 1) -> NoReturn:
    """End now, as mypy does: to free every object of a framework first takes a second, and frees what ends anyway.

    The exit code is ``unheard`` in place of 0 where whoever read what was said has gone.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for it
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or unheard
    os._exit(code)


def as_module(module: str) -> tuple[str, ...]:
    """The command that runs a module so, without the working directory on Python's path."""
    return sys.executable, "-P", "-m", __spec__.name, module


def main() -> None:
    """Run the module that the arguments name."""
    del sys.argv[0]
    run(sys.argv[0])


def run(module: str) -> None:
    """Run a module as ``python -m`` does, and end with its exit code. An error of its own is Python's to tell."""
    import runpy  # noqa: PLC0415 - the verbs do not wait for it

    load_quickly()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = 0 if end.code is None else end.code
        if not isinstance(code, int) or not _alone():
            raise
        leave(code & 0xFF)


def _alone() -> bool:
    """Whether no thread is left that Python would wait for."""
    import threading  # noqa: PLC0415 - the verbs do not wait for it

    return all(each.daemon or each is threading.main_thread() for each in threading.enumerate())


if __name__ == "__main__":
    main()
