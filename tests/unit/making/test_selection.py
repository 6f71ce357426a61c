"""Selection: by validation rows alone, nothing that is no number wins, and a stale measurement does not compete."""

import json
import math

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.adapters.pages.selection import SelectionPlots
from lockgate.cli.selection_table import table
from lockgate.domain.making.group_counts import Disparity, GroupCounts
from lockgate.domain.making.selection import Standing, Validation, select
from lockgate.errors import Undecided
from lockgate.usecases.making.select import plot, standings, winner

values = st.one_of(st.none(), st.floats())


@given(st.lists(values, min_size=1, max_size=6), st.sampled_from(["roc_auc", "log_loss"]))
def test_the_winner_has_the_best_finite_value_or_there_is_none(found, metric):
    competitors = [Standing(str(number), "", value) for number, value in enumerate(found)]
    finite = [value for value in found if value is not None and math.isfinite(value)]
    chosen = select(metric, competitors).winner
    if not finite:
        assert chosen is None
    else:
        assert found[int(chosen)] == (min(finite) if metric == "log_loss" else max(finite))


def test_of_equal_ones_the_first_wins():
    assert select("roc_auc", [Standing("a", "", 0.9), Standing("b", "", 0.9)]).winner == "a"


def test_where_nobody_wins_every_reason_is_told():
    with pytest.raises(Undecided, match="a: not trained; b: no finite value"):
        winner(select("roc_auc", [Standing("a", "", None, "not trained"), Standing("b", "", None)]))


def test_a_measured_candidate_competes(project):
    (standing,) = standings(builders.opened(project)).standings
    assert (standing.candidate, standing.value, standing.reason) == ("fake", 0.9, "")


@pytest.mark.parametrize("what", ["model", "data"])
def test_a_measurement_of_another_model_or_other_rows_does_not_compete(project, what):
    (
        project / ("build/candidates/fake/trained/model.fake" if what == "model" else "build/validation.parquet")
    ).write_text("other")
    selection = standings(builders.opened(project))
    assert selection.winner is None
    assert "another model or other rows" in selection.standings[0].reason


def test_a_measurement_of_another_task_does_not_compete_and_says_which_it_was(project):
    params = (project / "params.yaml").read_text().replace("roc_auc", "accuracy")
    (project / "params.yaml").write_text(params.replace('  positive: "yes"\n', "  task: multiclass\n"))
    with pytest.raises(Undecided, match="fake: when it was trained, the task is binary, and multiclass is asked for"):
        winner(standings(builders.opened(project)))


@pytest.mark.parametrize(
    ("missing", "reason"), [("validation.json", "not trained"), ("export/model.onnx", "not exported")]
)
def test_a_candidate_that_was_not_made_says_so(project, missing, reason):
    (project / "build/candidates/fake" / missing).unlink()
    assert reason in standings(builders.opened(project)).standings[0].reason


FAIRNESS = """
  fairness:
    attributes: [job]
    max_equalized_odds_difference: 0.2
    min_rows: 50
"""
COUNTS = (GroupCounts("job", "job=clerk", 10, 5, 10, 25), GroupCounts("job", "job=smith", 20, 10, 5, 15))


@pytest.fixture
def fair(project):
    """The project with a fairness policy, and a candidate whose groups were counted."""
    (project / "params.yaml").write_text(builders.PARAMS + FAIRNESS.lstrip("\n"))
    builders.rewrite(project / "build/candidates/fake/validation.json", Validation, groups=COUNTS)
    return project


def test_fairness_on_validation_rows_stands_beside_the_metric(fair):
    selection = standings(builders.opened(fair))
    (found,) = selection.standings[0].disparities
    assert (found.attribute, found.demographic_parity, found.equalized_odds) == (
        "job",
        pytest.approx(0.3),
        pytest.approx(0.8 - 0.5),
    )
    assert selection.min_rows == 50
    assert plot(builders.opened(fair), selection, SelectionPlots) == "build/selection.svg"
    assert "fake: 0.9000, 0.300" in (fair / "build/selection.svg").read_text()


def test_groups_are_compared_anew_under_another_policy_without_a_model(fair):
    params = (fair / "params.yaml").read_text()
    (fair / "params.yaml").write_text(params.replace("  accuracy:", "  selection:\n    min_rows: 51\n  accuracy:"))
    selection = standings(builders.opened(fair))
    assert (selection.min_rows, selection.standings[0].disparities) == (51, (Disparity("job", None, None),))


def test_a_measurement_of_before_is_still_read_and_has_no_fairness(fair):
    path = fair / "build/candidates/fake/validation.json"
    before = json.loads(path.read_text())
    del before["groups"]
    path.write_text(json.dumps(before))
    (standing,) = standings(builders.opened(fair)).standings
    assert (standing.value, standing.disparities) == (0.9, (Disparity("job", None, None),))


@pytest.mark.parametrize("fairness", ["", "  fairness: {mode: off}\n"])
def test_without_a_fairness_policy_there_is_no_picture_and_no_column(project, fairness):
    (project / "params.yaml").write_text(builders.PARAMS + fairness)
    selection = standings(builders.opened(project))
    assert plot(builders.opened(project), selection, SelectionPlots) == ""
    assert [*table(selection)] == ["-> fake  fake        roc_auc 0.9000"]


def test_the_table_has_a_column_for_each_attribute_and_measure():
    measured = Standing(
        "fair", "sklearn", 0.93, disparities=(Disparity("sex", 0.185, 0.134), Disparity("race", 0.2, None))
    )
    selection = select("roc_auc", [measured, Standing("lost", "", None, "not trained")], 400)
    heading, first, second, note = table(selection)
    assert heading.split() == ["sex", "dp", "sex", "eo", "race", "dp", "race", "eo"]
    assert first.split() == ["->", "fair", "sklearn", "roc_auc", "0.9300", "0.185", "0.134", "0.200", "none"]
    assert len(heading) == len(first)
    assert second.split() == ["lost", "not", "trained"]
    assert "at least 400 rows" in note
