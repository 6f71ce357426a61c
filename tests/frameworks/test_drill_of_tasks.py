"""The drill of each task on real models: every plant is stopped by its own gate, and a twin passes."""

import json
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.git.log import GitLog
from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.measuring.kinds import OF_A_CANDIDATE
from lockgate.domain.model.signature import Column
from lockgate.domain.model.splits import SPLITS
from lockgate.domain.model.task import Multiclass, Multilabel, Regression
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.settings import Settings
from lockgate.project import Plugin, Trained, save_sklearn
from lockgate.testing import FakeClock, FakeRepository, FakeTracker
from lockgate.testing.examples import LINEAGE, SOURCE, evidence_of_tests
from lockgate.usecases.judging.drill.drill import Drill, drill
from lockgate.usecases.judging.drill.plants.registry import PLANTS
from lockgate.usecases.judging.drill.sandbox import Tools, measure
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train
from lockgate.usecases.project.project import Project, read_candidate

pytestmark = pytest.mark.slow
FILES = LocalFiles()
DOCUMENTS, TABLES = TypedDocuments(FILES), ParquetTables(FILES)
ROWS = 1300
INPUTS = tuple(Column(name, "float32") for name in ("a", "b", "c"))
APART, OFF = 0.5, {0.05: -1.645, 0.5: 0.0, 0.95: 1.645}


@dataclass(frozen=True)
class Made(Plugin):
    """Linear models of three numbers, of any task."""

    task: object = None
    settings: dict = field(default_factory=dict)

    def data(self):
        return {split: self._table(seed) for seed, split in enumerate(SPLITS)}

    def inputs(self):
        return INPUTS

    def train(self, run):
        rows = pd.DataFrame({each.name: run.training[each.name] for each in INPUTS})
        truth = [run.training[name] for name in self.task.truths or ("outcome",)]
        save_sklearn(self._fitted(rows, truth), run.folder / "model.skops")
        names = self.task.columns if self.task.labelled else ()
        return Trained("sklearn", "model.skops", INPUTS, names)

    def _fitted(self, rows, truth):
        def fit(model, target):
            return make_pipeline(SimpleImputer(), StandardScaler(), model).fit(rows, target)

        if isinstance(self.task, Multiclass):
            return fit(LogisticRegression(), truth[0].astype(str))
        if isinstance(self.task, Multilabel):
            return fit(MultiOutputClassifier(LogisticRegression()), np.stack(truth, axis=1).astype(int))
        if self.task.quantiles:
            return {each: fit(LinearRegression(), truth[0] + APART * OFF[each]) for each in self.task.quantiles}
        return fit(LinearRegression(), np.stack(truth, axis=1))

    def _table(self, seed):
        random = np.random.default_rng(seed)
        columns = {each.name: random.normal(size=ROWS).astype(np.float32) for each in INPUTS}
        numbers = np.stack([*columns.values()], axis=1).astype(np.float64)
        columns["group"] = random.choice(np.array(["x", "y"], dtype=object), ROWS, p=[0.9, 0.1])
        columns["secret"] = random.choice(np.array(["u", "v"], dtype=object), ROWS)
        noise = random.normal(size=(ROWS, 3)) * APART
        if isinstance(self.task, Multiclass):
            names = np.array(self.task.classes, dtype=object)
            return {**columns, "outcome": names[(2 * numbers + noise).argmax(axis=1)]}
        numbers = numbers @ np.array([[3, 1, 0], [0, 2, 1], [1, 0, 2]]) + noise
        if isinstance(self.task, Multilabel):
            numbers = numbers > 0
        return {**columns, **{name: numbers[:, at] for at, name in enumerate(self.task.truths)}}


COMMON = {
    "tests": {"min_tests": 1},
    "parity": {"tolerance": "calibrated"},
    "robustness": {},
    "latency": {"max_ratio": 3.0, "max_size_ratio": 3.0},
    "explanation": {"forbidden": ["secret"]},
    "data": {},
}
TASKS = {
    "multiclass": (Multiclass(("high", "low", "middle")), {"metric": "accuracy", "floor": 0.7, "margin": 0.02}, {}),
    "multilabel": (Multilabel(("one", "two", "three")), {"metric": "f1_macro", "floor": 0.7, "margin": 0.02}, {}),
    "quantiles": (
        Regression(("one",), (0.05, 0.5, 0.95)),
        {"metric": "mean_pinball_loss", "floor": 0.4, "margin": 0.01},
        {},
    ),
}


def project_of(folder, task, accuracy, more):
    tables = {split: f"{split}.parquet" for split in SPLITS} | {"task": task.kind, "judged_only": ["group", "secret"]}
    names = list(task.truths)
    tables |= {"label": "outcome"} if task.labelled else {"label": names[0]} if len(names) == 1 else {"labels": names}
    if len(names) == 1 and task.kind == "multilabel":
        tables["labels"] = [tables.pop("label")]
    if getattr(task, "quantiles", ()):
        tables["quantiles"] = list(task.quantiles)
    params = {
        "model": "made",
        "plugin": "made:Made",
        "candidates": ["linear"],
        "environments": ["staging", "production"],
        "data": {},
        "train": {"linear": {}},
        "tables": tables,
        "tests": {"command": "true", "report": "junit.xml"},
        "gates": COMMON | {"accuracy": accuracy | {"slices": {"by": ["group"], "margin": 0.1}}} | more,
    }
    (folder / "params.yaml").write_text(json.dumps(params))
    (folder / "serving").mkdir()
    settings = DOCUMENTS.read_settings(folder / "params.yaml", Settings)
    return Project(
        Layout(folder), settings, DOCUMENTS, FILES, LocalProjectStore(folder), None, FileKeyring(FILES), GitLog(folder)
    )


@pytest.mark.parametrize("name", TASKS)
def test_every_plant_is_stopped_by_its_own_gate(tmp_path, name):
    task, accuracy, more = TASKS[name]
    project, plugin = project_of(tmp_path, task, accuracy, more), Made(task)
    prepare(project, plugin, TABLES)
    metrics, runtime = SklearnMetrics(), OnnxRuntime()
    train(project, "linear", plugin, TABLES, metrics, FakeTracker(), FakeRepository(tmp_path), lambda *_: None)
    export(project, "linear", plugin, runtime, TABLES, OnnxEditor())
    tools = Tools(plugin, OnnxRuntime, metrics, TABLES, JUnitTestRunner(), OnnxEditor(), FakeClock(step=0.5))
    found = measure(project, "linear", OF_A_CANDIDATE, project.layout.candidate("linear").export, tools)
    found = replace(found.holding(evidence_of_tests(SOURCE)), lineage=LINEAGE)
    of = Drill(project, "linear", read_candidate(project, "linear"), found, SOURCE, tools)
    plants = [plant for plant in PLANTS if task.kind in plant.tasks]
    report = drill(of, plants, lambda result: print(result.plant, result.fate, result.message, sep=" | "))
    assert {each.plant: (each.fate, each.message) for each in report.results if not each.right} == {}
