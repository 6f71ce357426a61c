"""An ONNX file with its weights, wherever they lie in its folder, and nothing from outside of that."""

import os
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, external_data_helper

from lockgate.domain.source import LFS_POINTER, LFS_TOLD
from lockgate.errors import ModelError

LARGEST = 2**31
"""What one message of Protocol Buffers holds."""


def load(path: Path) -> ModelProto:
    """The model with its weights in it. Raises ``ModelError`` for what is no ONNX file, or has weights elsewhere."""
    try:
        content = path.read_bytes()
        if content.startswith(LFS_POINTER):
            told, helps = LFS_TOLD
            raise ModelError(f"{path}: {told}", hint=helps)
        model = onnx.load_from_string(content)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing", hint="name an ONNX file") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}", hint="name an ONNX file") from error
    except (DecodeError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no ONNX file, or only a part of one: {error}", hint="export it again") from error
    if not model.graph.output or not model.ByteSize():
        raise ModelError(f"{path}: no ONNX model: it has no output", hint="name an ONNX file; export it again")
    _take_in(model, path)
    return model


def _take_in(model: ModelProto, path: Path) -> None:
    """Read weights that lie in files of their own beside the model."""
    every = external_data_helper._get_all_tensors(model)  # noqa: SLF001 - there is no public name for it
    outside = [tensor for tensor in every if external_data_helper.uses_external_data(tensor)]
    for tensor in outside:
        _demand_inside(external_data_helper.ExternalDataInfo(tensor).location, path)
    if not outside:
        return
    try:
        external_data_helper.load_external_data_for_model(model, str(path.parent))
    except Exception as error:  # whatever onnx raises at a file that is short, or a link
        told = str(error).strip().partition("\n")[0]
        raise ModelError(f"{path}: its weights cannot be read: {told}", hint="put them beside the model") from error
    if model.ByteSize() >= LARGEST:
        raise ModelError(f"{path}: its weights are above 2 GB", hint="such a model is not judged yet")


def _demand_inside(location: str, path: Path) -> None:
    folder = path.parent.resolve()
    named = Path(location)
    inside = not named.is_absolute() and (folder / named).resolve().is_relative_to(folder)
    if not location or not inside or os.pardir in named.parts:
        raise ModelError(
            f"{path}: its weights lie in {location!r}, outside of the model's folder",
            hint="weights are read from beside the model alone: export it again into one folder",
        )
