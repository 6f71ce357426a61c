"""Fairness on validation rows: counted by group, compared as Fairlearn does, never guessed where groups are small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.making.group_counts import Disparity, GroupCounts, count_groups, disparities
from lockgate.domain.statistics.sample import Sample


def people(seed=0, rows=400, groups="abc"):
    random = np.random.default_rng(seed)
    labels, predicted = random.random(rows) < 0.4, random.random(rows) < 0.5
    columns = {
        "kind": random.choice(np.array([*groups], dtype=object), rows),
        "side": random.choice(np.array(["left", "right"], dtype=object), rows),
    }
    return Sample(labels, predicted, random.random(rows)), columns


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(5))
def test_both_differences_are_those_of_fairlearn(seed):
    metrics = pytest.importorskip("fairlearn.metrics")
    sample, columns = people(seed)
    (found,) = disparities(["kind"], count_groups(["kind"], sample, columns), 1)
    given = {"y_true": sample.labels, "y_pred": sample.predicted, "sensitive_features": columns["kind"]}
    assert found.demographic_parity == pytest.approx(metrics.demographic_parity_difference(**given))
    assert found.equalized_odds == pytest.approx(metrics.equalized_odds_difference(**given))


@given(st.integers(0, 1000), st.integers(1, 60))
def test_every_row_is_counted_once_for_each_attribute(seed, rows):
    sample, columns = people(seed, rows)
    counts = count_groups(["kind", "kind & side"], sample, columns)
    for attribute in ("kind", "kind & side"):
        assert sum(group.rows for group in counts if group.attribute == attribute) == rows


def test_a_group_is_named_and_its_cells_are_where_they_belong():
    truth = np.array([True, True, True, False, False])
    answer = np.array([True, True, False, True, False])
    columns = {"sex": np.array(["F", "F", "F", "F", "M"], dtype=object)}
    assert count_groups(["sex"], Sample(truth, answer, answer.astype(float)), columns) == (
        GroupCounts("sex", "sex=F", 2, 1, 1, 0),
        GroupCounts("sex", "sex=M", 0, 0, 0, 1),
    )


def test_small_groups_are_not_compared_and_one_group_is_none():
    counts = (GroupCounts("sex", "sex=F", 10, 10, 10, 10), GroupCounts("sex", "sex=M", 5, 2, 3, 9))
    assert disparities(["sex"], counts, 20) == (Disparity("sex", None, None),)
    assert disparities(["sex"], counts, 19)[0].demographic_parity == pytest.approx(20 / 40 - 7 / 19)


def test_a_group_without_a_class_has_no_odds_and_still_a_share():
    counts = (GroupCounts("sex", "sex=F", 0, 10, 0, 10), GroupCounts("sex", "sex=M", 5, 5, 5, 5))
    assert disparities(["sex"], counts, 1) == (Disparity("sex", 0.0, None),)


def test_an_attribute_that_the_table_lacks_is_left_out_and_has_no_difference():
    sample, columns = people()
    assert count_groups(["nowhere"], sample, columns) == ()
    assert disparities(["nowhere"], (), 1) == (Disparity("nowhere", None, None),)
