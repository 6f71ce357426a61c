"""How much electricity will be asked for in a day? From the half hours of the week before."""

from dataclasses import dataclass

import numpy as np
import torch
from pmdarima.datasets import load_taylor
from torch import nn

from lockgate.project import Axis, Input, Plugin, Trained, params, save_torch

DAY, WEEK = 48, 7 * 48
WINDOW = Input("window", "float32", (Axis("half_hour", WEEK),))


@dataclass(frozen=True)
class Weeks:
    """`data` in params.yaml: the last weeks are for the test, those before for validation."""

    validation_weeks: int
    test_weeks: int


@dataclass(frozen=True)
class Network:
    """`train.network` in params.yaml."""

    hidden: int
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int


class Forecast(nn.Module):
    """Half hours (rows, 336) to megawatts (rows, 1): those of a week before, and what a small network adds."""

    def __init__(self, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(WEEK, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, window):
        level = window.mean(dim=1, keepdim=True)
        return window[:, DAY - 1 : DAY] + 1000 * self.layers((window - level) / 5000)


class Demand(Plugin):
    settings = {"network": Network}

    def data(self):
        """A row for each half hour that has a week before it and a day after it, in the order of time."""
        series, weeks = load_taylor(), params("data", Weeks)
        now = np.arange(WEEK - 1, len(series) - DAY)
        table = {
            "window": np.stack([series[each - WEEK + 1 : each + 1] for each in now]).astype(np.float32),
            "demand": series[now + DAY],
            "last_week": series[now + DAY - WEEK],
            "hour": now % DAY / 2,
            "time": now,
            "day": now // DAY,
        }
        test = len(now) - weeks.test_weeks * WEEK
        validation = test - weeks.validation_weeks * WEEK
        # A day is left out between two tables: what is true of a row is known a day later.
        rows = {"training": (0, validation - DAY), "validation": (validation, test - DAY), "test": (test, None)}
        return {split: {name: values[slice(*place)] for name, values in table.items()} for split, place in rows.items()}

    def inputs(self):
        return [WINDOW]

    def train(self, run):
        settings = params("train.network", Network)
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        windows, truth = torch.from_numpy(run.training["window"]), torch.from_numpy(run.training["demand"])
        later = torch.from_numpy(run.validation["window"])
        model = Forecast(settings.hidden)
        optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate)
        for epoch in range(1, settings.epochs + 1):
            for batch in torch.randperm(len(windows)).split(settings.batch_size):
                optimizer.zero_grad()
                loss = (model(windows[batch])[:, 0] - truth[batch]).abs().mean()
                loss.backward()
                optimizer.step()
            with torch.no_grad():
                error = np.abs(model(later)[:, 0].numpy() - run.validation["demand"]).mean()
            run.epoch(epoch, settings.epochs, validation_mae=float(error))
        save_torch(model.eval(), [WINDOW], run.folder / "network.pt2")
        return Trained("torch", "network.pt2", (WINDOW,))
