"""Training and preparing through the plug-in: measured, tracked, and stopped where it has gone wrong."""

import math
import re
import sys
from dataclasses import replace

import builders
import numpy as np
import pytest
import yaml

from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python.import_path import put_on_path
from lockgate.adapters.python.plugin_loader import load_plugin
from lockgate.domain.making.selection import Validation
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis, Input
from lockgate.domain.model.task import Multiclass
from lockgate.errors import DataError, ModelError, SettingsError
from lockgate.testing import FakeMetrics, FakePlugin, FakeTracker
from lockgate.testing.fakes.making.plugin import CLASSES
from lockgate.usecases.making.prepare import check_settings, prepare
from lockgate.usecases.making.train import train

TABLES = ParquetTables(builders.FILES)


@pytest.fixture
def tracker():
    return FakeTracker()


@pytest.fixture
def run(project, tracker):
    def run(plugin=FakePlugin(), subset=None, epochs=lambda *_: None):  # noqa: B008 - frozen
        opened = builders.opened(project)
        prepare(opened, plugin, TABLES)
        repository = builders.GitRepository(project)
        return train(opened, "fake", plugin, TABLES, FakeMetrics(), tracker, repository, epochs, subset)

    return run


def test_a_training_leaves_the_model_its_validation_and_its_epochs(run, project):
    report = run()
    folder = project / "build/candidates/fake"
    assert builders.DOCUMENTS.read(folder / "trained/trained.json", Trained).classes == CLASSES
    assert builders.DOCUMENTS.read(folder / "validation.json", Validation).metrics == {"roc_auc": 0.93}
    assert (folder / "epochs.csv").read_text() == "epoch,loss\n1,0.7\n2,0.5\n"
    assert (report.rows, report.epochs) == (40, 2)


def test_groups_are_counted_by_the_attributes_of_the_fairness_policy(run, project):
    assert run().validation.groups == ()
    policy = "  fairness:\n    attributes: [job]\n    max_error_rate_difference: 0.5\n"
    (project / "params.yaml").write_text(builders.PARAMS + policy)
    groups = run().validation.groups
    assert {group.group for group in groups} == {"job=", "job=a", "job=b"}
    assert sum(group.rows for group in groups) == 40


def test_a_training_is_tracked_with_its_params_data_commit_and_artefacts(run, tracker, project):
    run()
    (tracked,) = tracker.runs
    assert tracked.status == "FINISHED"
    assert tracked.record.tags["mlflow.source.git.commit"] == builders.git(project, "rev-parse", "HEAD")
    assert tracked.record.tags["lockgate.candidate"] == "fake"
    assert {data.context for data in tracked.record.datasets} == {"training", "validation"}
    assert tracked.metrics[:2] == [(1, {"loss": 0.7}), (2, {"loss": 0.5})]
    assert tracked.artefacts == ["trained", "validation.json"]


class Storing(FakePlugin):
    """Hands over answers that were stored, with the rows that they were given to."""

    def train(self, run):
        trained = super().train(run)
        (run.folder / "answers.npz").write_bytes(b"rows and answers")
        return replace(trained, reference="answers.npz")


def test_stored_answers_and_their_rows_are_not_tracked(run, tracker):
    run(Storing())
    assert tracker.runs[0].artefacts == ["model.fake", "trained.json", "validation.json"]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_the_training_and_leaves_nothing_to_deliver(run, tracker, project, loss):
    with pytest.raises(ModelError, match=f"loss is {loss} in epoch 2") as caught:
        run(FakePlugin(losses=(0.7, loss, 0.5)))
    assert "train.fake" in caught.value.hint
    assert tracker.runs[0].status == "FAILED"
    assert not (project / "build/candidates/fake/trained/trained.json").exists()


def test_a_quick_try_takes_some_rows_and_is_no_candidate(run, project):
    before = (project / "build/candidates/fake/validation.json").read_bytes()
    report = run(subset=7)
    assert report.rows == 7
    assert (project / "build/tries/fake/trained/trained.json").exists()
    assert (project / "build/candidates/fake/validation.json").read_bytes() == before


def test_epochs_are_told_as_they_come(run):
    told = []
    run(epochs=lambda number, of, metrics: told.append((number, of, metrics)))
    assert told == [(1, 2, {"loss": 0.7}), (2, 2, {"loss": 0.5})]


class Renamed(FakePlugin):
    """Hands over other names of its classes than the tables have."""

    def train(self, run):
        return replace(super().train(run), classes=("a", "few", "many"))

    def open(self, trained, folder):
        return super().open(replace(trained, classes=("none", "few", "many")), folder)


