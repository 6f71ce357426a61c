"""SavedModels and Keras on PyTorch as sources: loaded without foreign code, converted, and compared.

Keras has one backend in a process, so each network is made and opened in a process of its own.
"""

import os
import subprocess
import sys

import pytest

from lockgate.errors import ModelError

pytestmark = pytest.mark.slow
LAYERS = """
import numpy as np, keras
keras.utils.set_random_seed(7)
model = keras.Sequential([
    keras.layers.Input((5,)), keras.layers.Dense(16, activation="relu"), keras.layers.BatchNormalization(),
    keras.layers.Dropout(0.3), keras.layers.Dense(2, activation="softmax"),
])
features = np.random.default_rng(0).normal(size=(3000, 5)).astype(np.float32)
"""
COMPARE = """
import onnxruntime
answers = network.predict(features)
session = onnxruntime.InferenceSession(network.to_onnx(), providers=["CPUExecutionProvider"])
found = session.run(["probabilities"], {"features": features})[0]
assert answers.shape == (3000, 2) and answers.dtype == np.float32
assert np.abs(found - answers).max() < 1e-6, np.abs(found - answers).max()
assert np.abs(network.predict(features[:1]) - answers[:1]).max() < 1e-6
truth = network.reference(features.astype(np.float64), answers)
"""


def run(code, folder, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_keras_on_pytorch_is_converted_and_knows_the_truth(tmp_path):
    code = (
        LAYERS
        + """
from pathlib import Path
from lockgate.project import save_keras
from lockgate.adapters.tensorflow.on_torch import KerasOnTorch
save_keras(model, Path("network.keras"))
first = Path("network.keras").read_bytes()
save_keras(model, Path("network.keras"))
assert Path("network.keras").read_bytes() == first
network = KerasOnTorch().load(Path("network.keras"))
"""
        + COMPARE
        + """
assert truth.exact["probabilities"].dtype == np.float64
assert 0 < np.abs(truth.exact["probabilities"] - answers).max() < 1e-6
"""
    )
    run(code, tmp_path, KERAS_BACKEND="torch")


def test_a_process_with_another_backend_says_so(tmp_path):
    code = """
import keras
from pathlib import Path
from lockgate.errors import ModelError
from lockgate.adapters.tensorflow.on_torch import KerasOnTorch
try:
    KerasOnTorch().load(Path("network.keras"))
except ModelError as error:
    assert "Keras runs on tensorflow" in str(error), error
else:
    raise SystemExit("it loaded")
"""
    run(code, tmp_path, KERAS_BACKEND="tensorflow")


def test_a_saved_model_is_converted_by_its_serving_signature(tmp_path):
    code = (
        LAYERS
        + """
from pathlib import Path
from lockgate.adapters.tensorflow.saved_model import SavedModels
model.export("network", verbose=False)
network = SavedModels().load(Path("network"))
"""
        + COMPARE
        + "assert truth is None\n"
    )
    run(code, tmp_path, KERAS_BACKEND="tensorflow")


def test_a_saved_model_that_reads_files_is_refused(tmp_path):
    code = """
import tensorflow as tf
from pathlib import Path
from lockgate.errors import ModelError
from lockgate.adapters.tensorflow.saved_model import SavedModels

class Reader(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 5), tf.float32)])
    def serve(self, features):
        size = tf.strings.length(tf.io.read_file("/etc/hostname"))
        return {"probabilities": features[:, :2] + tf.cast(size, tf.float32)}

reader = Reader()
tf.saved_model.save(reader, "network", signatures={"serving_default": reader.serve})
try:
    SavedModels().load(Path("network"))
except ModelError as error:
    assert "ReadFile" in str(error), error
else:
    raise SystemExit("it loaded")
"""
    run(code, tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xff"])
def test_a_folder_that_is_no_saved_model_is_an_error(content, tmp_path):
    from lockgate.adapters.tensorflow.saved_model import SavedModels

    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError):
        SavedModels().load(tmp_path)
