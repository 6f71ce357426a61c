"""A real glassbox of several classes and of a number: its terms add up to its answers, and it is what is learned."""

import json

import builders
import numpy as np
import pytest
import yaml

from lockgate.adapters.interpret import ExplainableBoosting
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION, ReferenceEvidence
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Multiclass, Regression
from lockgate.errors import DataError
from lockgate.usecases.measuring.kinds.glassbox import check_reference
from lockgate.usecases.measuring.score_tables import find_reference_scores

TABLES = ParquetTables(builders.FILES)
INPUTS = (Column("age", "float32"), Column("job", "string"))


def rows(seed, count=600):
    random = np.random.default_rng(seed)
    age = random.uniform(0, 10, count).astype(np.float32)
    job = random.choice(np.array(["a", "b"], dtype=object), count)
    number = age.astype(np.float64) + 2 * (job == "b") + 0.1 * random.normal(size=count)
    return {"age": age, "job": job}, number


@pytest.fixture
def made(tmp_path):
    def make(task, truth, labels=("outcome",)):
        params = yaml.safe_load(builders.PARAMS)
        tables = {name: params["tables"][name] for name in ("training", "validation", "test")}
        params["tables"] = tables | {"task": task}
        params["tables"] |= {"label": labels[0]} if task != "multilabel" and len(labels) == 1 else {"labels": [*labels]}
        metric = {"multiclass": "log_loss", "multilabel": "log_loss", "regression": "mean_absolute_error"}[task]
        params["gates"]["accuracy"] = {"metric": metric, "floor": 1.0, "margin": 0.1}
        params["gates"]["parity"] = {"tolerance": "calibrated"}
        (tmp_path / "params.yaml").write_text(json.dumps(params))
        for seed, name in enumerate(("train", "validation", "test")):
            columns, number = rows(seed)
            TABLES.write(tmp_path / f"build/{name}.parquet", columns | dict.fromkeys(labels, truth(number)))
        return builders.opened(tmp_path)

    return make


def check(project):
    return check_reference(project, INPUTS, ExplainableBoosting(), SklearnMetrics(), TABLES)


def test_of_several_classes(made):
    names = np.array(["low", "middle", "high"], dtype=object)
    project = made("multiclass", lambda number: names[np.digitize(number, [4, 8])])
    evidence = check(project)
    assert evidence.task == Multiclass(("high", "low", "middle"))
    assert set(evidence.intercepts) == set(evidence.task.classes)
    assert {term.columns for term in evidence.terms} == {("age",), ("job",)}
    assert evidence.metrics["accuracy"] > 0.9
    assert builders.DOCUMENTS.read(project.layout.reference, ReferenceEvidence) == evidence
    scores = find_reference_scores(project, TABLES, evidence)
    assert (scores.sample.predicted == scores.sample.truth).mean() > 0.9
    told = [name for name in scores.columns if name.startswith(CONTRIBUTION)]
    assert told == [f"{CONTRIBUTION}{term.name} to {name}" for term in evidence.terms for name in evidence.task.classes]


def test_of_a_number(made):
    project = made("regression", lambda number: number)
    evidence = check(project)
    assert evidence.task == Regression(("outcome",))
    assert evidence.metrics["mean_absolute_error"] < 0.3
    scores = find_reference_scores(project, TABLES, evidence)
    total = sum(values for name, values in scores.columns.items() if name.startswith(CONTRIBUTION))
    np.testing.assert_allclose(total + evidence.intercepts["outcome"], scores.sample.values[:, 0], rtol=1e-6)


def test_what_it_knows_nothing_of_is_said(made):
    with pytest.raises(DataError, match="is of one answer to a row, and the task is multilabel"):
        check(made("multilabel", lambda number: number > 5, ("one", "two")))
    with pytest.raises(DataError, match="a glassbox is of one number, and the task is of one, two"):
        check(made("regression", lambda number: number, ("one", "two")))
