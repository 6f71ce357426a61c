"""The data gate for every task: real tables are measured, and what is wrong with each is found and named."""

from itertools import count

import numpy as np
import pytest
from builders import DOCUMENTS, FILES, PARAMS, stores

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.data.gate import judge_data
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.data.single_feature import rank_correlation
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.inputs import Axis
from lockgate.domain.model.signature import Column
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.settings import Settings
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.project.project import Project

INPUTS = (Column("size", "float32"), Column("kind", "string"), Column("image", "float32", (Axis("h", 4), Axis("w", 3))))
NAMES = tuple(each.name for each in INPUTS)
SPLITS = {"train": 3000, "validation": 600, "test": 1200}
KEYS = {
    "multiclass": "  task: multiclass\n  label: animal\n",
    "multilabel": "  task: multilabel\n  labels: [red, round]\n",
    "regression": "  task: regression\n  label: price\n",
    "quantiles": "  task: regression\n  label: price\n  quantiles: [0.1, 0.5, 0.9]\n",
    "targets": "  task: regression\n  labels: [price, weight]\n",
}
METRIC = {"multiclass": "accuracy", "multilabel": "f1_macro"}
CLASSES = np.array(["cat", "dog", "hen"], dtype=object)


def table(rows, seed, start="2026-01-01"):
    random = np.random.default_rng(seed)
    size = random.normal(size=rows).astype(np.float32)
    mixed = size + random.normal(size=rows)
    return {
        "size": size,
        "kind": random.choice(np.array(["", "a", "b"], dtype=object), rows),
        "image": random.normal(size=(rows, 4, 3)).astype(np.float32),
        "animal": CLASSES[np.digitize(mixed, [-1, 1])],
        "red": mixed > 0,
        "round": (random.random(rows) < 0.2).astype(np.int64),
        "price": np.exp(mixed),
        "weight": mixed.astype(np.float32),
        "day": np.datetime64(start) + np.arange(rows) // 100,
    }


NUMBERS = count()


@pytest.fixture
def check(tmp_path):
    def check(task, changes=lambda tables: None, more=""):
        path = tmp_path / str(next(NUMBERS))
        path.mkdir()
        text = PARAMS.replace('  label: outcome\n  positive: "yes"\n', KEYS[task] + more)
        metric = METRIC.get(task, "mean_absolute_error")
        (path / "params.yaml").write_text(text.replace("roc_auc", metric).replace("margin: 0.001", "margin: 0.01"))
        settings = DOCUMENTS.read_settings(path / "params.yaml", Settings)
        project = Project(Layout(path), settings, DOCUMENTS, FILES, *stores(path))
        starts = {"train": "2026-01-01", "validation": "2026-02-01", "test": "2026-03-01"}
        tables = {name: table(rows, rows, starts[name]) for name, rows in SPLITS.items()}
        changes(tables)
        parquet = ParquetTables(FILES)
        for name, columns in tables.items():
            parquet.write(project.layout.build / f"{name}.parquet", columns)
        found = check_data(project, "fake", INPUTS, parquet, {"pyarrow": "1"})
        assert DOCUMENTS.read(project.layout.evidence("fake", "data"), DataEvidence) == found
        return found

    return check


def judged(evidence, policy=DataPolicy(max_balance_shift=0.1)):  # noqa: B008 - frozen
    return {found.rule: found for found in judge_data(policy, evidence, evidence.digests["test"], NAMES)}


def closed(evidence, **settings):
    found = judged(evidence, DataPolicy(**{"max_balance_shift": 0.1, **settings}))
    return {rule: each for rule, each in found.items() if each.outcome is not Outcome.PASSED}


@pytest.mark.parametrize("task", KEYS)
def test_honest_tables_of_every_task_pass(check, task):
    evidence = check(task)
    found = judged(evidence)
    assert closed(evidence) == {}
    assert ("label balance" in found) == (task in METRIC)
    assert ("target distance" in found) == (task not in METRIC)
    assert set(evidence.features) == set(NAMES)
    assert set(evidence.feature_classes) == set(NAMES)


@pytest.mark.parametrize(
    ("task", "features", "classes"),
    [
        ("multiclass", "ROC AUC of size for hen", {"cat", "dog", "hen"}),
        ("multilabel", "ROC AUC of size for red", {"red", "round"}),
        ("targets", "rank correlation of size for", set()),
    ],
)
def test_what_is_measured_names_the_class_the_label_or_the_target(check, task, features, classes):
    evidence = check(task)
    assert features in judged(evidence)["single feature"].message
    assert set(evidence.classes) == classes


def to(name, value):
    def change(tables):
        for columns in tables.values():
            columns[name] = value(columns)

    return change


def in_test(name, value):
    def change(tables):
        tables["test"] = {**tables["test"], name: value(tables["test"])}

    return change


def all_dogs(rows):
    return np.array(["dog"] * len(rows["day"]), object)


def some_missing(rows):
    return np.where(rows["size"] > 0, np.nan, 1)


def lost(tables):
    del tables["train"]["red"], tables["train"]["price"], tables["train"]["animal"]


