"""A forecast from end to end: rows of a time and of a day, a forecast without a model, a floor for each target."""

from dataclasses import dataclass, replace

import builders
import numpy as np
import pytest
import yaml

from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.judging.gates.accuracy.gate import ACCURACY
from lockgate.domain.judging.gates.data.gate import DATA
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Regression
from lockgate.domain.statistics.metrics.registry import metric_of
from lockgate.errors import SettingsError
from lockgate.testing import FakePlugin, FakeRuntime, FakeTracker
from lockgate.testing.task_examples import case_of_task
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train
from lockgate.usecases.measuring.kinds.accuracy import check_accuracy, open_judged
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.project.project import read_candidate

TABLES = ParquetTables(builders.FILES)
TASK = Regression(("demand",))
ROWS = 400
GATES = {
    "tests": {"min_tests": 1},
    "accuracy": {
        "metric": "mae_skill",
        "floor": 0.5,
        "classes": {"metric": "mean_absolute_error", "floors": {"demand": 0.5}},
    },
    "parity": {"max_absolute": 1e-5, "max_relative": 0.01},
    "data": {"max_near_duplicates": 1.0, "max_single_feature": 1.0, "max_target_distance": 0.2, "max_distance": 0.2},
}


@dataclass(frozen=True)
class Forecasts(FakePlugin):
    """Each table is of later days than the one before, unless ``back`` days of the test are earlier."""

    back: int = 0

    def data(self):
        tables = dict(super().data())
        for place, (split, columns) in enumerate(tables.items()):
            random = np.random.default_rng(place)
            day = place * 100 + np.arange(ROWS) // 10 - (self.back if split == "test" else 0)
            noise = random.normal(size=ROWS)
            truth = columns["demand"] + 0.1 * noise
            tables[split] = {**columns, "demand": truth, "day": day, "week_ago": truth + 2 * random.normal(size=ROWS)}
        return tables


@pytest.fixture
def judged(project):
    """What the gates of accuracy and data find, by gate and rule."""

    def judge(tables, gates=GATES, **plugin):
        params = yaml.safe_load(builders.PARAMS)
        del params["tables"]["positive"]
        params["tables"] |= {"task": "regression", "label": "demand", **tables}
        params["gates"] = gates
        (project / "params.yaml").write_text(yaml.safe_dump(params))
        opened, made, runtime = builders.opened(project), Forecasts(ROWS, task=TASK, **plugin), FakeRuntime()
        prepare(opened, made, TABLES)
        repository = builders.GitRepository(project)
        train(opened, "fake", made, TABLES, SklearnMetrics(), FakeTracker(), repository, lambda *_: None)
        export(opened, "fake", made, runtime, TABLES, None)
        model = open_judged(opened, "fake", runtime, TABLES)
        accuracy = check_accuracy(opened, model, runtime, SklearnMetrics(), TABLES)
        data = check_data(opened, "fake", made.inputs(), TABLES, {})
        scores = ScoreTable.of(TABLES.read(opened.layout.candidate("fake").scores), model.task)
        evidence = replace(Evidence().holding(accuracy, data), scores=scores)
        case = replace(
            case_of_task(TASK), candidate=read_candidate(opened, "fake"), evidence=evidence, signature=model.signature
        )
        policy = opened.settings.gates
        case = replace(case, champion=None, metric=metric_of(policy.accuracy.metric, TASK.kind))
        found = [*ACCURACY.judge(policy.accuracy, case), *DATA.judge(policy.data, case)]
        return {(each.gate, each.rule): each for each in found}

    return judge


def test_a_forecast_is_judged_by_its_naive_one_its_days_and_its_targets(judged):
    found = judged({"naive": "week_ago", "time": "day", "group": "day"})

    assert found["accuracy", "floor"].outcome is Outcome.PASSED
    assert found["accuracy", "floor"].measured == pytest.approx(0.95, abs=0.02)
    assert "40 blocks" in found["accuracy", "floor"].message
    assert found["accuracy", "target demand: floor"].outcome is Outcome.PASSED
    assert found["data", "time order"].outcome is Outcome.PASSED
    assert found["data", "shared groups"].message.startswith("no day of the test rows stands in another table")
    refused = [rule for rule, each in found.items() if each.outcome is Outcome.REFUSED]
    assert refused == []


def test_test_rows_of_before_training_ends_are_refused_unless_that_is_allowed(judged):
    early = judged({"naive": "week_ago", "time": "day"}, back=190)
    assert early["data", "time order"].outcome is Outcome.REFUSED

    allowed = {**GATES, "data": {**GATES["data"], "test_after_training": False}}
    found = judged({"naive": "week_ago", "time": "day"}, allowed, back=190)
    assert found.get(("data", "time order")) is None or found["data", "time order"].outcome is Outcome.PASSED


def test_a_floor_that_names_no_target_is_told_before_training(judged):
    wrong = {**GATES["accuracy"], "classes": {"metric": "mean_absolute_error", "floors": {"demnad": 0.5}}}
    with pytest.raises(SettingsError, match="did you mean 'demand'"):
        judged({"naive": "week_ago"}, {**GATES, "accuracy": wrong})
