"""Has MLflow's server loaded, which takes seconds, and becomes one in a process of its own as often as it is asked.

A line of JSON on stdin says where and with which environment; a line on stdout is its process.
"""

import contextlib
import gc
import json
import os
import signal
import sys
from pathlib import Path

gc.disable()

import uvicorn  # noqa: E402 - all that is loaded stays
from mlflow.server import fastapi_app  # noqa: E402 - as said above


def become(port, folder, log, environment):
    os.setsid()
    with Path(os.devnull).open() as nothing, Path(log).open("w") as said:
        for source, target in ((nothing, 0), (said, 1), (said, 2)):
            os.dup2(source.fileno(), target)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    uvicorn.run(fastapi_app.app, host="127.0.0.1", port=port, log_level="warning")


def reap(*_):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main():
    signal.signal(signal.SIGCHLD, reap)
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        if not (child := os.fork()):
            become(**json.loads(line))
            break
        print(child, flush=True)


if __name__ == "__main__":
    main()
