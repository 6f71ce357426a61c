"""A policy of a file: that of a project as it is, or a short one; what does not fit the task is told with its line."""

import numpy as np
import pytest
from graphs_of_others import LABELS, NUMBER, Judged, classifier, graph, rows

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.cli.wiring.judging import file_policy
from lockgate.errors import InputError, SettingsError
from lockgate.usecases.judging.model_files.file_policy import BY_ITSELF
from lockgate.usecases.judging.model_files.question import parsed

ACCURACY = "gates:\n  accuracy: {metric: accuracy, floor: 0.9}\n"
SKILL = "gates:\n  accuracy: {metric: mae_skill, floor: 0.5}\n"


@pytest.fixture
def given(tmp_path):
    def read(text):
        (tmp_path / "policy.yaml").write_text(text)
        return file_policy(tmp_path / "policy.yaml", LocalFiles())

    return read


@pytest.fixture
def judged(tmp_path):
    return Judged(tmp_path)


@pytest.fixture
def numbers():
    columns = rows()
    columns["y"] = 2 * columns["a"] - columns["b"] + 0.01
    return columns


def parity(judgement):
    return next(each for each in judgement.findings if each.gate == "parity")


def test_a_short_policy_leaves_out_what_needs_a_project(judged, given):
    found = judged(classifier(), rows(600), given=given(ACCURACY))
    assert (found.outcome, found.demanded) == ("passed", True)
    assert parity(found).limit == BY_ITSELF.max_variation


def test_the_policy_of_a_project_means_what_it_means_there(judged, given):
    whole = given(f"model: m\n{ACCURACY}  tests: {{}}\n  parity: {{max_absolute: 0.1, max_relative: 0.1}}\n")
    assert parity(judged(classifier(), rows(600), given=whole)).limit == 1e-6


def test_a_gate_of_a_package_is_said_not_to_be_asked(judged, given):
    found = judged(classifier(), rows(600), given=given(f"{ACCURACY}  plugins: {{steady: {{max_share: 0.4}}}}\n"))
    assert found.not_asked["steady"] == "a package brings it, which a project names"


def test_accuracy_is_never_left_out(given):
    with pytest.raises(SettingsError, match=r"policy\.yaml:1: gates\.accuracy: missing"):
        given("gates: {data: {}}\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  data:\n    min_share: 0.0\n", r"^policy\.yaml:4: gates\.data\.min_share: a setting for multiclass"),
        ("  calibration: {max_brier: 0.2}\n", r"^policy\.yaml:3: gates\.calibration: a regression that answers one"),
    ],
    ids=["at its default", "a gate"],
)
def test_what_the_task_has_no_use_for_is_told_with_its_line(judged, given, numbers, text, told):
    with pytest.raises(SettingsError, match=told) as raised:
        judged(graph(NUMBER), numbers, given=given(ACCURACY.replace("accuracy,", "r2,") + text))
    assert "--task" in raised.value.hint or "--quantiles" in raised.value.hint


@pytest.mark.parametrize("asked", ["  calibration: {max_calibration_error: 0.2}\n", ""], ids=["calibration", "metric"])
def test_probabilities_that_are_not_there_are_told_with_their_line(judged, given, asked):
    text = ACCURACY if asked else ACCURACY.replace("accuracy,", "roc_auc_ovr,")
    with pytest.raises(SettingsError, match=rf"policy\.yaml:{3 if asked else 2}: .*the model answers labels alone"):
        judged(graph(LABELS), rows(), given=given(text + asked))


def test_a_skill_needs_the_column_of_a_forecast(judged, given, numbers):
    with pytest.raises(SettingsError, match="no column is named that has it") as raised:
        judged(graph(NUMBER), numbers, given=given(SKILL))
    assert raised.value.hint == "name it: --naive COLUMN"
    with pytest.raises(InputError, match=r"--floor mae_skill=0\.5: mae_skill is relative to a naive forecast"):
        judged(graph(NUMBER), numbers, floors=parsed(["mae_skill=0.5"]))
    columns = {**numbers, "last": np.roll(numbers["y"], 1)}
    found = judged(graph(NUMBER), columns, given=given(SKILL), naive="last", floors=parsed(["mae_skill=0.5"]))
    assert found.outcome == "passed"
    assert [each.columns for each in found.fed] == [("a", "b")]


def test_a_forecast_is_of_one_number(judged):
    with pytest.raises(InputError, match=r"--naive last: .*one target of a regression"):
        judged(classifier(), rows(last=np.zeros(60)), naive="last")


def test_remedies_name_nothing_that_a_file_has_not(judged, given):
    text = ACCURACY.replace("floor: 0.9", "floor: 0.9, slices: {by: [region], floor: 0.5}")
    found = judged(classifier(), rows(600), given=given(text))
    (told,) = (each.remedy for each in found.findings if each.reason == "missing-slice")
    assert told.endswith("mend gates.accuracy.slices.by, or give the rows that column")
    nothing = "agraph (float[N,2] X) => (float[N,2] p) { s = Softmax <axis = 1> (X) z = Sub (s, s) p = Div (z, z) }"
    found = judged(graph(nothing), {**rows(), "y": np.arange(60) % 2}, given=given(ACCURACY))
    assert found.outcome == "refused"
    assert not [each.remedy for each in found.findings if "lockgate run" in each.remedy]
