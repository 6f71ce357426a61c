"""The intervals of every metric of every task: what they hold, and whether rows spread as resampling says they do."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score
from task_samples import classes, labels, values

from lockgate.domain.statistics.blocks import FEWEST_BLOCKS, by_block, degrees_of, effective_blocks, too_few_blocks
from lockgate.domain.statistics.bootstrap import paired_resamples
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.bounds.means import heaviness
from lockgate.domain.statistics.differences import difference, nearest_twin
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.multiclass import areas
from lockgate.domain.statistics.metrics.one_of_many import class_metric, target_metric
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import ClassSample, Sample, ValueSample

LEVEL = 0.95
ROWS = 240


def binary(rows, seed, *, noise=0.0):
    of = classes(rows, seed, width=2, noise=noise)
    return Sample(of.truth == 1, of.predicted == 1, of.scores[:, 1])


DOCS = Path(__file__).parents[3] / "docs"
MADE = {"binary": binary, "multiclass": partial(classes, width=6), "multilabel": labels, "regression": values}
EVERY = [metric for task in MADE if task != "binary" for metric in metrics_of(task).values()]
OF_ONE = [class_metric("recall", "b"), class_metric("roc_auc", "a"), target_metric("r2", "b")]
BINARY_OF_ROWS = [metric for metric in metrics_of("binary").values() if metric.contributions is not None]


def made(metric, rows=ROWS, seed=3, noise=0.0, blocks=0):
    of = MADE[metric.tasks[0]](rows, seed, noise=noise)
    return replace(of, blocks=np.arange(rows) * blocks // rows) if blocks else of


def named(metric):
    return f"{metric.tasks[0]}-{metric.name}"


@pytest.mark.parametrize("metric", EVERY + OF_ONE, ids=named)
def test_an_interval_holds_what_was_found_and_lies_where_the_metric_does(metric):
    ours, theirs = made(metric), made(metric, noise=0.4)

    found, gain = estimate(metric, ours, LEVEL), difference(metric, ours, theirs, LEVEL)

    assert found.interval.low < found.value < found.interval.high
    assert metric.least is None or found.interval.low >= metric.least
    assert metric.most is None or found.interval.high <= metric.most
    assert gain.value == pytest.approx(metric.sign * (value(metric, ours) - value(metric, theirs)))
    assert gain.interval.low < gain.value < gain.interval.high
    back = difference(metric, theirs, ours, LEVEL).interval
    assert (back.low, back.high) == pytest.approx((-gain.interval.high, -gain.interval.low), abs=0.02, rel=0.05)


@pytest.mark.parametrize("metric", EVERY, ids=named)
def test_models_that_answer_alike_differ_by_nothing(metric):
    ours = made(metric)

    gain = difference(metric, ours, replace(ours), LEVEL)

    assert (gain.value, gain.interval.low, gain.interval.high) == (0, 0, 0)
    assert not ours.same_answers(nearest_twin(ours))


@pytest.mark.parametrize("blocks", [0, 60])
@pytest.mark.parametrize("metric", BINARY_OF_ROWS + EVERY + OF_ONE, ids=named)
def test_contributions_have_the_metric_as_their_mean_and_spread_as_resampled_rows_do(metric, blocks):
    of = made(metric, blocks=blocks)
    added = metric.contributions(of)

    random, drawn = np.random.default_rng(1), []
    places = [np.flatnonzero(of.blocks == block) for block in range(blocks)]
    for _ in range(120):
        chosen = random.integers(0, len(added), len(added))
        rows = chosen if not blocks else np.concatenate([places[block] for block in chosen])
        drawn.append(metric.value(of.where(rows)))
    assert len(added) == (blocks or ROWS)
    assert added.mean() == pytest.approx(value(metric, of), abs=0.02, rel=0.06)
    assert added.std(ddof=1) / np.sqrt(len(added)) == pytest.approx(np.nanstd(drawn), rel=0.3)


@pytest.mark.parametrize("metric", EVERY + BINARY_OF_ROWS, ids=named)
def test_blocks_of_one_row_are_rows_and_doubled_rows_are_not_twice_as_many(metric):
    alone, again = made(metric, blocks=ROWS), made(metric)
    doubled = again.where(np.repeat(np.arange(ROWS), 2))
    together = replace(doubled, blocks=np.repeat(np.arange(ROWS), 2))

    once, twice = estimate(metric, alone, LEVEL), estimate(metric, together, LEVEL)
    taken_for_rows = estimate(metric, doubled, LEVEL)

    assert twice.value == pytest.approx(once.value)
    width, widths = (each.interval.high - each.interval.low for each in (once, twice))
    assert widths == pytest.approx(width, rel=0.15)
    if metric.name != "median_absolute_error":  # which hangs on a few rows about the middle
        assert taken_for_rows.interval.high - taken_for_rows.interval.low < 0.9 * widths


def test_few_blocks_give_no_interval_and_say_why():
    for metric in EVERY:
        few = made(metric, blocks=FEWEST_BLOCKS - 1)
        assert estimate(metric, few, LEVEL).interval is None
        assert difference(metric, few, made(metric, noise=0.4), LEVEL).interval is None
    assert too_few_blocks(few) == "the rows are of 19 blocks, and an interval needs at least 20"
    assert f"Fewer than {FEWEST_BLOCKS} blocks give no interval" in (DOCS / "gates.md").read_text()
    assert too_few_blocks(made(metric, blocks=FEWEST_BLOCKS)) == too_few_blocks(made(metric)) == ""


def test_a_block_counts_by_its_rows():
    sizes = np.array([1, 2, 7])
    blocks = np.repeat(np.arange(3), sizes)
    contributions = np.arange(10.0)

    assert by_block(contributions, blocks) == pytest.approx(
        4.5 + 3 / 10 * np.array([-4.5, -6.0, 10.5]) / (1 - sizes / 10)
    )


def test_blocks_of_unequal_size_count_as_fewer():
    assert effective_blocks(np.repeat(np.arange(12), 5)) == pytest.approx(12)
    assert effective_blocks(np.repeat(np.arange(12), [60, *[1] * 11])) == pytest.approx(71**2 / 3611)


def test_the_larger_blocks_leave_a_spread_fewer_degrees_of_freedom():
    sizes = np.array([60, *[20] * 11])
    squares = sizes**2
    assert degrees_of(np.repeat(np.arange(12), 5)) == pytest.approx(11)
    assert degrees_of(np.repeat(np.arange(12), sizes)) == pytest.approx(squares.sum() ** 2 / (squares**2).sum() - 1)
    assert degrees_of(np.repeat(np.arange(12), [90, *[1] * 11])) == 3


def test_blocks_of_unequal_size_count_alike_in_counts_and_in_means():
    random, truth = np.random.default_rng(2), np.repeat([0, 1], 200)
    blocks = random.choice(10, 400, p=np.arange(1, 11) / 55)
    of = ClassSample(truth, np.where(random.random(400) < 0.3, 1 - truth, truth), np.eye(2)[truth], ("a", "b"), blocks)
    counted, mean = (metrics_of("multiclass")[name].contributions(of) for name in ("recall_micro", "accuracy"))
    assert counted - counted.mean() == pytest.approx(mean - mean.mean())


def test_medians_of_errors_that_are_whole_numbers_differ_by_what_was_found():
    errors = np.repeat([0.0, 1.0, 2.0, 3.0], [10, 60, 20, 10])[:, None]
    truth = np.zeros_like(errors)
    ours, theirs = ValueSample(truth, errors, ("y",)), ValueSample(truth, errors + 1.0, ("y",))
    gain = difference("median_absolute_error", ours, theirs, LEVEL)
    assert (gain.value, gain.interval.low, gain.interval.high) == (1, 1, 1)
    half = ValueSample(truth, np.repeat([0.0, 1.0], 50)[:, None], ("y",))
    between = difference("median_absolute_error", half, theirs, LEVEL).interval
    assert (between.low, between.high, between.method) == (1, 2, "order statistics")


def test_heavy_tails_are_covered_from_above():
    truth, random, missed = 3.0, np.random.default_rng(1), 0
    for _ in range(300):
        errors = random.standard_t(3, (1000, 1))
        of = ValueSample(errors, np.zeros_like(errors), ("y",))
        found = estimate("mean_squared_error", of, LEVEL).interval
        missed += found.high < truth
    assert missed / 300 < 0.08  # more by the bounds of Student and Hall alone


def test_a_tail_without_a_variance_is_covered_from_above_and_a_lighter_one_is_no_wider():
    missed, heavy, light = 0, [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        errors = random.standard_t(3, 2000) ** 2
        missed += contributed(float(errors.mean()), errors, LEVEL).high < 3
        heavy.append(heaviness(errors - errors.mean()))
        light.append(heaviness(random.normal(size=2000) ** 2 - 1))
    assert missed / 200 < 0.03  # 0.04 without what the tail asks for
    assert (np.median(heavy), max(light)) == (pytest.approx(1, abs=0.2), 0)
    assert heaviness(errors[:300] - errors.mean()) == 0
    within = [contributed(0.5, errors, LEVEL, span) for span in (None, (0.0, float(errors.max())))]
    assert within[0].high > within[1].high


def test_areas_are_ranked_once_for_value_and_bounds_and_not_for_another_sample(monkeypatch):
    ranked = []
    real = areas.np.argsort
    monkeypatch.setattr(areas.np, "argsort", lambda *each, **more: ranked.append(1) or real(*each, **more))
    ours, theirs = (classes(300, 4, noise=noise, width=3) for noise in (0.0, 0.3))
    single, gain = estimate("roc_auc_ovo", ours, LEVEL), difference("roc_auc_ovo", ours, theirs, LEVEL)
    assert len(ranked) == 2 * 3
    again = ours.where(np.arange(300)[::-1])
    assert estimate("roc_auc_ovo", again, LEVEL).interval.low == pytest.approx(single.interval.low)
    assert estimate("roc_auc_ovr", again, LEVEL).value != single.value
    assert len(ranked) == 4 * 3
    blocks = replace(ours, blocks=np.arange(300) // 2)
    assert estimate("roc_auc_ovo", blocks, LEVEL).interval.low != single.interval.low
    assert gain.interval.low < gain.value < gain.interval.high
    del ours, theirs, again, blocks
    assert not areas._LAST


def test_resampling_draws_both_models_on_the_same_rows():
    for task, names in (("multiclass", ("f1_macro", "log_loss")), ("regression", ("mean_absolute_error", "r2"))):
        metrics = [metrics_of(task)[name] for name in names]
        ours, theirs = (MADE[task](5000, 1, noise=noise) for noise in (0.0, 0.1))
        drawn = paired_resamples(metrics, ours, theirs, 500)
        for metric in metrics:
            gain = difference(metric, ours, theirs, LEVEL)
            spread = (gain.interval.high - gain.interval.low) / 2 / 1.96
            assert drawn[metric.name].mean() == pytest.approx(metric.sign * gain.value, abs=spread / 3)
            assert drawn[metric.name].std() == pytest.approx(spread, rel=0.2)


def test_a_rare_class_leaves_much_open():
    common, rare = classes(1000, 5), classes(1000, 5, rare=0.004)
    for name in ("recall_macro", "balanced_accuracy", "roc_auc_ovr"):
        widths = [(found := estimate(name, of, LEVEL).interval).high - found.low for of in (common, rare)]
        assert widths[1] > 1.5 * widths[0], (name, widths)


def test_all_right_is_not_sure():
    of = classes(200, 5, rare=0.03)
    right = replace(of, predicted=of.truth, scores=np.eye(4)[of.truth])
    found = estimate("f1_macro", right, LEVEL)

    assert found.value == 1
    assert 0.3 < found.interval.low < 0.95
    assert estimate("roc_auc_ovo", right, LEVEL).interval.low < 0.95
    exact = values(100, 1)
    assert estimate("mean_absolute_error", replace(exact, values=exact.truth), LEVEL).interval is None


def lacks(metric, of):
    return estimate(metrics_of(of.task)[metric], of, LEVEL).why


def test_what_rows_lack_is_said():
    of, many, numbers = classes(200, 1, width=7), labels(200, 1), values(200, 1)

    assert lacks("f1_macro", of.where(of.truth > 1)) == "no row is of 'a', 'b'"
    assert lacks("log_loss", replace(of, scores=np.where(of.scores > 0.9, np.nan, of.scores))).endswith(
        " of 200 rows have an answer that is no finite number"
    )
    assert lacks("top_3_accuracy", classes(50, 1, width=3)) == "there are 3 classes"
    assert lacks("roc_auc_macro", many.where(~many.truth[:, 1])) == "no row has 'b'"
    assert lacks("roc_auc_macro", many.where(many.truth[:, 0])) == "every row has 'a'"
    alone = replace(many, truth=np.tile(np.arange(many.truth.shape[1]) == 0, (many.rows, 1)))
    assert estimate(class_metric("precision", "a"), alone, LEVEL).why == "every row has 'a'"
    assert estimate(class_metric("recall", "b"), alone, LEVEL).why == "no row has 'b'"
    assert estimate(class_metric("recall", "b"), of.where(of.truth > 1), LEVEL).why == "no row is of 'b'"
    assert lacks("mae_skill", replace(numbers, naive=None)) == "there is no naive forecast beside the answers"
    assert lacks("mean_gamma_deviance", replace(numbers, values=np.where(numbers.values > 11, -1, numbers.values))) == (
        f"{(numbers.values > 11).any(axis=1).sum()} of 200 rows have a value or an answer that it is not defined for, "
        "such as 0 or less"
    )
    assert lacks("r2", replace(numbers, truth=np.ones_like(numbers.truth))).startswith("what it is relative to ")
    assert lacks("mean_absolute_error", replace(numbers, values=numbers.truth)).startswith("no row differs ")
    assert lacks("accuracy", replace(of, blocks=np.arange(200) % 9)).startswith("the rows are of 9 blocks")
    ours = replace(of, blocks=np.arange(200) % 9)
    assert difference("accuracy", ours, classes(200, 1, width=7, noise=1), LEVEL).why.startswith("the rows are of 9 ")
    assert lacks("accuracy", of) == ""


def test_thousands_of_classes_are_counted_in_parts():
    random = np.random.default_rng(1)
    truth = np.concatenate([np.arange(1500), random.integers(0, 1500, 1500)])
    predicted = np.where(random.random(3000) < 0.7, truth, random.integers(-1, 1500, 3000))
    of = ClassSample(truth, predicted, np.zeros((3000, 1)), tuple(map(str, range(1500))))

    found = estimate("f1_macro", of, LEVEL)

    assert found.value == pytest.approx(f1_score(truth, predicted, labels=range(1500), average="macro"))
    assert 0 < found.value - found.interval.low < 0.05


@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("make", [classes, labels, values])
def test_next_to_no_rows_give_no_error(make, rows):
    few = make(50, 1).where(np.arange(50) < rows)
    for metric in metrics_of(few.task).values():
        found = estimate(metric, few, LEVEL)
        assert found.rows == rows
        assert (found.value is not None and found.interval is not None) or found.why


def test_the_recall_of_a_label_that_every_row_has_is_a_number():
    """It asks for nothing of rows without the label."""
    many, other = labels(3000, 1), labels(3000, 1, noise=1.0)
    rows = many.truth[:, 0]
    ours, theirs, recall = many.where(rows), other.where(rows), class_metric("recall", "a")
    found = estimate(recall, ours, LEVEL)
    assert found.value == ours.predicted[:, 0].mean()
    assert found.interval.method == "clopper-pearson"
    gain = difference(recall, ours, theirs, LEVEL)
    assert gain.value == pytest.approx(found.value - theirs.predicted[:, 0].mean())
    assert gain.interval.low < gain.value < gain.interval.high
    assert estimate(recall, many.where(~rows), LEVEL).why == "no row has 'a'"


def test_nothing_is_relative_to_a_true_value_of_0():
    numbers = values(100, 1, width=1)
    zero = replace(numbers, truth=np.where(np.arange(100)[:, None] < 7, 0.0, numbers.truth))
    assert lacks("mean_absolute_percentage_error", zero).startswith(
        "7 of 100 rows have a value or an answer that it is "
    )
    assert lacks("mean_absolute_percentage_error", numbers) == ""
