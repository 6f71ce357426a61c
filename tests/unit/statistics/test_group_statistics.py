"""What groups get and how far apart it is: by hand, and by simulation where chance decides."""

import numpy as np
import pytest

from lockgate.domain.statistics.groups import between, disparity, disparity_change
from lockgate.domain.statistics.sample import Sample

LEVEL = 0.95
GROUPS = np.array(["a"] * 8 + ["b"] * 8, dtype=object)
LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0] * 2, dtype=bool)
SAID = np.array([1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], dtype=bool)


@pytest.mark.parametrize(
    ("measure", "form", "expected"),
    [
        ("demographic_parity", "difference", 4 / 8 - 3 / 8),
        ("demographic_parity", "ratio", 3 / 4),
        ("equalized_odds", "difference", 3 / 4 - 1 / 4),
        ("equalized_odds", "ratio", 1 / 3),
        ("error_rate", "difference", 5 / 8 - 2 / 8),
        ("error_rate", "ratio", 2 / 5),
    ],
)
def test_disparity_by_hand(measure, form, expected):
    of = Sample(LABELS, SAID, SAID.astype(float))

    found = disparity(of, GROUPS, measure, form, LEVEL, 1)

    assert found.value == pytest.approx(expected)
    assert found.interval.low < expected < found.interval.high
    assert disparity(of, GROUPS, measure, form, LEVEL, 9).value is None
    same = disparity_change(of, of, GROUPS, measure, LEVEL, 1)
    assert same.value == 0


def test_disparity_changes_for_the_worse():
    fair = Sample(LABELS, LABELS, LABELS.astype(float))

    found = disparity_change(Sample(LABELS, SAID, SAID.astype(float)), fair, GROUPS, "equalized_odds", LEVEL, 1)

    assert found.value == pytest.approx(0.5)


def test_rates_that_are_all_0_are_no_disparity_that_is_certain():
    groups = np.repeat(["a", "b"], [100, 20_000]).astype(object)
    labels = np.arange(len(groups)) % 3 == 0

    found = disparity(Sample(labels, labels, labels.astype(float)), groups, "equalized_odds", "ratio", 0.8, 10)

    assert (found.value, found.interval.high) == (1, 1)


def test_two_groups_are_named_though_they_are_alike():
    labels = np.arange(200) % 2 == 0
    groups = np.repeat(["a", "b"], 100).astype(object)

    found = between(Sample(labels, labels, labels.astype(float)), groups, "error_rate", "difference", 10)

    assert (found.least, found.most) == ("a", "b")


def test_many_groups_are_compared_in_little_memory_and_as_surely():
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 200).astype(object)
    labels, ours, theirs = (random.random(len(groups)) < share for share in (0.3, 0.3, 0.3))
    samples = [Sample(labels, said, said.astype(float)) for said in (ours, theirs)]

    found = disparity_change(*samples, groups, "demographic_parity", 0.9, 100)

    assert found.interval.low < found.value < found.interval.high


def test_a_worsening_equal_to_the_limit_seldom_passes():
    """Six groups, of which one gets worse: the largest of fifteen differences is larger by chance alone."""
    random, passed = np.random.default_rng(3), []
    groups = np.repeat(np.arange(6), 300)
    for _ in range(100):
        chance = random.random(len(groups))
        labels, theirs, ours = random.random(len(groups)) < 0.3, chance < 0.2, chance < np.where(groups, 0.2, 0.26)
        samples = [Sample(labels, said, said.astype(float)) for said in (ours, theirs)]
        found = disparity_change(*samples, groups.astype(object), "demographic_parity", 0.9, 100)
        passed.append(found.interval.high < 0.06)

    assert np.mean(passed) <= 0.1


def test_a_worsening_that_is_clear_is_told_and_a_model_far_fairer_passes():
    groups = np.repeat(["a", "b"], 2000).astype(object)
    labels = np.tile(np.arange(2000) < 600, 2)
    apart = np.concatenate([np.arange(2000) < 900, np.arange(2000) < 500])
    near = np.concatenate([np.arange(2000) < 510, np.arange(2000) < 500])
    far, fair = (Sample(labels, said, said.astype(float)) for said in (apart, near))

    worse = disparity_change(far, fair, groups, "demographic_parity", 0.9, 100)
    better = disparity_change(fair, far, groups, "demographic_parity", 0.9, 100)

    assert worse.value == pytest.approx(0.195)
    assert 0.15 < worse.interval.low < worse.value < worse.interval.high < 0.24
    assert better.interval.high == pytest.approx(-worse.interval.low, abs=0.01)


def people(rows_of_each, of_a, seed=1):
    """Rows of ``of_a`` people of a and of 60 of b, of whom each is answered alike nearly always."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(of_a + 60), rows_of_each)
    said = random.random(len(person)) < np.where(random.random(of_a + 60) < 0.4, 0.9, 0.1)[person]
    groups = np.where(person < of_a, "a", "b").astype(object)
    return Sample(random.random(len(person)) < 0.5, said, said.astype(float), person), groups


def test_a_group_of_few_blocks_has_no_disparity_that_is_certain():
    sample, groups = people(20, of_a=19)
    found = disparity(sample, groups, "demographic_parity", "difference", 0.95, 10)
    assert (found.interval, found.why) == (None, "the rows of a are of 19 blocks, and an interval needs at least 20")
    assert disparity_change(sample, sample, groups, "demographic_parity", 0.95, 10).interval is None


def test_disparities_over_few_people_are_covered():
    covered = 0
    for seed in range(300):
        found = disparity(*people(20, of_a=20, seed=seed), "demographic_parity", "difference", 0.95, 10)
        covered += found.interval.low == 0
    assert covered / 300 > 0.93  # 0.91 with the draws alone
