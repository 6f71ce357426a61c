"""The network of Keras, on TensorFlow."""

import keras
from digits import CLASSES, IMAGE, Network
from keras import layers

from lockgate.project import Trained, params, save_keras


def train(run):
    settings = params("train.keras", Network)
    keras.utils.set_random_seed(settings.seed)
    image = keras.Input((8, 8), name="image", dtype="uint8")
    seen = layers.Reshape((8, 8, 1))(layers.Rescaling(1 / 16)(image))
    for filters in (settings.filters, 2 * settings.filters):
        seen = layers.MaxPooling2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(seen))
    model = keras.Model(image, layers.Dense(10, activation="softmax")(layers.Flatten()(seen)))
    model.compile(keras.optimizers.Adam(settings.learning_rate), "sparse_categorical_crossentropy")
    for epoch in range(1, settings.epochs + 1):
        fitted = model.fit(run.training["image"], run.training["digit"], batch_size=settings.batch_size, verbose=0)
        run.epoch(epoch, settings.epochs, loss=fitted.history["loss"][-1])
    save_keras(model, run.folder / "network.keras")
    return Trained("tensorflow", "network.keras", (IMAGE,), CLASSES)
