"""The runtime that serves: ONNX Runtime on the CPU."""

import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from lockgate import __version__
from lockgate.adapters.onnxruntime.compatibility import demand_fit
from lockgate.adapters.onnxruntime.timing import in_turns
from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.errors import ModelError

if TYPE_CHECKING:  # a worker that runs one model needs no other port
    from lockgate.ports import Contestant

_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    ValueError,
)
FATAL = 4
_MOST_BYTES = 2**31 - 1
_SPINNING = "session.intra_op.allow_spinning"
_LEVELS = {
    "disabled": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}

AGAIN = "make it again: lockgate run; where that changes nothing, change the model or its conversion: docs/parity.md"


class OnnxRuntime:
    """The runtime port on ONNX Runtime."""

    def __init__(self, *, spinning: bool = True) -> None:
        """``spinning``: threads without work look for some all the time, as ONNX Runtime has it.

        That is quickest where nobody else needs the cores. Answers are the same bits either way.
        """
        self._spinning = spinning

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> "OnnxSession":
        """Load a model. Raises ``ModelError`` for a file that is not an ONNX model."""
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ModelError(f"{path}: not an ONNX model: more than 2 GiB, where protobuf ends", hint=AGAIN)
            content = path.read_bytes()
            demand_fit(content, str(path))
            options = _options(setting, spinning=self._spinning)
            session = ort.InferenceSession(content, options, providers=[setting.provider])
            return OnnxSession(session, signature)
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing", hint="make it: lockgate run") from error
        except _ERRORS as error:
            raise ModelError(
                f"{path}: not a model that ONNX Runtime can load: {_first_line(error)}",
                hint=AGAIN,
            ) from error

    def race(self, contestants: Sequence["Contestant"], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """The seconds of every round of each. Raises ``ModelError``."""
        calls = [self.open(each.model, each.signature).call(each.columns) for each in contestants]
        return in_turns(calls, rounds, seconds)

    def providers(self) -> Sequence[str]:
        """The execution providers that this machine has; Azure's is a remote service."""
        return [name for name in ort.get_available_providers() if name != "AzureExecutionProvider"]

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that measure."""
        return {
            "lockgate": __version__,
            "onnxruntime": ort.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        }


class OnnxSession:
    """The session port: a loaded graph that takes each raw column as ``(rows, 1)``."""

    def __init__(self, session: ort.InferenceSession, signature: Signature) -> None:
        self._session = session
        self._signature = signature

    def input_names(self) -> Sequence[str]:
        """The names of the graph's inputs."""
        return [node.name for node in self._session.get_inputs()]

    def inputs(self, columns: Columns) -> Inputs:
        """The columns as its signature declares them. Raises ``ModelError``."""
        return Inputs.of(columns, self._signature.inputs)

    def run(self, columns: Columns) -> Outputs:
        """Every output of the graph for ``(rows,)`` columns. Raises ``ModelError``."""
        answers = self.call(columns)()
        return {
            node.name: np.asarray(answer) for node, answer in zip(self._session.get_outputs(), answers, strict=True)
        }

    def call(self, columns: Columns) -> Callable[[], Sequence[Any]]:
        """What asks the graph these ``(rows,)`` columns and does nothing else. It raises ``ModelError``."""
        feed = self.inputs(columns).fed()

        def ask() -> Sequence[Any]:
            try:
                answers: Sequence[Any] = self._session.run(None, feed)
            except _ERRORS as error:
                raise ModelError(
                    f"the ONNX model does not run on its signature: {_first_line(error)}",
                    hint=AGAIN,
                ) from error
            return answers

        return ask


def _options(setting: RunCondition, *, spinning: bool) -> ort.SessionOptions:
    options = ort.SessionOptions()
    # What does not run raises; warnings on shapes and unused weights come by the call, and drown what is said here.
    options.log_severity_level = FATAL
    options.graph_optimization_level = _LEVELS[setting.optimisation]
    options.intra_op_num_threads = setting.threads
    if not spinning:
        options.add_session_config_entry(_SPINNING, "0")
    return options


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
