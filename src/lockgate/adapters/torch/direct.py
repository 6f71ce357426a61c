"""PyTorch networks that take their inputs themselves: tensors and columns, in the order of the signature."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch.fx.node import map_aggregate
from torch.utils import _pytree as pytree

from lockgate.adapters.torch.console import first_line, quiet
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Array, DType, Output, dtype_name
from lockgate.domain.names import listed
from lockgate.errors import ModelError

OPSET = 20
ROWS = "rows"
BATCH = 1024
VARYING = 32
"""How long an axis that varies is while the network is traced."""
ORDER = "forward() takes the inputs in their order: a tensor (rows, *shape), a column (rows, 1)"


class DirectTorchNetwork:
    """A loaded program on the CPU, which takes each input as the graph does."""

    def __init__(self, program: torch.export.ExportedProgram, inputs: Sequence[Input]) -> None:
        """Raises ``ValueError`` for a program of another number of inputs, or that answers no tensors by name."""
        self._program, self._module, self._inputs = program, program.module(), tuple(inputs)
        if len(taken := program.graph_signature.user_inputs) != len(self._inputs):
            names = listed(each.name for each in self._inputs)
            raise ValueError(f"it takes {len(taken)} inputs, and the signature has {len(self._inputs)}: {names}")
        self._outputs = tuple(_output(name, value) for name, value in _by_name(_answered(program)).items())

    def outputs(self) -> Sequence[Output]:
        """What it answers, by name; one tensor alone has none."""
        return self._outputs

    def predict(self, fed: Mapping[str, Array]) -> Mapping[str, Array]:
        """Its answers to inputs as a graph takes them, in its own precision. Raises ``ModelError``."""
        try:
            return _ask(self._module, [fed[each.name] for each in self._inputs])
        except (RuntimeError, TypeError, AttributeError, AssertionError) as error:
            raise ModelError(f"the network does not run on its inputs: {first_line(error)}", hint=ORDER) from error

    def exact(self, fed: Mapping[str, Array]) -> Mapping[str, Array] | None:
        """The same with floats, weights and casts in float64; ``None`` where the program still mixes the two."""
        values = [fed[each.name] for each in self._inputs]
        try:
            with quiet():
                module = _in_float64(self._module)
            found = _ask(module, [each.astype(np.float64) if each.dtype.kind == "f" else each for each in values])
        except (RuntimeError, AssertionError):  # a constant, a cast, or a check of what it was traced with
            return None
        return found if all(each.dtype == np.float64 for each in found.values() if each.dtype.kind == "f") else None

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"torch.onnx {torch.__version__.partition('+')[0]}, dynamo",
            "target_opset": str(OPSET),
            "dynamic_axes": listed([ROWS, *_varying(self._inputs)]),
            "names": listed(each.name for each in self._inputs),
        }

    def to_onnx(self) -> bytes:
        """Convert with PyTorch's own exporter: ``input_0``, ``output_0`` and so on. Raises ``ModelError``."""
        try:
            with quiet():
                made = torch.onnx.export(
                    self._program,
                    dynamo=True,
                    opset_version=OPSET,
                    input_names=[f"input_{place}" for place in range(len(self._inputs))],
                    output_names=[f"output_{place}" for place in range(len(self._outputs))],
                    verbose=False,
                )
        except Exception as error:
            raise ModelError(
                f"PyTorch cannot export the network to ONNX: {first_line(error)}",
                hint="its exporter names the operator; replace it, or write the layer otherwise",
            ) from error
        content: bytes = cast("Any", made).model_proto.SerializeToString(deterministic=True)
        return content


