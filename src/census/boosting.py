"""Gradient boosting over raw columns: what the candidates that boost trees have in common."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from census.columns import NUMBERS
from census.params import GradientBoosting


def pipeline(settings: GradientBoosting, inputs: tuple[str, ...]) -> Pipeline:
    """The unfitted pipeline of ``columns`` and ``classifier``.

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
