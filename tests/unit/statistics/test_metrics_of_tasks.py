"""The metrics of several classes, of labels and of numbers are scikit-learn's."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from task_samples import classes, labels, values

from lockgate.domain.statistics.metrics.one_of_many import class_metric, one_class, target_metric
from lockgate.domain.statistics.metrics.registry import METRICS, metric_of, metrics_of, problem_of_metric, value

AVERAGED = {
    "f1": sk.f1_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "jaccard": sk.jaccard_score,
}


def averaged(name, of):
    family, average = name.rsplit("_", 1)
    chosen = {} if of.task == "multilabel" else {"labels": range(len(of.names))}
    return AVERAGED[family](of.truth, of.predicted, average=average, zero_division=0, **chosen)


def area(of, way, average):
    return sk.roc_auc_score(of.truth, of.scores, multi_class=way, average=average)


OF_CLASSES = {
    "accuracy": lambda of: sk.accuracy_score(of.truth, of.predicted),
    "balanced_accuracy": lambda of: sk.balanced_accuracy_score(of.truth, of.predicted),
    "matthews_corrcoef": lambda of: sk.matthews_corrcoef(of.truth, of.predicted),
    "cohen_kappa_score": lambda of: sk.cohen_kappa_score(of.truth, of.predicted),
    "log_loss": lambda of: sk.log_loss(of.truth, of.scores),
    "brier": lambda of: sk.brier_score_loss(of.truth, of.scores),
    "roc_auc_ovr": lambda of: area(of, "ovr", "macro"),
    "roc_auc_ovr_weighted": lambda of: area(of, "ovr", "weighted"),
    "roc_auc_ovo": lambda of: area(of, "ovo", "macro"),
    "roc_auc_ovo_weighted": lambda of: area(of, "ovo", "weighted"),
    "top_2_accuracy": lambda of: sk.top_k_accuracy_score(of.truth, of.scores, k=2),
    "top_3_accuracy": lambda of: sk.top_k_accuracy_score(of.truth, of.scores, k=3),
    "top_5_accuracy": lambda of: sk.top_k_accuracy_score(of.truth, of.scores, k=5),
}
OF_LABELS = {
    "accuracy": lambda of: sk.accuracy_score(of.truth, of.predicted),
    "hamming_loss": lambda of: sk.hamming_loss(of.truth, of.predicted),
    "log_loss": lambda of: np.mean([sk.log_loss(t, s) for t, s in zip(of.truth.T, of.scores.T, strict=True)]),
    "brier": lambda of: np.mean([sk.brier_score_loss(t, s) for t, s in zip(of.truth.T, of.scores.T, strict=True)]),
    "roc_auc_macro": lambda of: sk.roc_auc_score(of.truth, of.scores, average="macro"),
    "roc_auc_micro": lambda of: sk.roc_auc_score(of.truth, of.scores, average="micro"),
    "average_precision_macro": lambda of: sk.average_precision_score(of.truth, of.scores, average="macro"),
    "average_precision_micro": lambda of: sk.average_precision_score(of.truth, of.scores, average="micro"),
}


def each(of, loss):
    return np.mean([loss(t, v) for t, v in zip(of.truth.T, of.values.T, strict=True)])


OF_NUMBERS = {
    "mean_absolute_error": lambda of: sk.mean_absolute_error(of.truth, of.values),
    "mean_squared_error": lambda of: sk.mean_squared_error(of.truth, of.values),
    "root_mean_squared_error": lambda of: sk.root_mean_squared_error(of.truth, of.values),
    "mean_absolute_percentage_error": lambda of: sk.mean_absolute_percentage_error(of.truth, of.values),
    "median_absolute_error": lambda of: sk.median_absolute_error(of.truth, of.values),
    "mean_pinball_loss": lambda of: sk.mean_pinball_loss(of.truth, of.values),
    "mean_poisson_deviance": lambda of: each(of, sk.mean_poisson_deviance),
    "mean_gamma_deviance": lambda of: each(of, sk.mean_gamma_deviance),
    "r2": lambda of: sk.r2_score(of.truth, of.values),
    "explained_variance": lambda of: sk.explained_variance_score(of.truth, of.values),
    "mae_skill": lambda of: np.mean(
        1 - np.abs(of.truth - of.values).mean(axis=0) / np.abs(of.truth - of.naive).mean(axis=0)
    ),
    "rmse_skill": lambda of: np.mean(
        1 - np.sqrt(np.square(of.truth - of.values).mean(axis=0) / np.square(of.truth - of.naive).mean(axis=0))
    ),
}
TOLD = {"multiclass": OF_CLASSES, "multilabel": OF_LABELS, "regression": OF_NUMBERS}
MADE = {
    "multiclass": lambda rows, seed, digits: classes(rows, seed, width=6, digits=digits, rare=0.02),
    "multilabel": lambda rows, seed, digits: labels(rows, seed, digits=digits),
    "regression": lambda rows, seed, digits: values(rows, seed),
}
EVERY = [(task, name) for task in TOLD for name in metrics_of(task)]


@pytest.mark.parametrize(("task", "name"), EVERY)
@pytest.mark.parametrize(("rows", "digits"), [(40, 1), (300, 2), (300, 9)])
def test_a_metric_of_a_task_is_scikit_learns(task, name, rows, digits):
    of = MADE[task](rows, rows, digits)
    if task == "multiclass" and digits < 9:  # scikit-learn refuses probabilities that do not add up
        of = replace(of, scores=of.scores / of.scores.sum(axis=1, keepdims=True))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = TOLD[task][name](of) if name in TOLD[task] else averaged(name, of)

    assert value(name, of) == pytest.approx(told, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(3, 7), st.integers(8, 60))
@settings(max_examples=12, deadline=None)
def test_a_class_that_is_never_answered_counts_as_in_scikit_learn(seed, width, rows):
    of = classes(rows, seed, width=width, unanswered=0)
    for name in metrics_of("multiclass"):
        if name.rsplit("_", 1)[0] in AVERAGED:
            assert value(name, of) == pytest.approx(averaged(name, of), abs=1e-12)
    assert value("matthews_corrcoef", of) == pytest.approx(sk.matthews_corrcoef(of.truth, of.predicted), abs=1e-12)


def test_an_answer_that_is_no_class_is_wrong():
    of = classes(200, 1)
    odd = replace(of, predicted=np.where(np.arange(200) < 20, -1, of.predicted))

    assert value("accuracy", odd) == pytest.approx(sk.accuracy_score(odd.truth, odd.predicted))
    assert value("f1_macro", odd) == pytest.approx(averaged("f1_macro", odd))
    assert value("recall_weighted", odd) == pytest.approx(averaged("recall_weighted", odd))
    assert value("matthews_corrcoef", odd) == pytest.approx(sk.matthews_corrcoef(odd.truth, odd.predicted))
    assert value("cohen_kappa_score", odd) == pytest.approx(sk.cohen_kappa_score(odd.truth, odd.predicted))


def test_a_class_without_rows_leaves_undefined_what_is_of_every_class():
    of = classes(300, 1)
    fewer = of.where(of.truth != 2)

    for name in ("f1_macro", "balanced_accuracy", "recall_macro", "roc_auc_ovr", "roc_auc_ovo_weighted"):
        assert value(name, fewer) is None
    for name in ("accuracy", "f1_micro", "f1_weighted", "log_loss", "matthews_corrcoef"):
        assert value(name, fewer) is not None
    for name in ("roc_auc_macro", "average_precision_macro"):
        assert value(name, replace(labels(50, 1), truth=np.ones((50, 3), dtype=bool))) is None


def test_quantiles_have_the_pinball_loss_of_each():
    of = values(500, 1, width=1)
    at = of.values + np.array([-0.6, 0.0, 0.6])
    told = [sk.mean_pinball_loss(of.truth[:, 0], at[:, place], alpha=q) for place, q in enumerate((0.1, 0.5, 0.9))]

    assert value("mean_pinball_loss", replace(of, quantiles=(0.1, 0.5, 0.9), at=at)) == pytest.approx(np.mean(told))


def test_what_has_no_deviance_or_no_naive_forecast_has_no_value():
    of = values(50, 1)

    assert value("mae_skill", replace(of, naive=None)) is None
    assert value("mae_skill", replace(of, naive=of.truth)) is None
    assert value("mean_gamma_deviance", replace(of, values=of.values - 20)) is None
    assert value("mean_poisson_deviance", replace(of, truth=of.truth - 20)) is None
    assert value("r2", replace(of, truth=np.ones_like(of.truth))) is None


def test_one_class_one_label_and_one_target():
    of, many, numbers = classes(300, 1), labels(300, 1), values(300, 1)

    assert value(class_metric("recall", "b"), of) == pytest.approx(
        sk.recall_score(of.truth, of.predicted, labels=[1], average="macro")
    )
    assert value(class_metric("f1", "c"), many) == pytest.approx(sk.f1_score(many.truth[:, 2], many.predicted[:, 2]))
    assert value(class_metric("roc_auc", "a"), many) == pytest.approx(
        sk.roc_auc_score(many.truth[:, 0], many.scores[:, 0])
    )
    assert value(target_metric("mean_absolute_error", "b"), numbers) == pytest.approx(
        sk.mean_absolute_error(numbers.truth[:, 1], numbers.values[:, 1])
    )
    assert value(class_metric("recall", "a"), of.where(of.truth > 0)) is None
    assert one_class(of, "b").rows == 300
    assert class_metric("recall", "b").name == "recall of b"
    with pytest.raises(KeyError):
        class_metric("f1_macro_", "b")


def test_a_name_is_of_some_tasks():
    assert metric_of("accuracy", "multiclass") is not METRICS["accuracy"]
    assert problem_of_metric("accuracy", "multiclass") == ""
    assert problem_of_metric("acme.cost", "regression") == ""
    said = problem_of_metric("roc_auc", "regression")
    assert said.startswith("roc_auc is no metric of a regression task; those are: mean_absolute_error, ")
    with pytest.raises(KeyError):
        value("f1", values(20, 1))
