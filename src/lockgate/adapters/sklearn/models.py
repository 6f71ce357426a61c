"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockgate.adapters.sklearn import float32_answers as rounding
from lockgate.adapters.sklearn.onnx_export import convert, settings
from lockgate.adapters.sklearn.raw_thresholds import thresholds_of_columns
from lockgate.adapters.sklearn.safe_loading import load
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.labels import BINARY, problem_of_order, written_classes
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs, answer_names, free_name
from lockgate.domain.model.task import Task
from lockgate.errors import ModelError


class SklearnFramework:
    """The framework port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column], task: Task) -> "SklearnModel":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        pipeline = load(path)
        if not hasattr(pipeline, "predict_proba"):
            raise ModelError(
                f"{path}: no classifier with probabilities: it has no predict_proba", hint=f"see Trained; {BINARY}"
            )
        if problem := problem_of_order(task.columns, _classes(path, pipeline)):
            raise ModelError(f"{path}: {problem}", hint="hand over tuple(model.classes_) as Trained.classes")
        return SklearnModel(pipeline, inputs)


def _classes(path: Path, pipeline: Any) -> Sequence[str]:
    try:
        return written_classes(pipeline.classes_)
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: no classifier of one label: classes_: {error}", hint=f"{BINARY}") from error


class SklearnPreprocessor:
    """The preprocessor port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column]) -> "SklearnPreprocessing":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        transformer = load(path)
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
        return np.asarray(self._transformer.transform(_frame(columns, self._inputs)), dtype=np.float32)

    def transform_in_float64(self, columns: Columns) -> Array:
        """The same matrix, numbers in float64 all the way."""
        frame = _in_float64(_frame(columns, self._inputs))
        return np.asarray(self._transformer.transform(frame), dtype=np.float64)

    def thresholds(self, features: Thresholds) -> Mapping[str, Array]:
        """Where a tree's thresholds on features lie in the raw columns."""
        return thresholds_of_columns(self._transformer, features)

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return settings()

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX: one input for each raw column, one output ``features``. Raises ``ModelError``."""
        features = free_name("features", [column.name for column in inputs])
        model = convert(self._transformer, inputs, [features])
        content: bytes = model.SerializeToString(deterministic=True)
        return content


class SklearnModel:
    """A fitted pipeline that takes a data frame with the raw columns."""

    def __init__(self, pipeline: Any, inputs: Sequence[Column]) -> None:
        self._pipeline = pipeline
        self._inputs = inputs

    def outputs(self) -> Sequence[Output]:
        """The label, which the graph answers as a number unless it is a text, and one probability for each class."""
        texts = np.asarray(self._pipeline.classes_).dtype.kind in "OUST"
        label = Output("label", "string" if texts else "int64")
        return (label, Output("probabilities", "float32", (len(self._pipeline.classes_),)))

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX with one input for each raw column. Raises ``ModelError``."""
        model = convert(self._pipeline, inputs, answer_names(inputs), zipmap=False)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def predict(self, columns: Columns) -> Outputs:
        """The pipeline's own answers: labels, and probabilities in float64."""
        frame = _frame(columns, self._inputs)
        probabilities = np.asarray(self._pipeline.predict_proba(frame), dtype=np.float64)
        return {"label": self._pipeline.predict(frame).astype(object), "probabilities": probabilities}

    def reference(self, columns: Columns, answers: Outputs) -> Reference:  # noqa: ARG002 - these are not in float64
        """The pipeline in float64, and on features, thresholds and weights rounded to float32."""
        frame = _in_float64(_frame(columns, self._inputs))
        transformer, estimator = _divided(self._pipeline)
        features = rounding.dense(frame if transformer is None else transformer.transform(frame))
        return rounding.reference(estimator, features)

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns."""
        transformer, estimator = _divided(self._pipeline)
        if transformer is None:
            return {}
        return thresholds_of_columns(transformer, rounding.thresholds(estimator))

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return settings()


def _divided(pipeline: Any) -> tuple[Any, Any]:
    """What makes the features, if anything does, and the estimator that takes them."""
    steps = getattr(pipeline, "steps", None)
    return (pipeline[:-1], pipeline[-1]) if steps and len(steps) > 1 else (None, pipeline)


def _frame(columns: Columns, inputs: Sequence[Column]) -> pd.DataFrame:
    return pd.DataFrame({column.name: columns[column.name] for column in inputs})


def _in_float64(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: np.float64 for name, dtype in frame.dtypes.items() if dtype == np.float32})
