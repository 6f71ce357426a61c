"""Which digit is it? Images of 8 by 8 grey values, ten classes; a network of PyTorch and one of Keras compete."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from lockgate.project import Axis, Input, Plugin

CLASSES = tuple("0123456789")
IMAGE = Input("image", "uint8", (Axis("height", 8), Axis("width", 8)))


@dataclass(frozen=True)
class Network:
    """`train.torch` and `train.keras` in params.yaml."""

    filters: int
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int


class Digits(Plugin):
    settings = {"torch": Network, "keras": Network}

    def data(self):
        """A third of the images for the test, a fifth of the others for validation, each with every digit's share."""
        from sklearn.datasets import load_digits  # what trains and checks need not wait for it
        from sklearn.model_selection import train_test_split

        raw = load_digits()
        table = {"image": raw.images.astype(np.uint8), "digit": raw.target.astype(np.int64)}
        rest, test = train_test_split(np.arange(len(raw.target)), test_size=1 / 3, random_state=1, stratify=raw.target)
        training, validation = train_test_split(rest, test_size=0.2, random_state=1, stratify=raw.target[rest])
        rows = {"training": training, "validation": validation, "test": test}
        return {split: {name: values[chosen] for name, values in table.items()} for split, chosen in rows.items()}

    def inputs(self):
        return [IMAGE]

    def train(self, run):
        """Each network has a module of its own: nobody waits for the other's framework, nor trains again for it."""
        return import_module(f"{run.candidate}_network").train(run)
