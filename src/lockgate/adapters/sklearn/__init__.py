"""scikit-learn models: saved and loaded through skops (never unpickled), converted by skl2onnx."""

from lockgate.adapters.sklearn.models import SklearnFramework, SklearnPreprocessor
from lockgate.adapters.sklearn.saving import save

__all__ = ["SklearnFramework", "SklearnPreprocessor", "save"]
