"""The scikit-learn candidate: gradient boosting over raw columns."""

from collections.abc import Sequence

import pandas as pd
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline

from census.boosting import pipeline
from census.columns import CLASSES, LABEL
from census.params import GradientBoosting
from census.preprocessing import frame
from lockgate.project import Column, Trained, TrainingRun, params, save_sklearn

REPORT_EVERY = 50


def fit(settings: GradientBoosting, inputs: tuple[str, ...], rows: pd.DataFrame, labels: pd.Series) -> Pipeline:
    """Fit on raw columns (float32 numbers, text with ``""`` for missing) and text labels."""
    return pipeline(settings, inputs).fit(rows[list(inputs)], labels)


def train(run: TrainingRun, inputs: Sequence[Column]) -> Trained:
    """Fit on the training rows; ``max_iter`` was chosen on the validation rows, whose loss is told on the way."""
    settings = params(f"train.{run.candidate}", GradientBoosting)
    names = tuple(column.name for column in inputs)
    model = fit(settings, names, frame(run.training, inputs), pd.Series(run.training[LABEL]))
    truth = run.validation[LABEL] == CLASSES[1]
    for number, answer in enumerate(
        model["classifier"].staged_predict_proba(model["columns"].transform(frame(run.validation, inputs))), 1
    ):
        if number % REPORT_EVERY == 0 or number == settings.max_iter:
            run.epoch(number, settings.max_iter, validation_loss=float(log_loss(truth, answer[:, 1])))
    save_sklearn(model, run.folder / "model.skops")
    return Trained("sklearn", "model.skops", tuple(inputs), CLASSES)
