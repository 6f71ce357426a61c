"""ONNX Runtime in a process of its own: a model that hangs, crashes or grows ends that process, and nothing else."""

import math
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import msgspec
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
)
from lockgate.adapters.onnxruntime.wire_format import LENGTH, pack, send, unpack
from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Array, Columns, Outputs, Signature
from lockgate.errors import ModelError
from lockgate.ports import Contestant
from lockgate.typed_values import from_msgpack

HINT = "export it again; its limits are gates.parity.seconds and gates.parity.memory_gib in params.yaml"
GRACE_SECONDS = 5
CELLS = 16_000_000
"""How many cells of a table the worker is sent at once; more rows are sent in several calls."""
CALLS = 64
"""How many calls it makes for one message, at most: what they answer waits in its memory."""
LARGEST = 16 * 1024**3


class IsolatedRuntime:
    """The runtime port on worker processes: one for each model file, which every session of it shares."""

    def __init__(self, seconds: float, memory_bytes: int, *, soon: bool = False) -> None:
        """``soon`` starts a worker now, which loads while its asker gets ready."""
        self._seconds, self._memory = seconds, memory_bytes
        self._workers: dict[Path, Worker] = {}
        self._spare = Worker(seconds, memory_bytes) if soon else None
        self._racer: tuple[Worker, dict[_File, int]] | None = None
        self._told: Told | None = None

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> "IsolatedSession":
        """Load a model. Raises ``ModelError`` for one that cannot be loaded within the limits."""
        worker = self._workers.get(path)
        if worker is None or worker.dead:
            worker = self._workers[path] = self._new_worker()
            worker.subject = str(path)
        opened = worker.ask(Open(str(path), signature, setting), Opened)
        return IsolatedSession(worker, opened.session, opened.inputs, signature)

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """The seconds of every round of each, in a worker that does nothing but race. Raises ``ModelError``."""
        worker, sessions = self._racing()
        worker.subject = " and ".join(str(each.model) for each in contestants)
        files = [_file(each.model) for each in contestants]
        for each, file in zip(contestants, files, strict=True):
            if file not in sessions:
                opened = worker.ask(Open(str(each.model), each.signature, AS_SERVED, timed=True), Opened)
                sessions[file] = opened.session
        numbers = [sessions[file] for file in files]
        columns = [pack(Inputs.of(each.columns, each.signature.inputs)) for each in contestants]
        raced: Raced = worker.ask(Race(numbers, columns, rounds, seconds), Raced)
        return raced.seconds

    def _racing(self) -> tuple["Worker", dict["_File", int]]:
        if self._racer is None or self._racer[0].dead:
            self._racer = self._new_worker(), {}
        return self._racer

    def _new_worker(self) -> "Worker":
        worker, self._spare = self._spare, None
        return worker or Worker(self._seconds, self._memory)

    def providers(self) -> Sequence[str]:
        """The execution providers that this machine has."""
        return self._tell().providers

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that measure."""
        return self._tell().versions

    def _tell(self) -> Told:
        """A worker knows, so that this process need not load the runtime."""
        if self._told is None:
            racing = [self._racer[0]] if self._racer else []
            alive = next((worker for worker in (*self._workers.values(), *racing) if not worker.dead), None)
            worker = alive or self._new_worker()
            told: Told = worker.ask(Ask(), Told)
            self._told, self._spare = told, self._spare if alive else worker
        return self._told


_File: TypeAlias = tuple[str, int, int]


def _file(path: Path) -> _File:
    """A file as it is now: what is written in its place is another one. Raises ``ModelError`` where there is none."""
    try:
        found = path.stat()
    except OSError as error:
        raise ModelError(f"{path}: cannot be loaded: {error.strerror}") from error
    return str(path), found.st_mtime_ns, found.st_ino


class IsolatedSession:
    """The session port: a session in a worker."""

    def __init__(self, worker: "Worker", number: int, inputs: Sequence[str], signature: Signature) -> None:
        self._worker, self._number, self._inputs, self._signature = worker, number, inputs, signature

    def input_names(self) -> Sequence[str]:
        """The names of the graph's inputs."""
        return self._inputs

    def run(self, columns: Columns) -> Outputs:
        """Every output of the graph for ``(rows,)`` columns, at most ``CELLS`` asked at once. Raises ``ModelError``."""
        inputs = Inputs.of(columns, self._signature.inputs)
        cells = sum(values.size for values in inputs.values())
        most = max(1, CELLS * inputs.rows // cells) if cells else 1
        if inputs.rows <= most:
            return self._asked(inputs)
        return joined([(part.rows, self._asked(part)) for part in inputs.batches(most)])

    def run_in_batches(self, columns: Columns, size: int) -> Sequence[Outputs]:
        """The outputs of calls of ``size`` rows each, together where they fit together. Raises ``ModelError``."""
        inputs = Inputs.of(columns, self._signature.inputs)
        cells = size * sum(values[:1].size for values in inputs.values())
        calls = min(CALLS, CELLS // cells) if cells else CALLS
        if calls <= 1:
            return [self.run(part) for part in inputs.batches(size)]
        parts = inputs.batches(size * calls)
        return [found for part in parts for found in self._worker.run_batches(self._number, part, size)]

    def _asked(self, inputs: Inputs) -> Outputs:
        return self._worker.run(Run(self._number, pack(inputs)))


def joined(parts: Sequence[tuple[int, Outputs]]) -> Outputs:
    """Outputs one below the other; one that had not a row for each in some part is as it was there, and found so."""
    found: dict[str, Array] = {}
    for name in parts[0][1]:
        odd = next((outputs[name] for rows, outputs in parts if outputs[name].shape[:1] != (rows,)), None)
        found[name] = np.concatenate([outputs[name] for _, outputs in parts]) if odd is None else odd
    return found


class Worker:
    """A process that holds the sessions of one model, its ``subject``; ended with whoever asks it."""

    def __init__(self, seconds: float, memory_bytes: int) -> None:
        self.subject = "onnxruntime"
        self._seconds, self._memory = seconds, memory_bytes
        patience = math.ceil(seconds) + GRACE_SECONDS
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lockgate.adapters.onnxruntime.worker", str(memory_bytes), str(patience)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        weakref.finalize(self, _end, self._process)

    @property
    def dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def run(self, request: Run) -> Outputs:
        """A run's outputs. Raises ``ModelError``."""
        try:
            return unpack(dict(self.ask(request, Ran).outputs))
        except ValueError as error:
            raise ModelError(f"{self.subject}: its outputs cannot be read: {error}", hint=HINT) from error

    def run_batches(self, session: int, inputs: Inputs, size: int) -> Sequence[Outputs]:
        """The outputs of each call, or of all; each has as long as one alone. Raises ``ModelError``."""
        calls = math.ceil(inputs.rows / size)
        try:
            ran: RanBatches = self.ask(RunBatches(session, pack(inputs), size), RanBatches, calls)
            return [unpack(dict(outputs)) for outputs in ran.outputs]
        except ValueError as error:
            raise ModelError(f"{self.subject}: its outputs cannot be read: {error}", hint=HINT) from error

    def ask(self, request: Any, expected: type[Any], calls: int = 1) -> Any:
        """One question, one answer, in the time of so many calls."""
        if self.dead:
            raise self._died()
        try:
            send(_stream(self._process.stdin), request)
            answer = from_msgpack(self._receive(self._seconds * calls), Failed | expected)
        except (BrokenPipeError, EOFError) as error:
            raise self._died() from error
        except msgspec.MsgspecError as error:
            raise ModelError(f"{self.subject}: its process answered nonsense: {error}", hint=HINT) from error
        if isinstance(answer, Failed):
            raise ModelError(answer.message, hint=answer.hint)
        return answer

    def _receive(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        length = int.from_bytes(self._read(LENGTH, deadline), "big")
        if length > LARGEST:
            raise ModelError(f"{self.subject}: an answer of {length} bytes", hint=HINT)
        return self._read(length, deadline)

    def _read(self, count: int, deadline: float) -> bytes:
        stream, parts = _stream(self._process.stdout), []
        while count:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                _end(self._process)
                raise self._silent()
            part = stream.raw.read(count) if hasattr(stream, "raw") else stream.read(count)
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _silent(self) -> ModelError:
        return ModelError(f"{self.subject}: no answer within {self._seconds:g} s", hint=HINT)

    def _died(self) -> ModelError:
        code = self._process.wait()
        if code == -signal.SIGALRM:  # it looks at its own time, too
            return self._silent()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return ModelError(
            f"{self.subject}: the process that ran it, with {self._memory / 1024**3:g} GiB, ended with {how}", hint=HINT
        )


def _stream(stream: IO[bytes] | None) -> Any:
    return stream


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
