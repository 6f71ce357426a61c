"""PyTorch networks: kept as exported programs, which hold a graph and weights and no code, and converted by PyTorch."""

import copy
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from lockgate.adapters.torch.console import first_line, quiet
from lockgate.adapters.torch.direct import DirectTorchNetwork, traced
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

OPSET = 20
PROBABILITIES = "probabilities"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class TorchNetworks:
    """The network-framework port on PyTorch."""

    def load(self, path: Path) -> "TorchNetwork":
        """Load an exported program. Raises ``ModelError`` for a file that is not what it says."""
        return TorchNetwork(_program(path))

    def load_direct(self, path: Path, inputs: Sequence[Input]) -> DirectTorchNetwork:
        """The same for a program that takes the inputs itself. Raises ``ModelError``, for one of other inputs too."""
        program = _program(path)
        try:
            return DirectTorchNetwork(program, inputs)
        except ValueError as error:
            hint = "save it with save_torch(module, self.inputs(), path), or name its preprocessing in Trained"
            raise ModelError(f"{path}: {first_line(error)}", hint=hint) from error


def _program(path: Path) -> torch.export.ExportedProgram:
    try:
        content = path.read_bytes()
        _demand_no_pickle(content)
        with quiet():
            return torch.export.load(io.BytesIO(content))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
    except Exception as error:
        raise ModelError(
            f"{path}: not a PyTorch exported program: {first_line(error)}",
            hint="save it with lockgate.project.save_torch, and train again: lockgate run",
        ) from error


class TorchNetwork:
    """A loaded program on the CPU."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        self._program = program
        self._module = program.module()

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in float32 as trained."""
        try:
            with torch.no_grad():
                answer: Array = self._module(torch.from_numpy(np.ascontiguousarray(features))).numpy()
        except (RuntimeError, TypeError, AttributeError) as error:
            raise ModelError(
                f"the network does not run on its features: {first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error
        return answer

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """Its answers to float64 ``(rows, features)`` with weights in float64, beside those that it gave."""
        with quiet():
            module = copy.deepcopy(self._module).double()
        try:
            with torch.no_grad():
                exact = module(torch.from_numpy(np.ascontiguousarray(features, dtype=np.float64))).numpy()
        except RuntimeError:  # a program may hold float32 of its own, in a constant or a cast
            return None
        if exact.dtype != np.float64:
            return None
        return Reference({PROBABILITIES: exact}, {PROBABILITIES: answers}, np.zeros(len(exact), dtype=np.bool_))

    def thresholds(self) -> Thresholds:
        """None: a network has no trees."""
        return ()

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"torch.onnx {torch.__version__.partition('+')[0]}, dynamo",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def to_onnx(self) -> bytes:
        """Convert with PyTorch's own exporter: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        try:
            with quiet():
                made = torch.onnx.export(
                    self._program,
                    dynamo=True,
                    opset_version=OPSET,
                    input_names=["features"],
                    output_names=["probabilities"],
                    verbose=False,
                )
        except Exception as error:
            raise ModelError(
                f"PyTorch cannot export the network to ONNX: {first_line(error)}",
                hint="its exporter names the operator; replace it, or write the layer otherwise",
            ) from error
        if made is None:
            raise ModelError("PyTorch's exporter made nothing", hint="try another version of PyTorch")
        content: bytes = made.model_proto.SerializeToString(deterministic=True)
        return content


def save(module: object, features: int | Sequence[Input], path: Path) -> None:
    """Export a module in evaluation mode, for any number of rows, and write it; equal modules give equal bytes.

    ``features`` is the width of the matrix that preprocessing makes, or the inputs that the network takes itself.
    """
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{type(module).__name__} is no torch.nn.Module", hint="hand over the trained network itself")
    program = _of_matrix(module, features) if isinstance(features, int) else traced(module, features)
    with quiet():
        # What the program was traced with is of no use to anyone, and is kept by pickle.
        program._example_inputs = None  # noqa: SLF001 - it has no public way
        _forget_paths(program)
        buffer = io.BytesIO()
        torch.export.save(program, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_stable(buffer.getvalue()))


def _of_matrix(module: torch.nn.Module, features: int) -> torch.export.ExportedProgram:
    rows = ({0: torch.export.Dim("rows", min=1)},)
    with quiet():
        return torch.export.export(module.cpu().eval(), (torch.zeros(2, features),), dynamic_shapes=rows, strict=False)


def _forget_paths(program: torch.export.ExportedProgram) -> None:
    """Drop in which file each node was written: a network trained in another folder is the same network."""
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                node.meta.pop("stack_trace", None)


def _stable(content: bytes) -> bytes:
    """The archive without dates and without the id that every saving makes anew."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(source.namelist()):
            if not name.endswith(".data/serialization_id"):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), source.read(name))
    return target.getvalue()


def _demand_no_pickle(content: bytes) -> None:
    """An exported program is a zip of JSON and raw weights; what holds a pickle is refused before torch sees it."""
    if not content.startswith(b"PK"):
        raise ValueError("it is no zip archive")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            head = archive.read(name)[:2]
            if name.endswith((".pkl", ".pickle", ".py", ".so")) or (head[:1] == b"\x80" and head[1:2] <= b"\x05"):
                if _is_weight(name):
                    continue
                raise ValueError(f"it holds {name}, which could run code")


def _is_weight(name: str) -> bool:
    return "/weight_" in name or name.rpartition("/")[2].startswith("weight")
