"""A plug-in of a tensor, a date and a number that is rounded keeps the contract that every plug-in keeps."""

import numpy as np
import pytest

from lockgate.project import Axis, Input, Plugin, Trained, save_torch
from lockgate.testing.plugin_contract import PluginContract

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROWS = 300


class Spots(Plugin):
    def data(self):
        random = np.random.default_rng(0)
        image = random.integers(0, 256, (3 * ROWS, 1, 6, 6), dtype=np.uint8)
        table = {
            "image": image,
            "seen": np.datetime64("2026-01-01") + np.arange(3 * ROWS) % 40,
            "size": random.random(3 * ROWS),
            "bright": image.mean(axis=(1, 2, 3)) > 127,
        }
        parts = zip(("training", "validation", "test"), np.split(np.arange(3 * ROWS), 3), strict=True)
        return {split: {name: values[rows] for name, values in table.items()} for split, rows in parts}

    def inputs(self):
        axes = (Axis("channel", 1), Axis("height", 6), Axis("width", 6))
        return [Input("image", "uint8", axes), Input("seen", "date"), Input("size", "float32")]

    def train(self, run):
        import torch

        class Network(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.last = torch.nn.Linear(3, 2)

            def forward(self, image, seen, size):
                bright = image.to(size.dtype).mean(dim=(1, 2, 3)).unsqueeze(1) / 255
                days = (seen - 20_000).to(size.dtype) / 1000
                return self.last(torch.cat([bright, days, size], dim=1)).softmax(dim=1)

        torch.manual_seed(1)
        save_torch(Network(), self.inputs(), run.folder / "network.pt2")
        return Trained("torch", "network.pt2", tuple(self.inputs()), (False, True))


class TestSpots(PluginContract):
    candidates = ("torch",)
    label, positive = "bright", True

    def make(self):
        return Spots()
