"""A command called several times in one process: its libraries take longer to load than it has to do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CALLED = """\
import importlib, json, os, sys
from lockgate.processes.short_lived import leave, load_quickly

load_quickly()
asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
module, name = sys.argv[1].split(":")
command = getattr(importlib.import_module(module), name)
for line in asked:
    arguments, console = json.loads(line)
    writing = os.open(console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    for number in (1, 2):
        os.dup2(writing, number)
    os.close(writing)
    try:
        code = command(arguments)
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    print(code, file=answers, flush=True)
leave(0)
"""


class OneProcess:
    """A process in a folder that calls a command, ``module:function``, with arguments, as often as it is asked to."""

    def __init__(self, command: str, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._console = folder.with_name(f"{folder.name}-console")
        self._process = subprocess.Popen(
            [sys.executable, "-c", CALLED, command],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str) -> tuple[int, str]:
        """The command's exit code, and what it said."""
        requests, answers = _both(self._process)
        requests.write(json.dumps([arguments, str(self._console)]) + "\n")
        requests.flush()
        answer = answers.readline()
        assert answer, f"the process has ended: {self._console.read_text()}"
        return int(answer), self._console.read_text()

    def end(self) -> None:
        """Nothing is called any more."""
        self._process.communicate()


def _both(process: "subprocess.Popen[str]") -> tuple[Any, Any]:
    return process.stdin, process.stdout
