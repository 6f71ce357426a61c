"""What groups get is told for every task, in the verdict's page and in the model card."""

from dataclasses import replace

import numpy as np
import pytest
import task_samples
from whole import FULL, WHOLE

from lockgate.adapters.pages.verdict import VerdictReports
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.fairness.group_figures import MOST, RATES, group_tables
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.one_of_many import one_class
from lockgate.domain.statistics.sample import Sample
from lockgate.testing.task_examples import TASKS_OF_EXAMPLES, case_of_task
from lockgate.usecases.reviewing.group_rates import groups_of

RATE_LIMIT = FairnessPolicy(("job",), max_error_rate_difference=0.5)
GAP_LIMIT = FairnessPolicy(("job",), max_mean_error_gap=0.5)
KINDS = {name: task.kind for name, task in TASKS_OF_EXAMPLES.items()}


def policy_of(name):
    return GAP_LIMIT if KINDS[name] == "regression" else RATE_LIMIT


def scores_of(name):
    return case_of_task(TASKS_OF_EXAMPLES[name]).evidence.scores


def found(tables, group, of=""):
    (only,) = [each for table in tables for each in table.groups if (each.group, each.of) == (group, of)]
    return only


@pytest.mark.parametrize("name", KINDS)
def test_the_page_of_every_task_has_a_line_for_each_group_and_class(name):
    case = case_of_task(TASKS_OF_EXAMPLES[name])
    tables = groups_of(policy_of(name), case)

    page = VerdictReports().markdown(decide(FULL, WHOLE), (), tables).partition("### Groups")[2]

    jobs = sorted({f"job={job}" for job in case.evidence.scores.columns["job"]})
    assert jobs
    task = TASKS_OF_EXAMPLES[name]
    several = task.truths if KINDS[name] in {"multilabel", "regression"} else task.columns
    of = ["", *several] if KINDS[name] == "multiclass" else several if len(several) > 1 else [""]
    assert [(each.group, each.of) for table in tables for each in table.groups] == [(j, o) for j in jobs for o in of]
    lines = [line for line in page.splitlines() if line.startswith("| job=")]
    assert len(lines) == len(jobs) * len(of)
    assert all("[" in line for line in lines)


def test_the_rates_of_a_class_are_those_against_all_others():
    scores = scores_of("multiclass")
    group = scores.columns["job"] == scores.columns["job"][0]
    tables = group_tables(RATE_LIMIT, scores)
    name = f"job={scores.columns['job'][0]}"
    own = one_class(scores.sample, "cat").where(group)

    rates = found(tables, name, "cat").found

    assert set(rates) == set(RATES)
    recall = estimate("recall", own, 0.9)
    assert (rates["true positives"].value, rates["true positives"].interval) == (recall.value, recall.interval)
    whole = scores.sample.where(group)
    assert found(tables, name).found["errors"].value == np.mean(whole.truth != whole.predicted)


def test_numbers_have_their_mean_error_and_its_sign():
    scores = scores_of("regression")
    above = replace(scores, sample=replace(scores.sample, values=scores.sample.truth + 3.0))

    (table,) = group_tables(GAP_LIMIT, above)

    assert table.names == ("mean error", "mean absolute error")
    assert [each.found["mean error"].value for each in table.groups] == pytest.approx([3.0] * len(table.groups))
    assert "the answer less the target, in its unit" in table.intervals
    by_spread = replace(GAP_LIMIT, gap_unit="spread")
    spread = scores.sample.truth.std()
    assert group_tables(by_spread, above)[0].groups[0].found["mean error"].value == pytest.approx(3.0 / spread)


def test_of_many_classes_those_are_told_whose_groups_lie_farthest_apart():
    sample = task_samples.classes(4000, 1, width=20)
    jobs = np.where(np.arange(4000) % 2 == 0, "clerk", "smith").astype(object)
    predicted = np.where((jobs == "smith") & (sample.truth == 17), 0, sample.predicted)
    scores = ScoreTable(replace(sample, predicted=predicted), {"job": jobs})

    (table,) = group_tables(RATE_LIMIT, scores)

    assert [each.of for each in table.groups[:2]] == ["", "17"]
    assert len(table.groups) == 2 * (1 + MOST)
    assert table.left_out == "Of 20 classes these are the 10 in which the groups lie farthest apart."


def test_rows_that_depend_on_each_other_make_the_intervals_wider_and_few_blocks_make_none():
    scores = WHOLE.evidence.scores
    sample = scores.sample
    alone, twice = (
        group_tables(
            RATE_LIMIT,
            ScoreTable(
                Sample(*(np.tile(part, 4) for part in (sample.labels, sample.predicted, sample.scores)), blocks),
                {"job": np.tile(scores.columns["job"], 4)},
            ),
        )[0]
        for blocks in (None, np.tile(np.arange(sample.rows), 4))
    )
    first, second = (each.groups[0].found["errors"] for each in (alone, twice))
    assert first.value == second.value
    width = second.interval.high - second.interval.low
    assert width == pytest.approx(2 * (first.interval.high - first.interval.low), rel=0.1)

    few = ScoreTable(replace(sample, blocks=np.arange(sample.rows) % 7), scores.columns)
    assert group_tables(RATE_LIMIT, few)[0].groups[0].found["errors"].interval is None


def test_a_rate_of_blocks_of_which_none_is_wrong_is_not_sure_to_be_0():
    sample = WHOLE.evidence.scores.sample
    right = replace(sample, predicted=sample.labels, blocks=np.arange(sample.rows) // 20)
    (table,) = group_tables(RATE_LIMIT, ScoreTable(right, WHOLE.evidence.scores.columns))
    errors = table.groups[0].found["errors"]
    assert errors.value == 0
    assert errors.interval.high > 0.01
