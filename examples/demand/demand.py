"""How much electricity will be asked for in a day? From the half hours of the week before."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from lockgate.project import Axis, Input, Plugin, params

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


class Demand(Plugin):
    settings = {"network": Network}

    def data(self):
        """A row for each half hour that has a week before it and a day after it, in the order of time."""
        from pmdarima.datasets import load_taylor  # what trains and checks need not wait for it

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
        return import_module("network").train(run)
