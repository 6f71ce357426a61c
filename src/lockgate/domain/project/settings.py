"""The typed form of ``params.yaml``: the only source of parameters and thresholds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import numpy as np

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.task_fit import Place, demand_fit, demand_rows, skills, written_strangers
from lockgate.domain.model.inputs import Array, Columns
from lockgate.domain.model.labels import Label
from lockgate.domain.model.profile import MIN_ROWS
from lockgate.domain.model.splits import SPLITS, TEST, VALIDATION
from lockgate.domain.model.task import Task, TaskKind, task_of
from lockgate.domain.names import listed, meant
from lockgate.domain.project.truth_columns import problem_of_keys
from lockgate.domain.ranges import OneOrMore, demand_ranges
from lockgate.domain.releasing.approving.rule import ApprovalRule
from lockgate.domain.releasing.store_setting import store_setting
from lockgate.domain.statistics.metrics.registry import metrics_of
from lockgate.domain.statistics.sample import Floats, Places
from lockgate.errors import SettingsError

UNSAID = cast("Label", "")
"""Where no class is positive."""


@dataclass(frozen=True)
class TablesSettings:
    """Where the project's tables lie, and which columns mean what.

    ``training``, ``validation`` and ``test`` are Parquet files with the raw feature columns and what is true of
    each row. Without ``training`` nobody has the rows that the models were trained on: gates that need them say so.
    ``task`` is what kind of answer the models give. What is true stands in the column ``label``, or in several:
    ``labels`` are those of a multilabel task, or the targets of a regression. ``positive`` is the positive class of
    a binary task in its written form, ``quantiles`` are those that a regression answers. Rows with the same value
    of ``group`` depend on each other: one person, one machine, one day. ``time`` says when a row was: the test rows
    are of a time after the training rows. ``naive`` has what a forecast without a model says of the one target.
    ``judged_only`` columns go into the score table, never into the model. A value that fewer than
    ``min_rows_per_value`` rows share is a value of somebody's row: it is counted, and kept in nothing that is
    released.
    """

    training: str | None = field(default=None, kw_only=True)
    validation: str
    test: str
    label: str = ""
    positive: Label = UNSAID
    judged_only: tuple[str, ...] = ()
    min_rows_per_value: OneOrMore = MIN_ROWS
    task: TaskKind = "binary"
    labels: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()
    group: str | None = None
    time: str | None = None
    naive: str | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)
        object.__setattr__(self, "positive", str(self.positive))
        if problem := problem_of_keys(self.task, self.label, self.labels, self.positive, self.quantiles):
            raise ValueError(problem)
        if self.training is None and self.time is not None:
            raise ValueError("time: test rows are of a time after training rows, and training names none; leave it out")
        if self.naive is not None and (self.task != "regression" or len(self.truths) > 1):
            raise ValueError("naive: a forecast without a model is of the one target of a regression; leave it out")

    @property
    def splits(self) -> tuple[str, ...]:
        """The tables that there are."""
        return SPLITS if self.training is not None else (VALIDATION, TEST)

    @property
    def truths(self) -> tuple[str, ...]:
        """The columns that say what is true."""
        return self.labels or (self.label,)

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that the settings name: each is in every table."""
        others = (each for each in (self.group, self.time, self.naive) if each is not None)
        return tuple(dict.fromkeys((*self.truths, *self.judged_only, *others)))

    def task_of(self, classes: Sequence[str] = ()) -> Task:
        """The task with these classes, which are not known before a model says them; of another it knows the names."""
        of_classes = self.task in {"binary", "multiclass"}
        return task_of(self.task, classes if of_classes else self.truths, self.positive, self.quantiles)

    def truth(self, columns: Columns) -> Array:
        """What is true of each row, as ``Task.truth_of`` takes it; the columns are in their form already."""
        every = [columns[name] for name in self.truths]
        return every[0] if self.task in {"binary", "multiclass"} else np.stack(every, axis=1)

    def forecast(self, columns: Columns) -> Floats | None:
        """What the naive forecast says, ``(rows, 1)``; ``None`` without one."""
        return None if self.naive is None else columns[self.naive].astype(np.float64)[:, None]

    def blocks(self, columns: Columns) -> Places | None:
        """Which rows depend on each other, by a number ``(rows,)`` for each group of them; ``None`` without a group."""
        return None if self.group is None else np.unique(columns[self.group].astype(np.str_), return_inverse=True)[1]


@dataclass(frozen=True)
class TestsSettings:
    """How to run the project's own tests: a command that writes a JUnit report to ``report``."""

    __test__ = False

    command: str
    report: str


@dataclass(frozen=True)
class DrillSettings:
    """``plants`` are bad candidates of the project's own, each ``module:object``; see ``lockgate.project.Plant``."""

    plants: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReleaseSettings:
    """``scores``: whether a release carries the truth, the answer and the score of each held-out row.

    Without them its accuracy and its calibration cannot be judged again from the release alone. ``results`` says which
    `dvc.lock` a release is made and promoted by: ``committed`` is one that a commit has, ``built`` also the one that
    this build's own stages have just written.
    """

    scores: bool = True
    results: Literal["committed", "built"] = "committed"


