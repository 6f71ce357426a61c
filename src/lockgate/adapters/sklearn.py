"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, Int64TensorType, StringTensorType
from skops.io.exceptions import UntrustedTypesFoundException

from lockgate.domain.signature import Array, Column, Columns, Output, Outputs
from lockgate.errors import ModelError

OPSET = {"": 18, "ai.onnx.ml": 3}
# Classes of scikit-learn that skops does not list itself; read, and found to run nothing of the file's when loaded.
# A tree's nodes are indices that scikit-learn follows unchecked, so they are checked here.
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "sklearn.tree._tree.Tree"]
_TENSORS = {"float32": FloatTensorType, "int64": Int64TensorType, "string": StringTensorType, "bool": BooleanTensorType}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class SklearnFramework:
    """The framework port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column], classes: Sequence[str]) -> "SklearnModel":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        pipeline = _load(path)
        if not hasattr(pipeline, "predict_proba") or [str(c) for c in pipeline.classes_] != list(classes):
            raise ModelError(
                f"{path}: not a classifier of {', '.join(classes)}",
                hint="trained.json and the model beside it do not belong together: lockgate run",
            )
        return SklearnModel(pipeline, inputs)


class SklearnPreprocessor:
    """The preprocessor port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column]) -> "SklearnPreprocessing":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        transformer = _load(path)
        if not hasattr(transformer, "transform"):
            raise ModelError(f"{path}: not a transformer", hint="save a fitted one with save_preprocessing")
        return SklearnPreprocessing(transformer, inputs)


class SklearnPreprocessing:
    """A fitted transformer that takes a data frame with the raw columns."""

    def __init__(self, transformer: Any, inputs: Sequence[Column]) -> None:
        self._transformer = transformer
        self._inputs = inputs

    def transform(self, columns: Columns) -> Array:
        """Raw ``(rows,)`` columns become one float32 matrix ``(rows, features)``."""
        frame = pd.DataFrame({column.name: columns[column.name] for column in self._inputs})
        return np.asarray(self._transformer.transform(frame), dtype=np.float32)

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX: one input for each raw column, one output ``features``. Raises ``ModelError``."""
        model = _convert(self._transformer, inputs)
        (output,) = model.graph.output
        renamed = {output.name: "features"}
        for operator in model.graph.node:
            operator.output[:] = [renamed.get(name, name) for name in operator.output]
        output.name = "features"
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def _load(path: Path) -> Any:
    try:
        loaded = skops.io.loads(path.read_bytes(), trusted=TRUSTED)
        _demand_sound_trees(loaded)
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
    return loaded


def _demand_sound_trees(estimator: Any) -> None:
    """Raise ``ValueError`` where a tree's node points outside its tree, which would crash the process that asks it."""
    for part in _parts(estimator):
        if (tree := getattr(part, "tree_", None)) is not None:
            _demand_within(tree.children_left, -1, tree.node_count)
            _demand_within(tree.children_right, -1, tree.node_count)
            _demand_within(tree.feature, -2, tree.n_features)
        for predictor in np.ravel(getattr(part, "_predictors", [])):
            _demand_within(predictor.nodes["left"], 0, len(predictor.nodes))
            _demand_within(predictor.nodes["right"], 0, len(predictor.nodes))
            _demand_within(predictor.nodes["feature_idx"], 0, part._n_features)  # noqa: SLF001 - it has no public way


def _demand_within(values: Any, low: int, end: int) -> None:
    indices = np.asarray(values, dtype=np.int64)
    if indices.size and not (low <= indices.min() and indices.max() < end):
        raise ValueError("a tree's node points outside the tree")


def _parts(estimator: Any) -> Iterator[Any]:
    """An estimator and all that it is made of."""
    yield estimator
    parts = [step for _, step in getattr(estimator, "steps", [])]
    parts += [transformer for _, transformer, _ in getattr(estimator, "transformers_", [])]
    parts += list(np.ravel(getattr(estimator, "estimators_", [])))
    for part in parts:
        yield from _parts(part)


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
        model = _convert(self._pipeline, inputs, zipmap=False)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def predict(self, columns: Columns) -> Outputs:
        """The pipeline's own answers: labels, and probabilities in float64."""
        frame = pd.DataFrame({column.name: columns[column.name] for column in self._inputs})
        probabilities = np.asarray(self._pipeline.predict_proba(frame), dtype=np.float64)
        return {"label": self._pipeline.predict(frame).astype(object), "probabilities": probabilities}


def _convert(estimator: Any, inputs: Sequence[Column], **options: bool) -> onnx.ModelProto:
    types = [(column.name, _TENSORS[column.dtype]([None, 1])) for column in inputs]
    try:
        model = to_onnx(estimator, initial_types=types, options=options or None, target_opset=OPSET)
    except Exception as error:
        raise ModelError(
            f"skl2onnx cannot convert the pipeline: {error}",
            hint="its list of supported estimators: skl2onnx.supported_converters()",
        ) from error
    # skl2onnx lists them in the order of a set, which is another in each process: equal models, other bytes.
    opsets = sorted(model.opset_import, key=lambda entry: entry.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    return _with_input_names(model, [column.name for column in inputs])


def save(pipeline: object, path: Path) -> None:
    """Write a fitted pipeline in skops form; equal pipelines give equal bytes.

    skops names objects by their address in memory and dates the archive's entries; both are replaced by what does not
    change, so that training again with nothing changed leaves the same hash.
    """
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(pipeline))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    path.parent.mkdir(parents=True, exist_ok=True)
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
