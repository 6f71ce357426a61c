"""The TensorFlow candidate: the same kind of network in Keras, so that frameworks compete and not only sizes."""

import os
from collections.abc import Sequence
from typing import Any

# TensorFlow reads these while it is imported: no word of missing GPUs on the console, and sums in one order everywhere.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf

from census.columns import CLASSES, LABEL
from census.params import Network
from census.preprocessing import fit, matrix
from lockgate.project import Array, Column, ModelError, Trained, TrainingRun, params, save_keras, save_preprocessing


def network(features: int, settings: Network) -> keras.Model:
    """A functional model from features to the probabilities of the two classes."""
    entry = keras.Input((features,), name="features")
    layer = entry
    for hidden in settings.hidden:
        layer = keras.layers.Dense(hidden, activation="relu")(layer)
        layer = keras.layers.Dropout(settings.dropout)(layer)
    answer = keras.layers.Dense(len(CLASSES), activation="softmax", name="probabilities")(layer)
    return keras.Model(entry, answer)


def train(run: TrainingRun, inputs: Sequence[Column]) -> Trained:
    """Fit preprocessing and network; the epoch with the best validation loss is kept."""
    settings = params(f"train.{run.candidate}", Network)
    device = choose_device(settings.device)
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    transformer = fit(run.training, inputs)
    features, labels = matrix(transformer, run.training, inputs), _labels(run.training[LABEL])
    with tf.device(device):
        model = network(features.shape[1], settings)
        optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
        model.compile(optimizer, loss="sparse_categorical_crossentropy")
        model.fit(
            features,
            labels,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=(matrix(transformer, run.validation, inputs), _labels(run.validation[LABEL])),
            validation_batch_size=4096,
            verbose=0,
            callbacks=[
                _Report(run, settings.epochs),
                keras.callbacks.EarlyStopping(patience=settings.patience, restore_best_weights=True),
            ],
        )
    save_preprocessing(transformer, run.folder / "preprocessing.skops")
    save_keras(model, run.folder / "network.keras")
    return Trained("tensorflow", "network.keras", tuple(inputs), CLASSES, preprocessing="preprocessing.skops")


def choose_device(wanted: str) -> str:
    """``auto`` takes a GPU where there is one. Raises ``ModelError`` where one is demanded in vain."""
    available = bool(tf.config.list_physical_devices("GPU"))
    if wanted == "cuda" and not available:
        raise ModelError(
            "train.tensorflow.device is cuda, and TensorFlow sees no GPU here", hint="set it to auto or cpu"
        )
    return "/GPU:0" if available and wanted != "cpu" else "/CPU:0"


class _Report(keras.callbacks.Callback):
    """Tells the run of every epoch."""

    def __init__(self, run: TrainingRun, epochs: int) -> None:
        super().__init__()
        self._run_of_lockgate, self._epochs = run, epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keras counts from 0."""
        self._run_of_lockgate.epoch(
            epoch + 1, self._epochs, loss=float(logs["loss"]), validation_loss=float(logs["val_loss"])
        )


def _labels(values: Array) -> Array:
    return np.asarray(values == CLASSES[1], dtype=np.int64)
