"""The process that runs a model: loads and runs what it is asked to, within limits, and may die of it alone.

    python -m lockgate.adapters.onnxruntime.worker MEMORY_BYTES SECONDS

Requests come on stdin and answers go to stdout, as messages; whatever native code prints goes to stderr.
"""

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from lockgate.adapters.onnxruntime.requests import (
    Ask,
    Failed,
    Open,
    Opened,
    Race,
    Raced,
    Ran,
    RanBatches,
    Run,
    RunBatches,
    Told,
    of_task,
)
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime, OnnxSession
from lockgate.adapters.onnxruntime.timing import in_turns
from lockgate.adapters.onnxruntime.wire_format import LENGTH, pack, send, unpack
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Outputs
from lockgate.errors import ModelError
from lockgate.processes.short_lived import load_quickly
from lockgate.typed_values import from_msgpack

ASKER_SECONDS = 0.5
Requests = Open | Run | RunBatches | Race | Ask


def serve(requests: IO[bytes], answers: IO[bytes], seconds: int) -> None:
    """Answer until nobody asks any more; a request that takes longer ends the process, whoever still waits for it."""
    # Where nobody takes the time, threads that wait leave the cores to others: 40 % less of them for 500 trees.
    runtime, sessions = OnnxRuntime(spinning=False), list[OnnxSession]()
    while length := requests.read(LENGTH):
        signal.alarm(seconds)
        request = from_msgpack(requests.read(int.from_bytes(length, "big")), Requests, of_task)
        try:
            send(answers, _answer(request, runtime, sessions, seconds))
        except ModelError as error:
            send(answers, Failed(error.message, error.hint))
        except MemoryError:
            send(answers, Failed("the model needs more memory than it may have", "see gates.parity.memory_gib"))
        signal.alarm(0)


def _answer(request: Requests, runtime: OnnxRuntime, sessions: list[OnnxSession], seconds: int) -> Any:
    if isinstance(request, Ask):
        return Told(list(runtime.providers()), dict(runtime.versions()))
    if isinstance(request, Open):
        opener = OnnxRuntime() if request.timed else runtime
        sessions.append(opener.open(Path(request.path), request.signature, request.setting))
        return Opened(len(sessions) - 1, list(sessions[-1].input_names()))
    if isinstance(request, Race):
        asked = zip(request.sessions, request.columns, strict=True)
        calls = [sessions[number].call(unpack(columns)) for number, columns in asked]
        return Raced(in_turns(calls, request.rounds, request.seconds))
    session = sessions[request.session]
    if isinstance(request, RunBatches):
        found = together([session.run(part) for part in _one_by_one(session, request, seconds)])
        return RanBatches([list(pack(outputs).items()) for outputs in found])
    return Ran(list(pack(session.run(unpack(request.columns))).items()))


def _one_by_one(session: OnnxSession, request: RunBatches, seconds: int) -> Iterator[Inputs]:
    """The rows of each call, which has as long as one that is asked for alone."""
    for part in session.inputs(unpack(request.columns)).batches(request.size):
        signal.alarm(seconds)
        yield part


def together(calls: Sequence[Outputs]) -> Sequence[Outputs]:
    """One below the other, where what each call answers fits the others; else as they are."""
    forms = {tuple((name, values.dtype, values.shape[1:], values.ndim) for name, values in c.items()) for c in calls}
    if len(forms) != 1 or not all(ndim for *_, ndim in next(iter(forms))):
        return calls
    return [{name: np.concatenate([outputs[name] for outputs in calls]) for name in calls[0]}]


def _end_with(asker: int) -> None:
    """A model may run for minutes, and nobody reads what it answers when the one who asked was killed."""
    while os.getppid() == asker:
        time.sleep(ASKER_SECONDS)
    os._exit(0)


def main() -> None:
    """Take the limits upon this process, and serve."""
    load_quickly()
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    for sign in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):  # the terminal's are for the one who asks
        signal.signal(sign, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, seconds)


if __name__ == "__main__":
    main()
