"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockgate.adapters.sklearn import float32_answers as rounding
from lockgate.adapters.sklearn.answers import by_quantile, numbers_of, problem_of, problem_of_transformer
from lockgate.adapters.sklearn.conversion.settings import settings
from lockgate.adapters.sklearn.raw_thresholds import thresholds_of_columns
from lockgate.adapters.sklearn.safe_loading import load
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs, answer_names, free_name
from lockgate.domain.model.task import Regression, Task, quantiles_of
from lockgate.domain.names import listed
from lockgate.errors import ModelError


class SklearnFramework:
    """The framework port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column], task: Task) -> "SklearnModel":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        _demand_columns(path, inputs)
        found = load(path)
        quantiles = quantiles_of(task)
        models = by_quantile(path, found, quantiles) if quantiles or isinstance(found, dict) else [found]
        for model in models:
            if problem := problem_of(model, task):
                raise ModelError(f"{path}: {problem.what}", hint=problem.way)
        return SklearnModel(models, inputs, task)


def _demand_columns(path: Path, inputs: Sequence[Column]) -> None:
    if tensors := [column.name for column in inputs if column.axes]:
        raise ModelError(
            f"{path}: scikit-learn takes columns of one value a row, and {listed(tensors)} has axes",
            hint="hand tensors to a torch or Keras model, or the values as columns",
        )


class SklearnPreprocessor:
    """The preprocessor port on scikit-learn."""

    def load(self, path: Path, inputs: Sequence[Column]) -> "SklearnPreprocessing":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        _demand_columns(path, inputs)
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
        return rounding.dense(self._transformer.transform(_frame(columns, self._inputs))).astype(np.float32)

    def transform_in_float64(self, columns: Columns) -> Array:
        """The same matrix, numbers in float64 all the way."""
        frame = _in_float64(_frame(columns, self._inputs))
        return rounding.dense(self._transformer.transform(frame))

    def thresholds(self, features: Thresholds) -> Mapping[str, Array]:
        """Where a tree's thresholds on features lie in the raw columns."""
        return thresholds_of_columns(self._transformer, features)

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return settings(self._inputs)

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX: one input for each raw column, one output ``features``. Raises ``ModelError``."""
        from lockgate.adapters.sklearn.conversion.onnx_export import convert  # noqa: PLC0415 - no other stage needs it

        if problem := problem_of_transformer(self._transformer):
            raise ModelError(problem.what, hint=problem.way)
        features = free_name("features", [column.name for column in inputs])
        model = convert(self._transformer, inputs, [features])
        content: bytes = model.SerializeToString(deterministic=True)
        return content


class SklearnModel:
    """A fitted pipeline that takes a data frame with the raw columns; of quantiles, one for each, in their order."""

    def __init__(self, pipelines: Sequence[Any], inputs: Sequence[Column], task: Task) -> None:
        self._pipelines = pipelines
        self._inputs = inputs
        self._task = task

    def outputs(self) -> Sequence[Output]:
        """The label, which the graph answers as a number unless it is a text, and a number for each column."""
        numbers = Output(self._task.output, "float32", (self._task.width,))
        if not self._task.labelled:
            return (numbers,)
        texts = np.asarray(self._pipelines[0].classes_).dtype.kind in "OUST"
        return (Output("label", "string" if texts else "int64"), numbers)

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX with one input for each raw column. Raises ``ModelError``."""
        from lockgate.adapters.sklearn.conversion.onnx_export import convert  # noqa: PLC0415 - no other stage needs it
        from lockgate.adapters.sklearn.conversion.output_forms import beside_each_other, form_of  # noqa: PLC0415

        label, numbers = answer_names(inputs, self._task)
        names = (label, numbers) if self._task.labelled else (numbers,)
        options = {} if isinstance(self._task, Regression) else {"zipmap": False}
        width = 1 if len(self._pipelines) > 1 else self._task.width
        graphs = [convert(each, inputs, names, form_of(self._task, width), **options) for each in self._pipelines]
        model = graphs[0] if len(graphs) == 1 else beside_each_other(graphs, numbers)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def predict(self, columns: Columns) -> Outputs:
        """The pipeline's own answers: labels where the task has them, and the numbers in float64."""
        frame = _frame(columns, self._inputs)
        numbers = np.hstack([self._numbers(each, frame) for each in self._pipelines]).astype(np.float64)
        if not self._task.labelled:
            return {self._task.output: numbers}
        return {"label": self._pipelines[0].predict(frame).astype(object), self._task.output: numbers}

    def _numbers(self, estimator: Any, rows: Any) -> rounding.Matrix:
        return numbers_of(estimator, rows, self._task)

    def reference(self, columns: Columns, answers: Outputs) -> Reference:  # noqa: ARG002 - these are not in float64
        """The pipelines in float64, and on features, thresholds and weights rounded to float32."""
        frame = _in_float64(_frame(columns, self._inputs))
        output, found = self._task.output, []
        for pipeline in self._pipelines:
            transformer, estimator = _divided(pipeline)
            features = rounding.dense(frame if transformer is None else transformer.transform(frame))
            found.append(rounding.reference(estimator, features, self._numbers, output))
        if len(found) == 1:
            return found[0]
        exact, rounded = (np.hstack([side[output] for side in sides]) for sides in zip(*_sides(found), strict=True))
        return Reference({output: exact}, {output: rounded}, np.any([each.crossing for each in found], axis=0))

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns."""
        found: dict[str, Array] = {}
        for pipeline in self._pipelines:
            transformer, estimator = _divided(pipeline)
            if transformer is not None:
                for name, values in thresholds_of_columns(transformer, rounding.thresholds(estimator)).items():
                    found[name] = np.union1d(found.get(name, values), values)
        return found

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return settings(self._inputs)


def _sides(found: Sequence[Reference]) -> Sequence[tuple[Outputs, Outputs]]:
    return [(each.exact, each.rounded) for each in found]


def _divided(pipeline: Any) -> tuple[Any, Any]:
    """What makes the features, if anything does, and the estimator that takes them."""
    steps = getattr(pipeline, "steps", None)
    return (pipeline[:-1], pipeline[-1]) if steps and len(steps) > 1 else (None, pipeline)


def _frame(columns: Columns, inputs: Sequence[Column]) -> pd.DataFrame:
    return pd.DataFrame({column.name: columns[column.name] for column in inputs})


def _in_float64(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: np.float64 for name, dtype in frame.dtypes.items() if dtype == np.float32})