@pytest.mark.parametrize(
    ("task", "change", "rule", "told"),
    [
        ("multiclass", to("size", lambda rows: (rows["animal"] == "hen") * 1.0), "single feature", "size for hen"),
        ("multilabel", to("kind", lambda rows: CLASSES[rows["round"]]), "single feature", "kind for round"),
        ("regression", to("size", lambda rows: -rows["price"].astype(np.float32)), "single feature", "of size"),
        ("multiclass", in_test("animal", all_dogs), "label balance", "cat"),
        ("multilabel", in_test("red", lambda rows: rows["red"] | (rows["size"] > -1)), "balance shift", "red"),
        ("multilabel", in_test("red", lambda rows: rows["size"]), "contract", "label red: row 0"),
        ("regression", in_test("price", lambda rows: 3 * rows["price"]), "target distance", "price"),
        ("regression", in_test("price", some_missing), "contract", "number is missing"),
        ("regression", in_test("price", lambda rows: rows["price"] + np.inf), "contract", "number is infinite"),
        ("regression", in_test("price", lambda rows: 0 * rows["price"]), "contract", "the same number"),
        ("regression", in_test("price", lambda rows: rows["kind"]), "contract", "is no number, as a"),
        ("multiclass", in_test("animal", lambda rows: np.where(rows["size"] > 2, "cow", rows["animal"]).astype(object)),
         "contract", "unknown classes"),
        ("multiclass", in_test("image", lambda rows: rows["image"][:, :, :2]), "contract", "column image"),
        ("multiclass", in_test("image", lambda rows: rows["kind"]), "contract", "column image"),
        ("multiclass", in_test("size", lambda rows: rows["day"]), "contract", "column size"),
        ("multilabel", lost, "contract", "training: has no column red"),
        ("regression", lost, "contract", "training: has no column price"),
        ("multiclass", lost, "contract", "training: has no column animal"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_and_named(check, task, change, rule, told):
    found = closed(check(task, change))
    assert told in found[rule].message
    assert found[rule].remedy


def test_a_number_that_tells_the_target_without_an_order_is_found():
    random = np.random.default_rng(1)
    values = random.uniform(-3, 3, 4000)
    target = np.cos(4 * values)
    assert rank_correlation(values, target).value > 0.9
    assert rank_correlation(random.normal(size=4000), target).value < 0.1
    assert rank_correlation(random.normal(size=4000).astype(str).astype(object), target).value == 0
    assert rank_correlation(np.ones(4000), target).value == 0
    assert rank_correlation(values[:3], target[:3]) is None
    assert rank_correlation(values, np.ones(4000)) is None


@pytest.mark.parametrize(
    ("change", "rule", "told"),
    [
        (in_test("day", lambda rows: rows["day"] - 31), "time order", "test rows are of before that end"),
        (in_test("day", lambda rows: np.where(rows["size"] > 0, np.nan, 1)), "contract", "without a time"),
        (in_test("day", lambda rows: rows["kind"]), "contract", "no column of dates"),
        (to("day", lambda rows: np.arange(len(rows["day"]))), "time order", "training ends at 2999 of day"),
    ],
)  # fmt: skip
def test_a_test_window_lies_after_the_training_window(check, change, rule, told):
    evidence = check("regression", change, "  time: day\n")
    assert told in closed(evidence)[rule].message
    assert ("time order" in closed(evidence, test_after_training=False)) is False


def test_times_in_order_pass_and_a_table_without_them_is_not_asked(check):
    assert judged(check("regression", more="  time: day\n"))["time order"].message == (
        "training ends at 2026-01-30 of day, test begins at 2026-03-01"
    )
    assert "time order" not in judged(check("regression"))


def test_a_rare_class_is_counted_and_its_features_are_not_told(check):
    def rare(tables):
        for columns in tables.values():
            columns["animal"] = np.where(np.arange(len(columns["day"])) < 3, "emu", columns["animal"]).astype(object)

    evidence = check("multiclass", rare)
    assert evidence.splits["test"].counts["emu"] == 3
    assert "emu" not in evidence.feature_classes.values()
    assert closed(evidence, min_share=0.01)["label balance"].message.startswith("emu, the rarest of 4, is that of")


def test_a_class_without_a_row_in_some_tables_is_named_with_them(check):
    def of_training_alone(tables):
        columns = tables["train"]
        columns["animal"] = np.where(np.arange(len(columns["day"])) < 3, "emu", columns["animal"]).astype(object)

    found = closed(check("multiclass", of_training_alone))["label balance"]
    assert found.message == (
        "emu has no row in validation and test; a row at least of each of 4 is asked for in every table"
    )
    assert found.remedy.startswith("bring rows of emu into validation and test")


def test_equal_rows_of_tensors_are_found(check):
    def copied(tables):
        for name, values in tables["test"].items():
            values[:50] = tables["train"][name][:50]

    found = closed(check("multilabel", copied))
    assert "50 of 1200 test rows are exact duplicates" in found["duplicates"].message
