"""What `params.yaml` says of a task that it cannot say is told with the line where it stands."""

import builders
import pytest

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.domain.project.settings import Settings
from lockgate.errors import SettingsError

NUMBERS = (
    builders.PARAMS.replace('  positive: "yes"\n', "  task: regression\n")
    .replace("metric: roc_auc", "metric: mean_absolute_error")
    .replace("max_relative: 0.01\n", "max_relative: 0.01\n  data:\n    max_duplicates: 0.1\n")
)


@pytest.fixture
def refused(tmp_path):
    """What is said of a file with a change, and the number of the line that has some text."""

    def read(old, new, text):
        content = NUMBERS.replace(old, new)
        assert content != NUMBERS
        (tmp_path / "params.yaml").write_text(content)
        with pytest.raises(SettingsError) as caught:
            TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings)
        lines = content.splitlines()
        return str(caught.value), next(place for place, line in enumerate(lines, 1) if line.startswith(text))

    return read


def test_the_file_of_numbers_is_read(tmp_path):
    (tmp_path / "params.yaml").write_text(NUMBERS)
    read = TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings)
    assert read.tables.task == "regression"


def test_to_let_pass_that_there_are_no_training_rows_asks_nothing_where_they_are(refused):
    told, line = refused("max_duplicates: 0.1", "without_training: allowed", "    without_training")
    assert f"params.yaml:{line}: gates.data.without_training: tables.training names the rows" in told


def test_what_needs_training_rows_is_told_where_there_are_none(refused, tmp_path):
    told, _ = refused("  training: build/train.parquet\n", "  time: day\n", "tables:")
    assert "tables: time: test rows are of a time after training rows, and training names none" in told
    gone = NUMBERS.replace("  training: build/train.parquet\n", "")
    (tmp_path / "params.yaml").write_text(gone)
    read = TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings)
    assert (read.tables.training, read.tables.splits) == (None, ("validation", "test"))
    (tmp_path / "params.yaml").write_text(f"{gone}  explanation: {{max_behind_reference: 0.1}}\n")
    with pytest.raises(SettingsError, match="max_behind_reference: the reference is fitted on training rows"):
        TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings)


@pytest.mark.parametrize("value", ["0.0", "0.1"])
def test_a_limit_without_use_for_the_task_is_told_at_its_default_too(refused, value):
    said, line = refused("    max_duplicates: 0.1\n", f"    min_share: {value}\n", "    min_share")
    assert said.startswith(f"params.yaml:{line}: gates.data.min_share: a setting for multiclass and multilabel")
    assert said.endswith("of a regression task it has max_target_distance")


def test_several_are_told_at_once(refused):
    more = "    min_share: 0.0\n    max_positive_share: 0.99\n"
    said, _ = refused("    max_duplicates: 0.1\n", more, "    min_share")
    assert len(said.splitlines()) == 2


def test_a_limit_under_a_gate_that_is_off_asks_nothing_of_anybody(tmp_path):
    off = NUMBERS.replace("    max_duplicates: 0.1\n", "    mode: off\n    min_share: 0.0\n")
    (tmp_path / "params.yaml").write_text(off)
    assert TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings).gates.data.mode == "off"


@pytest.mark.parametrize(
    ("old", "new", "text", "told"),
    [
        ("metric: mean_absolute_error", "metric: roc_auc", "    metric", "gates.accuracy.metric: roc_auc is no metric"),
        (
            "  data:\n",
            "  calibration: {max_brier: 0.2}\n  data:\n",
            "  calibration",
            "gates.calibration: a regression ",
        ),
        ("metric: mean_absolute_error", "metric: mae_skill", "tables:", "tables.naive: missing; mae_skill is relative"),
        (
            "  task: regression\n",
            "  task: regression\n  positive: a\n",
            "  positive",
            "tables: positive: a regression ",
        ),
        (
            "    margin: 0.001\n",
            "    margin: 0.001\n    classes:\n      metric: r2\n      floors: {prise: 0.5}\n",
            "      floors",
            "gates.accuracy.classes.floors: there is no 'prise'; there are ",
        ),
        (
            "max_relative: 0.01\n",
            "max_relative: 0.01\n    max_flips: 0\n",
            "    max_flips",
            "gates.parity.max_flips: a setting for binary and multiclass and multilabel, and the task is regression",
        ),
        ("  fake: {}", "  other: {}", "train:", "train.fake: missing; every candidate has its parameters"),
    ],
)
def test_what_does_not_fit_the_task_is_told_with_its_line(refused, old, new, text, told):
    said, line = refused(old, new, text)
    assert said.startswith(f"params.yaml:{line}: {told}")


def test_a_skill_needs_the_column_of_a_forecast_for_floors_of_targets_and_for_selection_too(refused):
    floors = "    classes: {metric: rmse_skill, floor: 0.1}\n    margin: 0.001\n"
    assert "tables.naive: missing; rmse_skill" in refused("    margin: 0.001\n", floors, "tables:")[0]
    chosen = "  selection: {metric: mae_skill}\n  data:\n"
    assert "tables.naive: missing; mae_skill" in refused("  data:\n", chosen, "tables:")[0]
