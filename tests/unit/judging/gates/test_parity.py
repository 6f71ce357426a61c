"""Comparing two models' answers: facts about forms, differences and flips."""

import numpy as np
import pytest

from lockgate.domain.judging.gates.parity.comparator import Comparator, compare
from lockgate.domain.measuring.float64_truth import Reference, crossing
from lockgate.domain.model.signature import Column, Output, Signature

SIGNATURE = Signature(
    inputs=(Column("age", "float32"),),
    outputs=(Output("label", "string"), Output("probabilities", "float32", (2,))),
    classes=("no", "yes"),
)
NAN, INF = float("nan"), float("inf")


def answers(*positive, labels=None, dtype=np.float32):
    scores = np.array(positive, dtype=np.float64)
    names = labels or ["yes" if score > 0.5 else "no" for score in scores]
    return {
        "label": np.array(names, dtype=object),
        "probabilities": np.column_stack([np.zeros(len(scores)), scores]).astype(dtype),
    }


def probabilities(reference, actual):
    compared = compare(SIGNATURE, answers(*reference, dtype=np.float64), answers(*actual))
    return compared.outputs[1]


def test_equal_answers_have_no_difference_and_no_flip():
    compared = compare(SIGNATURE, answers(0.25, 0.75), answers(0.25, 0.75))
    assert (compared.missing, compared.unexpected, compared.flips) == ((), (), 0)
    assert (compared.outputs[1].max_absolute, compared.outputs[1].max_relative) == (0.0, 0.0)
    assert all(output.same_form for output in compared.outputs)


def test_the_largest_differences_are_kept():
    found = probabilities([0.5, 0.25, 1.0], [0.5, 0.375, 0.75])
    assert (found.max_absolute, found.max_relative, found.mismatches) == (0.25, 0.5, 0)


@pytest.mark.parametrize(
    ("reference", "actual", "mismatches"),
    [
        ([NAN], [0.5], 1),
        ([0.5], [NAN], 1),
        ([NAN], [NAN], 0),
        ([INF], [INF], 0),
        ([INF], [-INF], 1),
        ([INF], [NAN], 1),
        ([0.5], [INF], 1),
        ([NAN, 0.5, NAN], [0.5, NAN, NAN], 2),
    ],
)
def test_nan_and_infinity_on_one_side_only_are_mismatches(reference, actual, mismatches):
    assert probabilities(reference, actual).mismatches == mismatches


def test_cells_that_are_not_finite_do_not_hide_the_difference_of_others():
    found = probabilities([NAN, 0.5, INF], [NAN, 0.75, INF])
    assert (found.max_absolute, found.max_relative) == (0.25, 0.5)


def test_where_no_cell_is_finite_there_is_no_difference_to_tell():
    signature = Signature(SIGNATURE.inputs, (Output("probabilities", "float32"),), SIGNATURE.classes)
    nothing = {"probabilities": np.array([NAN, NAN], dtype=np.float32)}
    (found,) = compare(signature, nothing, nothing).outputs
    assert (found.max_absolute, found.max_relative, found.mismatches) == (None, None, 0)


def test_a_difference_from_zero_has_no_relative_measure():
    found = probabilities([0.0, 0.5], [0.25, 0.5])
    assert (found.max_absolute, found.max_relative) == (0.25, None)


def test_a_wrong_shape_is_told_and_not_compared():
    wrong = answers(0.25, 0.75) | {"probabilities": np.zeros((2, 3), dtype=np.float32)}
    found = compare(SIGNATURE, answers(0.25, 0.75), wrong).outputs[1]
    assert (found.same_form, found.expected_shape, found.actual_shape) == (False, (2, 2), (2, 3))
    assert found.max_absolute is None


def test_a_wrong_type_is_told_and_not_compared():
    found = compare(SIGNATURE, answers(0.25), answers(0.25, dtype=np.float64)).outputs[1]
    assert (found.same_form, found.expected_dtype, found.actual_dtype) == (False, "float32", "float64")


def test_fewer_rows_than_the_reference_are_a_wrong_shape():
    found = compare(SIGNATURE, answers(0.25, 0.75), answers(0.25))
    assert not any(output.same_form for output in found.outputs)
    assert found.flips is None


@pytest.mark.parametrize("side", ["expected", "actual"])
def test_an_output_that_one_side_lacks_is_missing(side):
    sides = {"expected": answers(0.5), "actual": answers(0.5)}
    del sides[side]["probabilities"]
    compared = compare(SIGNATURE, **sides)
    assert compared.missing == ("probabilities",)
    assert [output.name for output in compared.outputs] == ["label"]


def test_an_output_that_is_not_declared_is_unexpected():
    assert compare(SIGNATURE, answers(0.5), answers(0.5) | {"extra": np.zeros(1)}).unexpected == ("extra",)


def test_without_labels_flips_are_unknown():
    without = {"probabilities": answers(0.5)["probabilities"]}
    assert compare(SIGNATURE, answers(0.5), without).flips is None


def test_flips_are_counted_and_the_first_ten_named_with_their_rows():
    reference = answers(*[0.1] * 30)
    actual = answers(*[0.1] * 30, labels=["yes" if row % 2 else "no" for row in range(30)])
    compared = compare(SIGNATURE, reference, actual)
    assert compared.flips == 15
    assert [flip.row for flip in compared.worst_flips] == list(range(1, 20, 2))
    assert (compared.worst_flips[0].expected, compared.worst_flips[0].actual) == ("no", "yes")