def test_a_class_of_the_rows_that_the_hand_over_does_not_name_is_told(run, project):
    params = builders.PARAMS.replace('  positive: "yes"\n', "  task: multiclass\n")
    (project / "params.yaml").write_text(params.replace("roc_auc", "accuracy"))
    plugin = Renamed(task=Multiclass(("none", "few", "many")))
    with pytest.raises(ModelError, match=r"rows are of 'none', the model's classes are 'a', 'few', 'many'"):
        run(plugin)


class Nameless(FakePlugin):
    """Leaves its classes out."""

    def train(self, run):
        return replace(super().train(run), classes=())


def test_classes_that_are_left_out_are_told_with_what_names_them(run, project):
    with pytest.raises(ModelError, match="no classes; a binary task is of two classes") as raised:
        run(Nameless())
    assert raised.value.hint.endswith("tuple(model.classes_) as Trained.classes, and tables.positive in params.yaml")
    params = builders.PARAMS.replace('  positive: "yes"\n', "  task: multiclass\n")
    (project / "params.yaml").write_text(params.replace("roc_auc", "accuracy"))
    with pytest.raises(ModelError, match="found none") as raised:
        run(Nameless(task=Multiclass(("none", "few", "many"))))
    assert raised.value.hint == "hand over tuple(model.classes_) as Trained.classes"


class Altered(FakePlugin):
    def __init__(self, alter):
        super().__init__()
        object.__setattr__(self, "alter", alter)

    def data(self):
        tables = {split: dict(columns) for split, columns in super().data().items()}
        self.alter(tables)
        return tables


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda tables: tables.pop("validation"), "have no validation table"),
        (lambda tables: tables["test"].pop("job"), "the test table has no column job"),
        (lambda tables: tables["training"].pop("outcome"), "the training table has no column outcome"),
        (lambda tables: tables["test"].update(age=tables["test"]["age"][:3]), "not of one length"),
        (
            lambda tables: tables.update(test={name: values[:0] for name, values in tables["test"].items()}),
            "the test table has no rows",
        ),
        (
            lambda tables: tables["training"].update(age=tables["training"]["age"].astype("float64") + 1e39),
            "column age is float64, the input signature says float32: row 0, column age: .* is too large for float32",
        ),
        (
            lambda tables: tables["test"].update(age=np.zeros((len(tables["test"]["age"]), 2), dtype=np.float32)),
            r"column age .* the shape \(\d+, 2\); a column is \(rows,\)",
        ),
        (
            lambda tables: tables["test"].update(outcome=np.zeros((len(tables["test"]["age"]), 2))),
            r"column outcome has the shape \(\d+, 2\): it is no tensor",
        ),
    ],
)
def test_data_that_later_stages_cannot_use_are_refused_before_anything_is_written(project, alter, says):
    with pytest.raises(DataError, match=says):
        prepare(builders.opened(project), Altered(alter), TABLES)
    assert not (project / "build/train.parquet").exists()


IMAGE = Input("image", "uint8", (Axis("height", 4), Axis("width", 3)))


class Images(Altered):
    def inputs(self):
        return (IMAGE,)

    def data(self):
        tables = super().data()
        for columns in tables.values():
            columns.setdefault("image", np.zeros((len(columns["age"]), 4, 3), dtype=np.uint8))
        return tables


def ragged(tables):
    images = np.empty(len(tables["test"]["age"]), dtype=object)
    for row in range(len(images)):
        images[row] = np.zeros((4, 3 - (row == 7)), dtype=np.uint8)
    tables["test"]["image"] = images


def of_channels(tables):
    tables["test"]["image"] = np.zeros((len(tables["test"]["age"]), 4, 4, 3), dtype=np.uint8)


def as_text(tables):
    tables["training"]["image"] = np.full(len(tables["training"]["age"]), "[[0, 0, 0]]", dtype=object)


