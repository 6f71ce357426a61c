"""The glassbox port on InterpretML's explainable boosting machine: a sum of curves, of columns and of pairs."""

import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TypeAlias

import numpy as np
import pandas as pd
from interpret import develop
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.inputs import is_number
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.task import TRUTH, Multiclass, Regression, Task
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import ModelError

SETTINGS: Mapping[str, int | float] = {
    "outer_bags": 4,
    "interactions": 5,
    "learning_rate": 0.15,
    "random_state": 7,
    # One after another: the same sums in the same order, however many cores there are.
    "n_jobs": 1,
}
ALONE = {"interactions": 0}
"""Of several classes the machine knows no pairs of columns."""
Machine: TypeAlias = ExplainableBoostingClassifier | ExplainableBoostingRegressor
AVX2 = 2
"""What sums are taken with at most: wider vectors, where a machine has them, would round otherwise."""


class FittedMachine:
    """The fitted-glassbox port."""

    def __init__(self, machine: Machine, inputs: Sequence[Column], task: Task) -> None:
        self._machine = machine
        self._inputs, self._task = tuple(inputs), task

    @property
    def intercept(self) -> float:
        """The log-odds where no term says anything; the number, of a regression."""
        return float(np.ravel(self._machine.intercept_)[0])

    @property
    def intercepts(self) -> Sequence[float]:
        """One for each of several classes, in the order of the task."""
        found = np.ravel(self._machine.intercept_)
        return [float(each) for each in (found[self._order()] if isinstance(self._task, Multiclass) else found)]

    def _order(self) -> list[int]:
        """Where each class of the task stands among those of the machine."""
        known = [str(name) for name in self._machine.classes_]
        return [known.index(name) for name in self._task.columns]

    def terms(self) -> Mapping[str, Sequence[str]]:
        """The terms in their order, each with the one or two input columns that it takes."""
        names = [column.name for column in self._inputs]
        features = self._machine.term_features_
        return {" & ".join(names[at] for at in term): tuple(names[at] for at in term) for term in features}

    def explain(self, columns: Columns) -> tuple[Floats, Floats]:
        """The positive class's probability ``(rows,)``, and ``(rows, terms)`` contributions in log-odds.

        Of several classes ``(rows, classes)`` and ``(rows, terms, classes)``; of a regression numbers.
        """
        rows = _frame(columns, self._inputs)
        terms = np.asarray(self._machine.eval_terms(rows), dtype=np.float64)
        if isinstance(self._task, Regression):
            return np.asarray(self._machine.predict(rows), dtype=np.float64), terms
        if isinstance(self._task, Multiclass):
            order = self._order()
            return np.asarray(self._machine.predict_proba(rows), dtype=np.float64)[:, order], terms[:, :, order]
        answers = Answers(TRUTH, np.asarray(self._machine.predict_proba(rows), dtype=np.float64))
        return answers.of_class(TRUTH.positive), terms


class ExplainableBoosting:
    """The glassbox port."""

    def fit(self, columns: Columns, inputs: Sequence[Column], labels: Array, task: Task = TRUTH) -> FittedMachine:
        """Fit with fixed settings; text and truths are classes of their own, ``""`` too. Raises ``ModelError``."""
        if task == TRUTH and len(np.unique(labels)) != 2:  # noqa: PLR2004 - the positive class and the rest
            raise ModelError("a glassbox needs training rows of both classes", hint="see `tables` in params.yaml")
        kind = ExplainableBoostingRegressor if isinstance(task, Regression) else ExplainableBoostingClassifier
        machine: Machine = kind(
            feature_names=[column.name for column in inputs],
            feature_types=["continuous" if is_number(column.dtype) else "nominal" for column in inputs],
            **{**SETTINGS, **(ALONE if isinstance(task, Multiclass) else {})},
        )
        develop.set_option("acceleration", AVX2)
        try:
            with warnings.catch_warnings():
                # A missing number is a value of its own here, and nobody draws this model's curves.
                warnings.filterwarnings("ignore", "Missing values detected", UserWarning)
                machine.fit(_frame(columns, inputs), labels)
        except (ValueError, TypeError) as error:
            raise ModelError(f"the glassbox cannot be fitted: {str(error).strip().splitlines()[0]}") from error
        return FittedMachine(machine, inputs, task)

    def settings(self) -> Mapping[str, str]:
        """What it is fitted with."""
        return {"model": "explainable boosting machine", **{name: str(value) for name, value in SETTINGS.items()}}

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that fit."""
        return {name: version(name) for name in ("interpret-core", "numpy", "scikit-learn")}


def _frame(columns: Columns, inputs: Sequence[Column]) -> pd.DataFrame:
    """Numbers in float64, everything else as text."""
    return pd.DataFrame(
        {
            column.name: columns[column.name].astype(np.float64)
            if is_number(column.dtype)
            else columns[column.name].astype(str).astype(object)
            for column in inputs
        }
    )