def test_flips_of_which_the_reference_was_surest_come_first():
    reference = answers(0.4, 0.1, 0.45)
    actual = answers(0.4, 0.1, 0.45, labels=["yes", "yes", "yes"])
    flips = compare(SIGNATURE, {**reference, "probabilities": two(0.4, 0.1, 0.45)}, actual).worst_flips
    assert [flip.row for flip in flips] == [1, 0, 2]
    assert flips[0].margin == pytest.approx(0.8)


def two(*positive):
    return np.array([[1 - score, score] for score in positive])


def test_a_difference_is_told_in_units_in_the_last_place():
    found = probabilities([0.5, 0.25], [np.nextafter(np.float32(0.5), np.float32(1)), 0.25])
    assert found.max_ulp == 1.0


def test_the_histogram_counts_every_cell_once_and_the_worst_rows_are_named():
    found = probabilities([0.5, 0.25, 0.125, NAN], [0.5, 0.25 + 1e-6, 0.375, NAN])
    assert sum(found.histogram) == 7
    assert found.histogram[0] == 5
    assert [(row.row, row.absolute) for row in found.worst_rows] == [(2, 0.25), (1, pytest.approx(1e-6, rel=0.1))]
    assert (found.worst_rows[0].expected, found.worst_rows[0].actual) == ((0.0, 0.125), (0.0, 0.375))
    assert found.quantiles[0] == 0.0
    assert found.quantiles[-1] == 0.25


def test_outputs_in_another_order_are_told():
    turned = dict(reversed(answers(0.5).items()))
    assert compare(SIGNATURE, answers(0.5), turned).reordered == ("probabilities", "label")
    assert compare(SIGNATURE, answers(0.5), answers(0.5)).reordered == ()


def test_rows_in_batches_give_what_all_rows_at_once_give():
    random = np.random.default_rng(3)
    positive = random.random(5000)
    expected, actual = answers(*positive, dtype=np.float64), answers(*(positive + random.normal(0, 1e-6, 5000)))
    whole = compare(SIGNATURE, expected, actual)
    comparator = Comparator(SIGNATURE)
    for start in range(0, 5000, 7):
        comparator.add(*({n: v[start : start + 7] for n, v in side.items()} for side in (expected, actual)))
    assert comparator.result() == whole
    assert whole.flips is not None


def test_a_batch_that_answers_fewer_rows_is_found_among_others():
    comparator = Comparator(SIGNATURE)
    comparator.add(answers(0.5, 0.25), answers(0.5, 0.25))
    comparator.add(answers(0.5, 0.25), answers(0.5))
    comparator.add(answers(0.5), answers(0.5, 0.25))
    found = comparator.result()
    assert not any(output.same_form for output in found.outputs)
    assert found.flips is None


def test_an_output_that_one_batch_lacks_is_missing():
    comparator = Comparator(SIGNATURE)
    comparator.add(answers(0.5), answers(0.5))
    comparator.add(answers(0.5), {"label": answers(0.5)["label"]})
    assert comparator.result().missing == ("probabilities",)


def test_large_integers_that_are_one_float_are_still_two():
    signature = Signature(SIGNATURE.inputs, (Output("id", "int64"),), SIGNATURE.classes)
    (found,) = compare(signature, {"id": np.array([2**60])}, {"id": np.array([2**60 + 1])}).outputs
    assert found.max_absolute == 1.0


def test_quantiles_are_upper_bounds_within_two_percent():
    random = np.random.default_rng(4)
    differences = random.lognormal(-12, 2, 20_000)
    found = probabilities([0.0] * 20_000, differences.astype(np.float32).astype(np.float64))
    cells = np.concatenate([np.zeros(20_000), differences.astype(np.float32).astype(np.float64)])
    exact = np.quantile(cells, (0.9, 0.99, 0.999), method="higher")
    assert (np.array(found.quantiles[1:]) >= exact * 0.999).all()
    assert (np.array(found.quantiles[1:]) <= exact * 1.02).all()


def test_errors_against_the_truth_are_told_beside_the_sources_own():
    exact = answers(0.25, 0.75, 0.5, dtype=np.float64)
    rounded = {"probabilities": exact["probabilities"] + 1e-7}
    actual = answers(0.25, 0.75 + 4e-7, 0.9)
    truth = Reference(exact, rounded, np.array([False, False, True]))
    (found,) = compare(SIGNATURE, exact, actual, truth).calibrations
    assert (found.rows, found.crossing) == (2, 1)
    assert found.onnx_largest == pytest.approx(4e-7, rel=0.1)
    assert found.source_largest == pytest.approx(1e-7)
    assert found.crossing_largest == pytest.approx(0.4)
    assert compare(SIGNATURE, exact, actual).calibrations == ()


def test_rows_that_rounding_moves_across_a_threshold_are_found():
    step = float(np.spacing(np.float32(1.0)))
    values = np.array([[1.0 + step * 0.4], [1.0 + step * 0.2], [2.0], [np.nan]])
    thresholds = [np.array([1.0 + step * 0.3])]
    assert crossing(values, thresholds).tolist() == [True, False, False, False]
    assert not crossing(values, [np.empty(0)]).any()
