"""Keras models on whichever backend: saved so that equal ones give equal bytes, and copied in float64."""

import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
from keras.src.utils import module_utils

from lockgate.adapters.tensorflow.console_noise import quiet
from lockgate.errors import ModelError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ASKED = "_available"
"""Keras's own, on a module that it loads when it is asked for: ``None`` until Keras has asked whether it is there."""


def in_float64(model: keras.Model) -> keras.Model:
    """The same model with every layer and every weight in float64; plain cloning would stay in float32."""

    def layer_in_float64(layer: keras.Layer) -> keras.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float64"})

    with _no_tensorflow():
        made = keras.models.clone_model(model, clone_function=layer_in_float64)
    made.set_weights(model.get_weights())
    return made


def save(model: object, path: Path) -> None:
    """Write a trained Keras model; equal models give equal bytes."""
    if not isinstance(model, keras.Model):
        raise ModelError(f"{type(model).__name__} is no keras.Model", hint="hand over the trained network itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, quiet(), _no_tensorflow():
        written = Path(folder) / "network.keras"
        model.save(written)
        path.write_bytes(_stable(written))


@contextmanager
def _no_tensorflow() -> Iterator[None]:
    """On another backend, Keras loads TensorFlow to ask whether what it describes is TensorFlow's: seconds for a no."""
    lazy = module_utils.tensorflow
    if "tensorflow" in sys.modules or getattr(lazy, _ASKED, False) is not None:
        yield
        return
    setattr(lazy, _ASKED, False)
    try:
        yield
    finally:
        setattr(lazy, _ASKED, None)


def _stable(written: Path) -> bytes:
    """The archive without dates, and with objects numbered as they come instead of by their address in memory."""
    target = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = json.dumps({"keras_version": keras.__version__, "date_saved": ""}).encode()
            elif name == "config.json":
                content = json.dumps(_with_stable_ids(json.loads(content), {})).encode()
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return target.getvalue()


def _with_stable_ids(node: Any, ids: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_with_stable_ids(item, ids) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: ids.setdefault(value, len(ids)) if key == "shared_object_id" else _with_stable_ids(value, ids)
        for key, value in node.items()
    }