@pytest.mark.parametrize(
    ("alter", "says", "hint"),
    [
        (ragged, r"test table: column image: row 7 has the shape \(4, 2\), row 0 has \(4, 3\)", "docs/your-model.md"),
        (of_channels, r"each row has the shape \(4, 4, 3\); it takes a tensor of uint8", "uint8, (rows, 4, 3)"),
        (as_text, r"training table's column image is string, .* a tensor of uint8", "one array of uint8, (rows, 4, 3)"),
    ],
)
def test_a_tensor_of_another_form_is_told_with_its_row_and_the_form_that_is_meant(project, alter, says, hint):
    with pytest.raises(DataError, match=says) as raised:
        prepare(builders.opened(project), Images(alter), TABLES)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("first", "told"), [(5, "15 of 20 values of person in the test table stand in training or "), (20, "")]
)
def test_persons_of_the_test_table_that_training_knows_are_told(project, first, told):
    params = yaml.safe_load(builders.PARAMS)
    params["tables"]["group"] = "person"
    (project / "params.yaml").write_text(yaml.safe_dump(params))

    def of_persons(tables):
        for split, start in (("training", 0), ("validation", 200), ("test", first)):
            tables[split].update(person=start + np.arange(len(tables[split]["age"])) % 20)

    known = prepare(builders.opened(project), Altered(of_persons), TABLES).known_groups
    assert known.startswith(told)
    assert bool(known) == bool(told)


def test_columns_of_the_policy_that_no_table_has_are_told_all_at_once_before_training(project):
    params = yaml.safe_load(builders.PARAMS)
    params["gates"]["accuracy"]["slices"] = {"by": ["aeg < 40 and age > 2", "twon"], "floor": 0.5}
    params["gates"]["fairness"] = {"attributes": ["sxe"], "max_error_rate_difference": 0.5}
    params["gates"]["explanation"] = {"forbidden": ["sex", "aga"]}
    params["tables"]["judged_only"] = ["sex", "town"]
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    for told in (prepare, lambda opened, plugin, _: check_settings(opened, plugin)):
        with pytest.raises(SettingsError) as raised:
            told(builders.opened(project), Altered(dict), TABLES)
        assert raised.value.message == (
            "params.yaml: gates.accuracy.slices.by: 'aeg' is no input and no column for judging; did you mean 'age'?; "
            "gates.accuracy.slices.by: 'twon' is no input and no column for judging; did you mean 'town'?; "
            "gates.fairness.attributes: 'sxe' is no input and no column for judging; did you mean 'sex'?; "
            "gates.explanation.forbidden: 'aga' is no input and no column for judging; did you mean 'age'?"
        )
        assert raised.value.hint.endswith("there are age, job, sex, town")


def test_a_column_that_is_rounded_to_its_input_is_told_with_how_far(project):
    def in_float64(tables):
        tables["test"].update(age=tables["test"]["age"].astype("float64"))
        tables["training"].update(age=np.where(np.arange(len(tables["training"]["age"])) == 1, 0.1, 1.0))

    report = prepare(builders.opened(project), Altered(in_float64), TABLES)
    (line,) = report.rounded
    assert line.startswith("the training table: age: 1 of ")
    assert line.endswith("rounded from float64 to float32, by at most 1.5e-09: 0.1 becomes 0.10000000149011612")
    assert TABLES.read(project / "build/train.parquet")["age"].dtype == np.float32


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("model", "", "'model' is not module:object"),
        ("nowhere_to_be_found:X", "", "No module named 'nowhere_to_be_found'"),
        ("plugin_a:X", "", "plugin_a has no 'X'"),
        ("plugin_f:Modle", "class Model: ...", "plugin_f has no 'Modle'; did you mean 'Model'?"),
        ("plugin_b:X", "import no_such_package", "No module named 'no_such_package'"),
        ("plugin_c:X", "x = 1 / 0", "division by zero"),
        ("plugin_e:X", "raise SystemExit(0)", "cannot be imported: SystemExit: 0"),
        ("plugin_d:X", "class X:\n    def data(self): ...\n", "has no inputs, train, open"),
    ],
)
def test_a_plugin_that_cannot_be_used_says_what_it_lacks(tmp_path, monkeypatch, name, source, says):
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    if name.startswith("plugin"):
        (tmp_path / f"{name.partition(':')[0]}.py").write_text(source)
    with pytest.raises(SettingsError, match=says) as caught:
        load_plugin(name, put_on_path(tmp_path))
    assert re.search("docs/your-model.md|at plugin_.*py:1;", caught.value.hint)


def test_a_plugin_is_found_at_the_root_or_under_src_as_a_class_or_an_instance(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    source = "from lockgate.testing import FakePlugin\nmade = FakePlugin(rows=9)\n"
    (tmp_path / "src").mkdir()
    (tmp_path / "src/plugin_under_src.py").write_text(source)
    (tmp_path / "plugin_at_root.py").write_text(source)
    path = put_on_path(tmp_path)
    assert load_plugin("plugin_under_src:FakePlugin", path) == FakePlugin()
    assert load_plugin("plugin_at_root:made", path) == FakePlugin(rows=9)
