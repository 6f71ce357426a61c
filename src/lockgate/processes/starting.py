"""Starts tools of others so that they end with whoever started them, however that ends."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lockgate.processes import supervisor
from lockgate.processes.found import MARK, mark

GRACE_SECONDS = 15.0
LOOK_SECONDS = 0.05
CHUNK = 65536


@contextmanager
def begun(
    command: Sequence[str],
    root: Path,
    what: str,
    environment: Mapping[str, str],
    *,
    grace: float = GRACE_SECONDS,
    everything: bool = False,
    **options: Any,
) -> Iterator["subprocess.Popen[Any]"]:
    """Run a command, for ``what`` in the project at ``root``, while the block runs; ``options`` are those of ``Popen``.

    The command and its process group, or ``everything`` that it starts, is ended, within ``grace`` seconds politely,
    when the block is left, and when this process is gone, killed or not. Its stdin is empty, and it hears no Ctrl-C:
    this process does.
    """
    scope = supervisor.ALL if everything else "group"
    watched, held = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, f"{grace:g}", scope, *command],
            stdin=watched,
            env={**environment, MARK: str(mark(root, what))},
            start_new_session=True,
            **options,
        )
    except BaseException:
        os.close(held)
        raise
    finally:
        os.close(watched)
    try:
        yield process
    finally:
        os.close(held)
        _wait(process)


def ran(
    command: Sequence[str],
    root: Path,
    what: str,
    environment: Mapping[str, str],
    *,
    timeout: float | None = None,
    **options: Any,
) -> "subprocess.CompletedProcess[Any]":
    """Run a command to its end. Raises ``subprocess.TimeoutExpired`` when it is ended for its time."""
    with begun(command, root, what, environment, **options) as process:
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess([*command], process.returncode, out, err)


def _wait(process: "subprocess.Popen[Any]") -> None:
    """Until all of it is gone. What is said meanwhile is read: who is not heard cannot end."""
    streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    heard = {stream.fileno() for stream in streams if not stream.closed}
    while heard and process.poll() is None:
        for ready in select.select(heard, [], [], LOOK_SECONDS)[0]:
            if not os.read(ready, CHUNK):
                heard.discard(ready)
    process.wait()
    for stream in streams:
        stream.close()
