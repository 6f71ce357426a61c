"""The plug-in: what Lockgate asks of the census project."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pandas as pd

from census.columns import LABEL, NUMBERS, SENSITIVE, TEXTS, inputs
from census.params import Data, GradientBoosting, Mitigated, Network
from census.split import is_validation, without_rows_of
from lockgate.project import Column, Columns, Plugin, Trained, TrainingRun, params

RAW = Path("data/raw")
KEPT = (*NUMBERS, *TEXTS, *SENSITIVE, LABEL)


class Census(Plugin):
    """The Adult census data, and the candidates ``census.<name>_candidate``."""

    settings: ClassVar[Mapping[str, type]] = {
        "sklearn": GradientBoosting,
        "fairlearn": Mitigated,
        "torch": Network,
        "tensorflow": Network,
    }

    def data(self) -> Mapping[str, Columns]:
        """The raw files under the contract; exact duplicates of test rows are left out of training and validation."""
        # Every stage loads the plug-in, and one reads raw files: pandera takes its second there alone.
        read: Callable[[Path], pd.DataFrame] = import_module("census.contract").read
        known, test = read(RAW / "adult.data.gz"), read(RAW / "adult.test.gz")
        distinct = without_rows_of(known, test)
        validation = is_validation(distinct, params("data", Data).validation_percent)
        print(f"{len(known) - len(distinct)} exact duplicates of test rows left out")
        return {
            "training": _columns(distinct[~validation]),
            "validation": _columns(distinct[validation]),
            "test": _columns(test),
        }

    def inputs(self) -> Sequence[Column]:
        """The raw feature columns; the sensitive ones only where the switch is on."""
        names = inputs(sensitive=params("data", Data).sensitive_as_inputs)
        return [Column(name, "float32" if name in NUMBERS else "string") for name in names]

    def train(self, run: TrainingRun) -> Trained:
        """Hand over to the candidate's own module, so that each framework is loaded only when it is used."""
        trained: Trained = import_module(f"census.{run.candidate}_candidate").train(run, self.inputs())
        return trained


def _columns(frame: pd.DataFrame) -> Columns:
    return {name: frame[name].to_numpy("float32" if name in NUMBERS else object) for name in KEPT}
