"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, Int64TensorType, StringTensorType
from skops.io.exceptions import UntrustedTypesFoundException

from lockgate.domain.signature import Column, Columns, Output, Outputs
from lockgate.errors import ModelError

OPSET = {"": 18, "ai.onnx.ml": 3}
# Classes of scikit-learn that skops does not list itself; read, and found to run nothing of the file's when loaded.
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
_TENSORS = {"float32": FloatTensorType, "int64": Int64TensorType, "string": StringTensorType, "bool": BooleanTensorType}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class SklearnFramework:
    """The framework port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column], classes: Sequence[str]) -> "SklearnModel":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        try:
            pipeline = skops.io.loads(path.read_bytes(), trusted=TRUSTED)
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
        except UntrustedTypesFoundException as error:
            raise ModelError(
                f"{path}: holds types that are not trusted: {error}",
                hint="use scikit-learn's own estimators, or write the step in ONNX",
            ) from error
        except Exception as error:
            raise ModelError(
                f"{path}: not a scikit-learn model in skops form: {error}", hint="train it again: lockgate run"
            ) from error
        if not hasattr(pipeline, "predict_proba") or [str(c) for c in pipeline.classes_] != list(classes):
            raise ModelError(
                f"{path}: not a classifier of {', '.join(classes)}",
                hint="trained.json and the model beside it do not belong together: lockgate run",
            )
        return SklearnModel(pipeline, inputs)


class SklearnModel:
    """A fitted pipeline that takes a data frame with the raw columns."""

    def __init__(self, pipeline: Any, inputs: Sequence[Column]) -> None:
        self._pipeline = pipeline
        self._inputs = inputs

    def outputs(self) -> Sequence[Output]:
        """The label and one probability for each class."""
        return (Output("label", "string"), Output("probabilities", "float32", (len(self._pipeline.classes_),)))

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX with one input for each raw column. Raises ``ModelError``."""
        types = [(column.name, _TENSORS[column.dtype]([None, 1])) for column in inputs]
        try:
            model = to_onnx(self._pipeline, initial_types=types, options={"zipmap": False}, target_opset=OPSET)
        except Exception as error:
            raise ModelError(
                f"skl2onnx cannot convert the pipeline: {error}",
                hint="its list of supported estimators: skl2onnx.supported_converters()",
            ) from error
        renamed = _with_input_names(model, [column.name for column in inputs])
        content: bytes = renamed.SerializeToString(deterministic=True)
        return content

    def predict(self, columns: Columns) -> Outputs:
        """The pipeline's own answers: labels, and probabilities in float64."""
        frame = pd.DataFrame({column.name: columns[column.name] for column in self._inputs})
        probabilities = np.asarray(self._pipeline.predict_proba(frame), dtype=np.float64)
        return {"label": self._pipeline.predict(frame).astype(object), "probabilities": probabilities}


def save(pipeline: object, path: Path) -> None:
    """Write a fitted pipeline in skops form; equal pipelines give equal bytes.

    skops names objects by their address in memory and dates the archive's entries; both are replaced by what does not
    change, so that training again with nothing changed leaves the same hash.
    """
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(pipeline))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    schema, renamed = _with_stable_ids(json.loads(entries.pop("schema.json")))
    entries = {renamed.get(name, name): content for name, content in entries.items()}
    entries["schema.json"] = json.dumps(schema, indent=2).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), entries[name], zipfile.ZIP_DEFLATED)


def _with_stable_ids(schema: Any) -> tuple[Any, Mapping[str, str]]:
    ids: dict[int, int] = {}
    files: dict[str, str] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        walked = {key: walk(value) for key, value in node.items()}
        if "__loader__" in node and "__id__" in node:
            walked["__id__"] = ids.setdefault(node["__id__"], len(ids))
        if "__loader__" in node and isinstance(node.get("file"), str):
            name = re.sub(r"^\d+", lambda _: str(len(files)), node["file"])
            walked["file"] = files.setdefault(node["file"], name)
        return walked

    return walk(schema), files


def _with_input_names(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """Give the graph's inputs the columns' own names, which skl2onnx turns into identifiers."""
    renamed = {node.name: name for node, name in zip(model.graph.input, names, strict=True)}
    for node in model.graph.input:
        node.name = renamed[node.name]
    for operator in model.graph.node:
        operator.input[:] = [renamed.get(name, name) for name in operator.input]
    return model
