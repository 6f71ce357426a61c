"""SavedModels and Keras on PyTorch as sources: loaded without foreign code, converted, and compared.

Keras has one backend in a process, which is TensorFlow in that of the tests.
"""

import json
import os
import subprocess
import sys

import pytest

from lockgate.errors import ModelError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
LAYERS = """
import random, sys, numpy as np, keras
random.seed(7)  # Keras draws its seeds from it; its own function loads TensorFlow on any backend
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


ON_TORCH = (
    LAYERS
    + """
from pathlib import Path
from lockgate.project import save_keras
from lockgate.adapters.tensorflow.keras_on_torch import KerasOnTorch
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
assert "tensorflow" not in sys.modules
"""
)
DIRECT_ON_TORCH = """
import keras, numpy as np, onnxruntime
from pathlib import Path
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis, Input, Inputs
from lockgate.known_frameworks import open_trained
from lockgate.project import save_keras
inputs = (Input("image", "uint8", (Axis("height", 8), Axis("width", 8), Axis("channel", 1))), Input("age", "float32"))
image, age = keras.Input((8, 8, 1), name="image", dtype="uint8"), keras.Input((1,), name="age")
seen = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
both = keras.layers.Concatenate()([keras.layers.GlobalAveragePooling2D()(seen), age])
save_keras(keras.Model([age, image], keras.layers.Dense(2, activation="softmax")(both)), Path("direct.keras"))
source = open_trained(Trained("keras_torch", "direct.keras", inputs, ("no", "yes")), Path("."))
random = np.random.default_rng(0)
columns = {"image": random.integers(0, 256, (300, 8, 8, 1), dtype=np.uint8)}
columns["age"] = random.normal(size=300).astype(np.float32)
given = source.predict(columns)
session = onnxruntime.InferenceSession(source.to_onnx(inputs), providers=["CPUExecutionProvider"])
label, probabilities = session.run(["label", "probabilities"], Inputs.of(columns, inputs).fed())
assert np.abs(probabilities - given["probabilities"]).max() < 1e-6
assert label.tolist() == given["label"].tolist()
truth = source.reference(columns, given)
assert 0 < np.abs(truth.exact["probabilities"] - given["probabilities"]).max() < 1e-6
"""
OTHER_BACKEND = """
import keras
from pathlib import Path
from lockgate.errors import ModelError
from lockgate.adapters.tensorflow.keras_on_torch import KerasOnTorch
try:
    KerasOnTorch().load(Path("network.keras"))
except ModelError as error:
    assert "Keras runs on tensorflow" in str(error), error
else:
    raise AssertionError("it loaded")
"""
SAVED_MODEL = (
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
READS_FILES = """
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
tf.saved_model.save(reader, "reader", signatures={"serving_default": reader.serve})
try:
    SavedModels().load(Path("reader"))
except ModelError as error:
    assert "ReadFile" in str(error), error
else:
    raise AssertionError("it loaded")
"""
EACH = """
import json, sys, traceback
failed = {}
for name, code in json.loads(sys.argv[1]).items():
    try:
        exec(code, {"__name__": name})
    except Exception:
        failed[name] = traceback.format_exc()
print(json.dumps(failed))
"""


def test_keras_on_pytorch_is_converted_and_knows_the_truth(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EACH, json.dumps({"code": ON_TORCH, "direct": DIRECT_ON_TORCH})],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {}


@pytest.fixture
def on_tensorflow(tmp_path, monkeypatch):
    """Run code in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda code: exec(code, {"__name__": "on_tensorflow"})


def test_a_process_with_another_backend_says_so(on_tensorflow):
    on_tensorflow(OTHER_BACKEND)


def test_a_saved_model_is_converted_by_its_serving_signature(on_tensorflow):
    on_tensorflow(SAVED_MODEL)


def test_a_saved_model_that_reads_files_is_refused(on_tensorflow):
    on_tensorflow(READS_FILES)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xff"])
def test_a_folder_that_is_no_saved_model_is_an_error(content, tmp_path):
    from lockgate.adapters.tensorflow.saved_model import SavedModels

    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError):
        SavedModels().load(tmp_path)
