"""What a reader of metrics is told: why some are no number, how many rows have no answer, which quantiles cross."""

from dataclasses import replace

import numpy as np
import pytest
import task_samples

from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.cli.console import Console
from lockgate.cli.words.measuring import WORDS
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.score_evidence import inconsistent
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.absence import remarks
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import Sample
from lockgate.testing.task_examples import TASKS_OF_EXAMPLES, case_of_task
from lockgate.usecases.measuring.events import AccuracyMeasured


def told(sample):
    return [*remarks(SklearnMetrics().measure(sample), sample)]


def without_class(sample, place):
    rows = sample.truth != place
    return sample.where(rows)


def broken(sample, rows):
    """So many rows with an answer that is no number."""
    scores = sample.scores.copy()
    scores[:rows] = np.nan
    return replace(sample, scores=scores)


def test_nothing_is_said_where_all_is_well():
    for sample in (task_samples.classes(300, 1), task_samples.labels(300, 1), task_samples.values(300, 1)):
        assert told(sample) == []


def test_labels_that_are_not_the_likeliest_class_are_counted():
    sample = task_samples.classes(300, 1)
    turned = replace(sample, scores=np.roll(sample.scores, 1, axis=1))

    assert told(turned)[-1].startswith("in 300 of 300 rows the label is not the class of the largest probability: are ")


def test_a_class_without_a_row_is_named_and_metrics_of_all_classes_have_no_number():
    sample = without_class(task_samples.classes(300, 1), 2)
    assert told(sample) == ["no number for balanced_accuracy, f1_macro: no row is of 'c'"]
    found = SklearnMetrics().measure(sample)
    assert found["accuracy"] == value("accuracy", sample)
    assert found["log_loss"] is not None


def test_a_label_that_no_row_has_is_named():
    sample = task_samples.labels(300, 1)
    truth = sample.truth.copy()
    truth[:, 1] = False
    assert told(replace(sample, truth=truth)) == ["no number for f1_macro: no row has 'b'"]


def test_a_target_that_never_changes_has_no_r2():
    sample = task_samples.values(300, 1, width=1)
    constant = replace(sample, truth=np.full_like(sample.truth, 3.0))
    assert told(constant) == ["no number for r2: what it is relative to does not vary, or is never wrong"]


@pytest.mark.parametrize("make", [task_samples.classes, task_samples.labels])
def test_answers_that_are_no_number_are_counted(make):
    (line,) = told(broken(make(300, 1), 7))
    assert line.endswith("7 of 300 rows have an answer that is no finite number")
    assert line.startswith("no number for accuracy, ")


def test_answers_of_two_classes_are_counted_and_so_is_a_single_class():
    labels = np.arange(40) % 2 == 0
    lost = Sample(labels, labels, np.where(np.arange(40) < 3, np.nan, 0.5))
    assert told(lost)[0].endswith("3 of 40 rows have an answer that is no finite number")
    alone = Sample(np.ones(40, dtype=bool), labels, np.full(40, 0.5))
    assert told(alone)[0].endswith("all rows are of one class")


def test_quantiles_that_cross_are_counted():
    sample = case_of_task(TASKS_OF_EXAMPLES["quantiles"]).evidence.scores.sample
    assert told(sample) == []
    at = sample.at.copy()
    at[:5] = at[:5, ::-1]
    (line,) = told(replace(sample, at=at))
    assert (
        line == f"quantiles cross in 5 of {sample.rows} rows: a higher one is below a lower one; "
        "gates.calibration.max_crossing limits them"
    )


def test_a_metric_without_a_number_decides_nothing_where_another_is_judged():
    sample = without_class(task_samples.classes(300, 1), 2)
    scores, stated = ScoreTable(sample, {}), SklearnMetrics().measure(sample)

    assert inconsistent("fairness", None, stated, scores) is None
    assert inconsistent("accuracy", "accuracy", stated, scores) is None
    lacking = inconsistent("accuracy", "f1_macro", stated, scores)
    assert "no row is of 'c'" in lacking.message
    assert "rows of every class" in lacking.remedy
    hidden = {**stated, "log_loss": None}
    assert "log_loss" in inconsistent("fairness", None, hidden, scores).message
    assert set(stated) <= set(metrics_of("multiclass"))


def test_remarks_are_printed_behind_the_metrics(capsys):
    evidence = case_of_task(TASKS_OF_EXAMPLES["multiclass"]).evidence.of(AccuracyEvidence)
    WORDS[AccuracyMeasured](Console(), AccuracyMeasured(evidence, ("no f1_macro: no row is of 'c'",)))
    assert capsys.readouterr().out.splitlines()[1] == "note: no f1_macro: no row is of 'c'"
