"""The scikit-learn candidate: gradient boosting over raw columns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from census.columns import CLASSES, LABEL, NUMBERS
from census.params import GradientBoosting
from census.preprocessing import frame
from lockgate.project import Column, Trained, TrainingRun, params, save_sklearn

REPORT_EVERY = 50


def pipeline(settings: GradientBoosting, inputs: tuple[str, ...]) -> Pipeline:
    """The unfitted pipeline.

    Numbers pass unscaled and one-hot columns are float32: a float64 scaler in front of the trees would round some
    values to the other side of a threshold in ONNX, and labels would flip.
    """
    numbers = [name for name in inputs if name in NUMBERS]
    texts = [name for name in inputs if name not in NUMBERS]
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32, sparse_output=False)
    return Pipeline(
        [
            ("columns", ColumnTransformer([("numbers", "passthrough", numbers), ("texts", encoder, texts)])),
            (
                "classifier",
                HistGradientBoostingClassifier(
                    learning_rate=settings.learning_rate,
                    max_iter=settings.max_iter,
                    max_leaf_nodes=settings.max_leaf_nodes,
                    min_samples_leaf=settings.min_samples_leaf,
                    l2_regularization=settings.l2_regularization,
                    # max_iter is chosen on the validation table, not on a second split inside training.
                    early_stopping=False,
                    random_state=settings.seed,
                ),
            ),
        ]
    )


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
