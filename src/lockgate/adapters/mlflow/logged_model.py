"""MLflow's own form of a model: what it is made of, and whether it still is the graph that was released."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import yaml
from google.protobuf.message import DecodeError
from mlflow.models import ModelSignature
from mlflow.types.schema import Schema, TensorSpec
from mlflow.utils import requirements_utils

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import TYPES, feed, read_rows
from lockgate.domain.model.signature import Signature
from lockgate.errors import LockgateError
from lockgate.ports import Files

GRAPH = "model.onnx"
ABOUT = "MLmodel"
OF_A_VERSION = "registered_model_meta"
"""MLflow adds it to what is loaded as a version: its name and number."""
REQUIREMENTS = [f"onnx=={onnx.__version__}", "onnxruntime", "numpy", "pandas"]
PACKAGES = "_MODULES_TO_PACKAGES"
"""MLflow's own: which package each module is of. It is ``None`` until MLflow reads every package that is installed."""


@contextmanager
def packages_known() -> Iterator[None]:
    """MLflow looks whether ``REQUIREMENTS`` are installed, and need not read every package that is, to do so.

    Their modules have their names. Afterwards MLflow knows of packages what it knew before.
    """
    known = getattr(requirements_utils, PACKAGES, {})
    if known is not None:
        yield
        return
    names = ["mlflow", *(requirement.partition("==")[0] for requirement in REQUIREMENTS)]
    setattr(requirements_utils, PACKAGES, {name: [name] for name in names})
    try:
        yield
    finally:
        setattr(requirements_utils, PACKAGES, None)


def schema(signature: Signature) -> ModelSignature:
    """Each raw column as the graph takes it, ``(rows, 1)``: with tensors, MLflow shapes a data frame's columns so.

    A tensor is one with its axes, of which -1 varies.
    """
    inputs = [TensorSpec(_dtype(each.dtype), (-1, *_shape(each)), each.name) for each in signature.inputs]
    outputs = [TensorSpec(_dtype(out.dtype), (-1, *out.shape), out.name) for out in signature.outputs]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example(signature: Signature, profile: Profile) -> dict[str, npt.NDArray[np.generic]]:
    """The typical row, as the graph takes it."""
    return feed(read_rows([profile.typical_row(signature)], signature.dtypes), signature.dtypes)


def files_digest(folder: Path, files: Files) -> Digest:
    """One digest of all files of a model."""
    return digest_of_files({name: digest for name, digest in files.tree(folder).items() if name != OF_A_VERSION})


def difference_of_model(folder: Path, released: Path, files: Files, registered: str | None) -> str:
    """What whoever loads this model would get instead of the released graph; empty where it is that graph.

    ``registered`` is the digest of its files when it was registered; versions of an older Lockgate have none.
    """
    try:
        if not {GRAPH, ABOUT} <= set(files.tree(folder)):
            return "its model is gone"
        if _graph(folder / GRAPH) != _graph(released):
            return "its model is another ONNX graph"
        changed = registered and registered != str(files_digest(folder, files))
        return _code(folder / ABOUT) or ("files beside its ONNX graph were changed" if changed else "")
    except LockgateError as error:
        return error.message
    except (OSError, ValueError, AttributeError, yaml.YAMLError, DecodeError) as error:
        return f"its model cannot be read: {error}"


def _code(about: Path) -> str:
    """What would run beside ONNX Runtime when it is loaded."""
    flavours = yaml.safe_load(about.read_text(encoding="utf-8")).get("flavors", {})
    loaded = flavours.get("python_function", {})
    loader, data = loaded.get("loader_module"), flavours.get("onnx", {}).get("data")
    if loader != "mlflow.onnx" or data != GRAPH or "code" in loaded or set(flavours) != {"python_function", "onnx"}:
        return f"its model is loaded by {loader} instead of by MLflow's ONNX flavour"
    return ""


def _graph(path: Path) -> bytes:
    """The graph in one form: MLflow writes what it has read."""
    return bytes(onnx.load(path, load_external_data=False).SerializeToString(deterministic=True))


def _shape(declared: Input) -> tuple[int, ...]:
    return tuple(-1 if axis.size is None else axis.size for axis in declared.axes) or (1,)


def _dtype(name: str) -> np.dtype[np.generic]:
    return np.dtype(TYPES[name].numpy)
