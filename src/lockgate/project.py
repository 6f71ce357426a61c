"""What a model project uses: the plug-in's base, typed parameters, saving models, clear errors. Its public face."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis, Input
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs
from lockgate.domain.project.settings import Settings
from lockgate.errors import DataError, ModelError, SettingsError
from lockgate.known_frameworks import open_trained
from lockgate.ports import ModelPlugin, SourceModel, TrainingRun
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Plant, Planted

__all__ = [
    "Array",
    "Axis",
    "Bed",
    "Column",
    "Columns",
    "DataError",
    "Input",
    "ModelError",
    "ModelPlugin",
    "NotAsked",
    "Output",
    "Outputs",
    "Plant",
    "Planted",
    "Plugin",
    "SettingsError",
    "SourceModel",
    "Trained",
    "TrainingRun",
    "params",
    "save_keras",
    "save_lightgbm",
    "save_preprocessing",
    "save_reference",
    "save_sklearn",
    "save_torch",
    "save_xgboost",
]

T = TypeVar("T")
_DOCUMENTS = TypedDocuments(LocalFiles())
_PARAMS = Path("params.yaml")


class Plugin:
    """The base of most plug-ins: opens what the known frameworks have saved (``sklearn``, ``torch``, ``xgboost`` ...).

    A plug-in with a framework of its own writes ``open`` itself. ``settings`` names the dataclass of each candidate's
    parameters, so that a mistyped key is found before anything is trained.
    """

    settings: ClassVar[Mapping[str, type]] = {}

    def open(self, trained: Trained, folder: Path) -> SourceModel:
        """The trained model in its own framework. Raises ``ModelError`` for a file that is not what it says."""
        return open_trained(trained, folder)


def params(section: str, kind: type[T]) -> T:
    """A section of ``params.yaml``, such as ``train.sklearn``, as a frozen dataclass.

    Raises ``SettingsError`` with the line, the key's path and the likely meant key. All of ``params.yaml`` is checked
    first, so that a mistake in another section is found before hours of training.
    """
    _DOCUMENTS.read_settings(_PARAMS, Settings)
    return _DOCUMENTS.read_settings(_PARAMS, kind, section=section)


def save_sklearn(pipeline: object, path: Path) -> None:
    """Write a fitted scikit-learn pipeline in skops form; equal pipelines give equal bytes.

    For a regression with quantiles, a dict of pipelines by quantile. Raises ``ModelError`` for what skops cannot keep.
    """
    from lockgate.adapters.sklearn.saving import save

    save(pipeline, path)


def save_preprocessing(transformer: object, path: Path) -> None:
    """Write a fitted scikit-learn transformer, raw columns to one float32 matrix, in skops form."""
    save_sklearn(transformer, path)


def save_torch(module: object, features: int | Sequence[Input], path: Path) -> None:
    """Write a trained ``torch.nn.Module``, float32 ``(rows, features)`` to probabilities, as an exported program.

    With inputs in place of the number of features, it takes them itself, in their order: a tensor ``(rows, *shape)``, a
    column ``(rows, 1)``. Raises ``ModelError`` where it does not.
    """
    from lockgate.adapters.torch import save

    save(module, features, path)


def save_keras(model: object, path: Path) -> None:
    """Write a trained Keras model, float32 ``(rows, features)`` to probabilities, in Keras' own form,
    whether it runs on TensorFlow or on PyTorch (framework ``tensorflow`` or ``keras_torch``)."""
    from lockgate.adapters.tensorflow.keras_archive import save

    save(model, path)


def save_xgboost(model: object, path: Path) -> None:
    """Write a fitted ``XGBClassifier``, ``XGBRegressor`` or ``XGBRanker`` in UBJSON, on ``(rows, features)``."""
    from lockgate.adapters.trees.xgboost import save

    save(model, path)


def save_lightgbm(model: object, path: Path) -> None:
    """Write a fitted ``LGBMClassifier``, ``LGBMRegressor`` or ``LGBMRanker``, on ``(rows, features)``, as text."""
    from lockgate.adapters.trees.lightgbm import save

    save(model, path)


def save_reference(inputs: Columns, outputs: Outputs, path: Path) -> None:
    """Write what a plain ONNX model answered where it was made: ``(rows,)`` inputs, ``(rows, ...)`` outputs."""
    from lockgate.adapters.onnx.stored_answers import save

    save(inputs, outputs, path)
