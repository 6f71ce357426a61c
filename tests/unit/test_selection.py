"""Selection: by validation rows alone, nothing that is no number wins, and a stale measurement does not compete."""

import math

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.selection import Standing, select
from lockgate.errors import Undecided
from lockgate.usecases.select import standings, winner

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


@pytest.mark.parametrize(
    ("missing", "reason"), [("validation.json", "not trained"), ("export/model.onnx", "not exported")]
)
def test_a_candidate_that_was_not_made_says_so(project, missing, reason):
    (project / "build/candidates/fake" / missing).unlink()
    assert reason in standings(builders.opened(project)).standings[0].reason