def traced(module: torch.nn.Module, inputs: Sequence[Input]) -> torch.export.ExportedProgram:
    """A module in evaluation mode as a program for any number of rows, and any size of the axes that vary.

    Axes of one name have one size. Raises ``ModelError`` where the module does not take its inputs, or fixes an axis.
    """
    sizes = {name: torch.export.Dim(_dim(place), min=1) for place, name in enumerate(_varying(inputs))}
    rows = torch.export.Dim(ROWS, min=1)
    varying = ({at: axis.name for at, axis in enumerate(each.axes, 1) if axis.size is None} for each in inputs)
    shapes = tuple({0: rows} | {at: sizes[name] for at, name in each.items()} for each in varying)
    try:
        with quiet():
            wrapped = _Listed(module.cpu().eval())
            return torch.export.export(wrapped, tuple(map(_example, inputs)), dynamic_shapes=(shapes,), strict=False)
    except Exception as error:
        named = listed(f"{each.name} ({each})" for each in inputs)
        raise ModelError(f"the network cannot be traced on {named}: {first_line(error)}", hint=ORDER) from error


class _Listed(torch.nn.Module):  # type: ignore[misc]
    """The module with its inputs in a row: what they are called in ``forward`` does not matter."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: torch.Tensor) -> Any:
        """Its answers."""
        return self.module(*inputs)


def _in_float64(module: Any) -> Any:
    """A copy with weights in float64, and every cast to float32 one to float64."""
    wide = copy.deepcopy(module).double()
    for node in list(wide.graph.nodes):
        if "assert_tensor_metadata" in str(node.target):  # it was of float32 when it was traced
            wide.graph.erase_node(node)
        else:
            node.args, node.kwargs = map_aggregate(node.args, _wider), map_aggregate(node.kwargs, _wider)
    wide.recompile()
    return wide


def _wider(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


def _varying(inputs: Sequence[Input]) -> list[str]:
    return list(dict.fromkeys(axis.name for each in inputs for axis in each.axes if axis.size is None))


def _dim(place: int) -> str:
    """PyTorch takes Python's own names alone."""
    return f"axis_{place}"


def _example(declared: Input) -> torch.Tensor:
    shape = tuple(axis.size or VARYING for axis in declared.axes) or (1,)
    return torch.from_numpy(np.zeros((2, *shape), dtype=TYPES[declared.dtype].numpy))


def _answered(program: torch.export.ExportedProgram) -> Any:
    """What the program answers, as it was traced: one value, or values in a dict or a tuple."""
    (output,) = (node for node in program.graph.nodes if node.op == "output")
    names = set(program.graph_signature.user_outputs)
    values = [node.meta["val"] for node in output.args[0] if getattr(node, "name", None) in names]
    return pytree.tree_unflatten(values, program.call_spec.out_spec)


def _by_name(found: Any) -> dict[str, Any]:
    """Raises ``ValueError`` for what is neither a tensor nor a dict of tensors."""
    if isinstance(found, torch.Tensor):
        return {"": found}
    if isinstance(found, dict) and found and all(isinstance(each, torch.Tensor) for each in found.values()):
        return {str(name): value for name, value in found.items()}
    raise ValueError(
        f"it answers a {type(found).__name__}; let forward() return one tensor, or a dict of tensors by name"
    )


def _output(name: str, value: torch.Tensor) -> Output:
    """Raises ``ValueError`` for an axis that varies beside that of the rows."""
    shape = tuple(value.shape)[1:]
    if any(not isinstance(size, int) for size in shape):
        raise ValueError(
            f"its output {name or 'alone'} has an axis that varies; an output has a fixed shape for each row"
        )
    dtype = dtype_name(torch.zeros(0, dtype=value.dtype).numpy())
    return Output(name, cast("DType", dtype), shape)


def _ask(module: Any, values: Sequence[Array]) -> dict[str, Array]:
    parts: list[dict[str, Any]] = []
    with torch.no_grad():
        for start in range(0, len(values[0]) or 1, BATCH):
            part = [torch.from_numpy(np.ascontiguousarray(each[start : start + BATCH])) for each in values]
            parts.append({name: each.numpy() for name, each in _by_name(module(*part)).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