@dataclass(frozen=True)
class Settings:
    """All of ``params.yaml``. ``data`` and ``train`` belong to the project; Lockgate hands them through.

    ``plugin`` names the project's own part, ``module:object``; see ``lockgate.ports.ModelPlugin``. ``store`` is where
    releases lie for everybody who has the repository, a line of ``lockgate.domain.releasing.store_setting``.
    ``approvals`` says for an environment how many persons must approve a release; one that it does not name needs none.
    """

    model: str
    plugin: str
    candidates: tuple[str, ...]
    environments: tuple[str, ...]
    data: dict[str, Any]
    train: dict[str, dict[str, Any]]
    tables: TablesSettings
    tests: TestsSettings
    gates: Policy
    service: str = "serving"
    drill: DrillSettings = DrillSettings()
    release: ReleaseSettings = ReleaseSettings()
    store: str | None = None
    approvals: dict[str, ApprovalRule] = field(default_factory=dict)

    EMPTY_KEYS = False
    """A key with nothing after it is an error: only one that is left out means none."""

    @classmethod
    def problems_of_written(cls, written: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
        """What cannot be seen of the values alone, with its place: settings at their defaults that ask nothing."""
        tables = written.get("tables")
        told = tables if isinstance(tables, Mapping) else {}
        task, quantiles = told.get("task", "binary"), told.get("quantiles")
        if task in get_args(TaskKind):
            yield from written_strangers(task, written.get("gates"), quantiles if isinstance(quantiles, list) else ())

    def __post_init__(self) -> None:
        for key in ("candidates", "environments"):
            _demand_names(key, getattr(self, key))
        _demand_names("model", (self.model,))
        if self.store is not None:
            store_setting(self.store)
        for name in self.approvals:
            if name not in self.environments:
                raise ValueError(f"approvals.{name}: no environment is called so{meant(name, self.environments)}")
        demand_fit(self.tables.task, self.gates, self.tables.quantiles)
        demand_rows(self.gates, training=self.tables.training is not None)
        self._demand_forecast()
        if self.tables.labels or self.tables.task == "regression":
            self.demand_floors(self.tables.truths)
        for name in self.candidates:
            if name not in self.train:
                raise ValueError(
                    f"train.{name}: missing; every candidate has its parameters under `train`{meant(name, self.train)}"
                )

    def _demand_forecast(self) -> None:
        asked = skills(self.gates)
        if asked and self.tables.task == "regression" and self.tables.naive is None:
            raise ValueError(
                f"tables.naive: missing; {asked[0]} is relative to the forecast in the column that it names"
            )

    def demand_floors(self, known: Sequence[str]) -> None:
        """Raise ``ValueError`` for a floor of a class, label or target that is none of these."""
        classes = self.gates.accuracy.classes
        if classes is not None and (unknown := [name for name in classes.floors if name not in known]):
            told = f"there is no {unknown[0]!r}{meant(unknown[0], known)}; there are {listed(known)}"
            raise ValueError(f"gates.accuracy.classes.floors: {told}")

    def candidate(self, name: str | None) -> str:
        """The candidate of that name, or the only one. Raises ``SettingsError`` where the choice is not clear."""
        if name is None and len(self.candidates) == 1:
            return self.candidates[0]
        known = listed(self.candidates)
        if name is None:
            raise SettingsError(f"params.yaml has several candidates: {known}", hint="choose one with --candidate")
        if name not in self.candidates:
            raise SettingsError(
                f"no candidate is called {name!r}{meant(name, self.candidates)}", hint=f"params.yaml has: {known}"
            )
        return name

    @property
    def selection_metric(self) -> str:
        """What the candidates compete by on validation rows: the accuracy gate's metric unless another is named.

        Raises ``SettingsError`` where that one is brought by a package: it is measured on held-out rows alone.
        """
        chosen = self.gates.selection.metric or self.gates.accuracy.metric
        if chosen in (known := metrics_of(self.tables.task)):
            return chosen
        raise SettingsError(
            f"candidates cannot compete by {chosen}", hint=f"set gates.selection.metric to one of {', '.join(known)}"
        )

    @property
    def selection_min_rows(self) -> int | None:
        """How many validation rows a group needs to be compared there; ``None`` without a fairness policy.

        Groups are compared beside the selection where there are two classes.
        """
        fairness = self.gates.fairness
        return (
            None
            if fairness is None or self.tables.task != "binary"
            else self.gates.selection.min_rows or fairness.min_rows
        )

    @property
    def production(self) -> str:
        """The last environment in the order of promotion: there a warning needs a waiver."""
        return self.environments[-1]

    def environment(self, name: str | None) -> str:
        """The environment of that name, or the first one: the one that a candidate meets first."""
        chosen = name or self.environments[0]
        if chosen not in self.environments:
            raise SettingsError(
                f"no environment is called {chosen!r}{meant(chosen, self.environments)}",
                hint=f"params.yaml has: {listed(self.environments)}",
            )
        return chosen


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def _demand_names(key: str, names: tuple[str, ...]) -> None:
    """Names become folders, files and tags; each must be one that all of these take."""
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{key}: at least one name, none twice")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{key}: {name!r} is no name: lower-case letters, digits, - and _, 63 at most")
