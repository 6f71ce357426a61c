"""A floor that is missed by the order of the classes alone is told with that order; a bad model is not."""

from dataclasses import replace

import numpy as np
import pytest
from task_samples import classes, labels

from lockgate.domain.judging.deciding.floors import Floor, judged_floors
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.domain.statistics.class_order import other_order
from lockgate.domain.statistics.sample import ClassSample, Sample
from lockgate.errors import InputError

TURNED = np.array([1, 2, 3, 0])
"""Where each column stands that should be first, second, ..."""


def turned(sample):
    """The same answers, handed over in another order: the first column is that of the second class."""
    places = TURNED if isinstance(sample, ClassSample) else TURNED[:3] % 3
    scores = sample.scores[:, places]
    if isinstance(sample, ClassSample):
        return replace(sample, scores=scores, predicted=np.argsort(places)[sample.predicted])
    return replace(sample, scores=scores, predicted=sample.predicted[:, places])


def floor(sample, task, text):
    (found,) = judged_floors([Floor.parse(text)], task, sample, scored=True)
    return found


def test_a_floor_by_the_short_name_of_a_metric_is_told_the_long_one():
    with pytest.raises(InputError, match=r"mape is no metric .*did you mean 'mean_absolute_percentage_error'"):
        judged_floors([Floor.parse("mape=0.1")], Regression(("y",)), None, scored=True)


@pytest.mark.parametrize("rare", [0.0, 0.02])
def test_classes_in_another_order_are_named_in_that_order(rare):
    sample = classes(3000, 1, rare=rare)
    told = floor(turned(sample), Multiclass(tuple("abcd")), "accuracy=0.6")
    reached = (sample.truth == sample.predicted).mean()
    assert told.message.endswith(f"; with the classes in the order b, c, d, a it would be {reached:.4f}")
    assert told.remedy.endswith("likely in the order b, c, d, a: Trained.classes")
    assert other_order(turned(sample)).sample.same_answers(sample)


def test_labels_in_another_order_are_named_in_that_order():
    sample = labels(3000, 1)
    told = floor(turned(sample), Multilabel(tuple("abc")), "f1_macro=0.6")
    assert "; with the labels in the order b, c, a it would be 0." in told.message
    assert told.remedy.endswith(": tables.labels")
    assert other_order(turned(sample)).sample.same_answers(sample)


def test_two_classes_the_other_way_round_are_told():
    random = np.random.default_rng(1)
    truth = random.random(2000) < 0.2
    scores = np.clip(truth * 0.6 + random.normal(0.2, 0.1, 2000), 0, 1)
    sample = Sample(truth, scores > 0.5, scores)
    task = Binary(("no", "yes"), "yes")
    assert floor(sample, task, "roc_auc=0.9").remedy == ""
    told = floor(replace(sample, predicted=~sample.predicted, scores=1 - scores), task, "roc_auc=0.9")
    assert "with the classes the other way round it would be 1.0000" in told.message


@pytest.mark.parametrize(
    "bad",
    [
        classes(3000, 1, noise=30.0),
        classes(3000, 1, unanswered=2),
        turned(classes(20, 1)),
        replace(classes(3000, 1), predicted=np.zeros(3000, dtype=np.intp)),
        replace(turned(classes(3000, 1)), scores=np.full((3000, 4), np.nan)),
    ],
    ids=["noise", "unanswered", "few", "constant", "NaN"],
)
def test_a_model_that_is_only_bad_is_told_no_order(bad):
    told = floor(bad, Multiclass(tuple("abcd")), "accuracy=0.9")
    assert "order" not in told.message + told.remedy


def test_an_order_that_would_miss_the_floor_as_well_is_not_told():
    told = floor(turned(classes(3000, 1)), Multiclass(tuple("abcd")), "accuracy=0.99")
    assert told.outcome == "refused"
    assert "order" not in told.message + told.remedy
