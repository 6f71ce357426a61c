"""With the rows that a file's model was trained on, the gates that need them are asked; without, they say so."""

import numpy as np
import pytest
from graphs_of_others import LABELS, NUMBER, Judged, classifier, graph, labels_first, rows
from test_judged_files import policy

from lockgate.domain.judging.gates.accuracy.policy import SlicesPolicy
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.errors import DataError, InputError

OLD, NEW = 2400, 1200


@pytest.fixture
def judged(tmp_path):
    """Judges the last of some rows, and takes the ones before for those of training."""
    one = Judged(tmp_path)

    def asked(model, columns, *truths, training=None, **more):
        one.training = {name: values[:OLD] for name, values in columns.items()} | (training or {})
        held_out = {name: values[OLD:] for name, values in columns.items()}
        return one(model, held_out, *truths, training=one.folder / "training.parquet", **more)

    return asked


def found_in(judgement, gate):
    return {each.rule: each.outcome.value for each in judgement.findings if each.gate == gate}


def test_gates_of_the_tables_and_of_changed_rows_are_asked(judged):
    found = judged(classifier(), rows(OLD + NEW))
    data, robustness = found_in(found, "data"), found_in(found, "robustness")
    assert set(data.values()) == {"passed"}, data
    assert {"contract", "duplicates", "near duplicates", "distance", "balance shift"} <= data.keys()
    assert robustness["nudge"] == "passed"
    assert robustness["finite"] == "refused", "a missing number gets no answer"
    assert not {"data", "robustness"} & found.not_asked.keys()
    assert found.outcome == "refused"
    assert f"0 of {NEW} rows are training rows" in "\n".join(found.said)


def test_a_policy_says_what_is_asked_of_them(judged):
    found = judged(classifier(), rows(OLD + NEW), policy=policy(data=DataPolicy(max_single_feature=0.5)))
    assert found_in(found, "data")["single feature"] == "refused"
    assert found.not_asked["robustness"] == "the policy leaves it off"
    assert not found_in(found, "robustness")
    warned = judged(classifier(), rows(OLD + NEW), policy=policy(robustness=RobustnessPolicy(mode="warn")))
    assert (warned.outcome, found_in(warned, "robustness")["finite"]) == ("passed", "warned")


def test_rows_that_leak_and_columns_that_moved(judged):
    columns = rows(OLD + NEW)
    leaked = {name: np.concatenate([values[OLD:], values[: OLD - NEW]]) for name, values in columns.items()}
    data = found_in(judged(classifier(), columns, training=leaked), "data")
    assert (data["duplicates"], data["near duplicates"]) == ("refused", "refused")
    moved = judged(classifier(), columns, training={"a": columns["a"][:OLD] + 1})
    assert found_in(moved, "data")["distance"] == "refused"


def test_rows_of_a_time_before_training_ends(judged):
    columns = rows(OLD + NEW, day=np.arange(OLD + NEW))
    assert found_in(judged(classifier(), columns, time="day"), "data")["time order"] == "passed"
    early = judged(classifier(), columns, time="day", training={"day": np.arange(OLD) + NEW})
    assert found_in(early, "data")["time order"] == "refused"
    with pytest.raises(DataError, match="has no column dayy; did you mean 'day'"):
        judged(classifier(), columns, time="dayy")


def test_rows_of_a_person_count_as_one_in_the_gate_of_data(judged, tmp_path):
    columns = rows(OLD + NEW, person=np.arange(OLD + NEW) % 600)
    asked = judged(classifier(), columns, group="person")
    told = {each.rule: each.message for each in asked.findings if each.gate == "data"}
    assert "the rows are of 600 blocks" in told["distance"]
    (tmp_path / "again").mkdir()
    one = Judged(tmp_path / "again")
    one.training = {name: values for name, values in columns.items() if name != "person"}
    with pytest.raises(DataError, match="has no column person"):
        one(classifier(), columns, group="person", training=one.folder / "training.parquet")


def test_columns_for_judging_only_are_those_of_the_policy(judged):
    columns = rows(
        OLD + NEW, id=np.arange(OLD + NEW), region=np.array(["north", "south"] * ((OLD + NEW) // 2), dtype=object)
    )
    slices = SlicesPolicy(by=("region",), floor=0.5, min_rows=100)
    asked = {"policy": policy(accuracy={"slices": slices}, data=DataPolicy()), "ignored": ("id", "region")}
    assert set(found_in(judged(classifier(), columns, **asked), "data").values()) == {"passed"}
    south = np.full(OLD, "south", dtype=object)
    moved = judged(classifier(), columns, training={"region": south}, **asked)
    assert found_in(moved, "data")["distance"] == "refused"


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"y": np.zeros(OLD, dtype=int)}, "no row is of 1, 2, and rows that are judged are"),
        ({"y": np.arange(OLD) % 4}, "rows are of 3, which the model does not answer"),
        ({"a": np.full(OLD, "x", dtype=object)}, "column a"),
    ],
    ids=["a class less", "a class more", "a type"],
)
def test_rows_that_the_model_was_not_trained_on(judged, training, told):
    with pytest.raises(DataError, match=told):
        judged(classifier(), rows(OLD + NEW), training=training)


def test_each_task_is_asked(judged):
    columns = rows(OLD + NEW)
    numbers = {**columns, "y": 2 * columns["a"] - columns["b"] + 0.01}
    found = judged(graph(NUMBER), numbers)
    assert (found.task.kind, found_in(found, "data")["target distance"]) == ("regression", "passed")
    assert found_in(found, "robustness")["nudge"] == "passed"
    several = {"a": columns["a"], "b": columns["b"], "p": columns["a"] > 0, "q": columns["b"] > 0}
    found = judged(labels_first(), several, "p", "q")
    assert found.task.kind == "multilabel"
    assert found_in(found, "data")["label balance"] == "passed"
    assert found_in(found, "robustness")["nudge"] == "passed"
    assert found_in(judged(graph(LABELS), columns), "robustness")["labels"] == "passed"


def test_without_training_rows_the_gates_say_so(tmp_path):
    (tmp_path / "other").mkdir()
    found = Judged(tmp_path)(classifier(), rows())
    assert found.not_asked["data"] == found.not_asked["robustness"] == "no training rows: see --training"
    with pytest.raises(InputError, match=r"--time day: .*no training rows are named"):
        Judged(tmp_path / "other")(classifier(), rows(day=np.arange(60)), time="day")


def test_findings_on_the_tables_are_told_in_words_of_files(judged):
    days = np.array(["monday"] * (OLD + NEW), dtype=object)
    found = judged(classifier(), rows(OLD + NEW, day=days), time="day")
    (told,) = (each for each in found.findings if each.rule == "contract")
    assert told.message.endswith("is no column of dates, times or numbers, and --time names it")
    assert told.remedy == "mend the tables"


def test_training_rows_that_are_none(judged):
    none = {name: values[:0] for name, values in rows(OLD).items()}
    with pytest.raises(DataError, match=r"training\.parquet: has no row"):
        judged(classifier(), rows(OLD + NEW), training=none)
