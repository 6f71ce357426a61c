"""The ONNX file of a model version in MLflow's registry, whoever registered it."""

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import mlflow
import yaml
from mlflow.exceptions import MlflowException

from lockgate.adapters.mlflow.connection import URI, connected, first_line, shown, tracking_uri
from lockgate.domain.model.graphs.facts import DeclaredInput
from lockgate.errors import ModelError

FORM = re.compile(r"models:/[^/@]+(/[^/@]+|@[^/@]+)")
WRITE = "write models:/NAME/VERSION or models:/NAME@ALIAS"
META = "registered_model_meta"
"""MLflow's file beside a model that was asked for by a name of the registry."""
STAGE = "No versions of model with name"
"""What MLflow says, without a code of its own, of a stage, which it has no more."""
ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"})


def registered_graph(name: str, folder: Path, into: Path) -> tuple[Path, tuple[DeclaredInput, ...], str]:
    """The file of ``models:/name/version`` or ``models:/name@alias``, downloaded whole ``into`` a new folder.

    With it comes what MLflow's signature of the version says that it takes, and the name with the version.
    Without ``MLFLOW_TRACKING_URI`` the registry is the one in ``folder``. Raises ``ModelError`` for a version that is
    none, or that is no ONNX model, and ``ToolError`` where MLflow does not answer.
    """
    if not FORM.fullmatch(name):
        raise ModelError(f"{name}: no model of MLflow's", hint=WRITE)
    uri = tracking_uri(folder)
    if URI not in os.environ and not (folder / "mlflow.db").exists():
        raise ModelError(f"{name}: no registry is named", hint=f"set {URI} to where MLflow is")
    into.mkdir(parents=True)
    with connected(uri):
        try:
            found = Path(mlflow.artifacts.download_artifacts(artifact_uri=name, dst_path=str(into)))
        except MlflowException as error:
            if error.error_code not in ABSENT and STAGE not in str(error):
                raise
            raise ModelError(f"{name}: MLflow at {shown(uri)}: {first_line(error)}", hint=WRITE) from error
    return *_graph(name, found), _with_version(name, found / META)


def _with_version(name: str, meta: Path) -> str:
    """``models:/iris@champion (version 3)``: what an alias means is another version tomorrow."""
    try:
        version = str(yaml.safe_load(meta.read_text(encoding="utf-8"))["model_version"])
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        return name
    return name if name.endswith(f"/{version}") else f"{name} (version {version})"


def _graph(name: str, folder: Path) -> tuple[Path, tuple[DeclaredInput, ...]]:
    about = folder / "MLmodel"
    try:
        model = yaml.safe_load(about.read_text(encoding="utf-8"))
        flavours = model.get("flavors", {})
    except (OSError, AttributeError, yaml.YAMLError) as error:
        raise ModelError(f"{name}: it has no MLmodel that can be read", hint="register it with mlflow.onnx") from error
    if "onnx" not in flavours:
        told = ", ".join(sorted(flavours)) or "none"
        raise ModelError(f"{name}: its flavours are {told}, and ONNX is judged", hint="log it with mlflow.onnx as well")
    path = folder / str(flavours["onnx"].get("data", "model.onnx"))
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{name}: its MLmodel names a file outside of the model: {path}")
    return path, (*_declared(model.get("signature")),)


def _declared(signature: object) -> Iterator[DeclaredInput]:
    """The inputs of an MLflow signature; nothing where it has none, or another form."""
    if not isinstance(signature, dict) or not isinstance(signature.get("inputs"), str):
        return
    try:
        inputs = json.loads(signature["inputs"])
    except ValueError:
        return
    for each in inputs if isinstance(inputs, list) else ():
        if isinstance(each, dict):
            shape = each["tensor-spec"].get("shape", []) if isinstance(each.get("tensor-spec"), dict) else [-1, 1]
            sizes = shape[1:] if all(isinstance(size, int) for size in shape) else [-1]
            yield DeclaredInput(str(each.get("name") or ""), math.prod(sizes) if min(sizes, default=1) > 0 else None)
