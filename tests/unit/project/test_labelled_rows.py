"""Rows with what is true of them: what statistics are taken over knows what `tables` says of the rows."""

import builders
import numpy as np
import pytest

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.task import Regression
from lockgate.domain.project.labelled_rows import demand_floors, labelled, sample_of
from lockgate.domain.project.settings import Settings, TablesSettings
from lockgate.domain.statistics.metrics.registry import value
from lockgate.errors import DataError, SettingsError
from lockgate.usecases.measuring.kinds.truth_facts import facts_of

COLUMNS = {
    "price": np.array([1.0, 2.0, 3.0, 4.0]),
    "last": np.array([2.0, 3.0, 4.0, 5.0], dtype=np.float32),
    "shop": np.array(["b", "a", "b", "a"], dtype=object),
}


def test_a_sample_knows_the_naive_forecast_and_the_rows_that_depend_on_each_other():
    settings = TablesSettings("b", "c", "price", training="a", task="regression", naive="last", group="shop")
    answers = Answers(Regression(("price",)), np.array([[1.5], [2.5], [3.5], [4.5]]))
    sample = sample_of(answers, COLUMNS, settings)
    assert sample.blocks.tolist() == [1, 0, 1, 0]
    assert sample.naive.tolist() == [[2.0], [3.0], [4.0], [5.0]]
    assert value("mae_skill", sample) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (np.array([1.0, np.nan, np.nan]), "2 of 3 rows have no value there, the first is row 1"),
        (np.array(["a", "b", ""], dtype=object), "1 of 3 rows have no value there, the first is row 2"),
        (np.array([None, "b", "b"], dtype=object), "1 of 3 rows have no value there, the first is row 0"),
        (np.array(["NaT", "2026-01-01", "2026-01-01"], dtype="M8[D]"), "1 of 3 rows have no value"),
        (np.array([1, 1, 2]), ""),
        (np.array(["nan", "b", "b"], dtype=object), ""),
    ],
)
def test_rows_without_a_group_are_no_group(values, rows):
    settings = TablesSettings("b", "c", "price", training="a", task="regression", group="shop")
    table = {"price": np.array([1.0, 2.0, 3.0]), "shop": values}
    problems = [told for told in facts_of({"training": table}, (), settings)["training"].problems if "shop" in told]
    if not rows:
        labelled(table, settings, "the test table")
        assert problems == []
        return
    with pytest.raises(DataError, match=rf"the test table: group shop: {rows}") as raised:
        labelled(table, settings, "the test table")
    assert "a value of its own" in raised.value.hint
    assert problems[0].startswith(f"column shop: {rows}")


def test_a_floor_of_a_class_that_no_row_is_of_is_told_before_training(tmp_path):
    content = builders.PARAMS.replace('  positive: "yes"\n', "  task: multiclass\n").replace("roc_auc", "accuracy")
    floors = "    margin: 0.001\n    classes: {metric: recall, floors: {perhaps: 0.5, mabye: 0.5}}\n"
    (tmp_path / "params.yaml").write_text(content.replace("    margin: 0.001\n", floors))
    settings = TypedDocuments(LocalFiles()).read_settings(tmp_path / "params.yaml", Settings)
    label = np.array(["no", "perhaps", "maybe"], dtype=object)
    with pytest.raises(SettingsError, match=r"classes.floors: there is no 'mabye'; did you mean 'maybe'\?"):
        demand_floors(settings, {settings.tables.label: label})
    demand_floors(settings, {settings.tables.label: np.array(["mabye", "perhaps"], dtype=object)})
