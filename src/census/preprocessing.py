"""What every network sees: numbers imputed and scaled, texts one-hot, fitted once on the training rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lockgate.project import Array, Column, Columns


def fit(training: Columns, inputs: Sequence[Column]) -> ColumnTransformer:
    """A transformer from raw columns to one matrix ``(rows, features)``; unseen texts become zeros.

    A number that is missing (NaN) becomes the median of the training rows: a network would answer NaN to it.
    """
    numbers = [column.name for column in inputs if column.dtype != "string"]
    texts = [column.name for column in inputs if column.dtype == "string"]
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32, sparse_output=False)
    scaler = Pipeline([("imputer", SimpleImputer(strategy="median")), ("scaler", StandardScaler())])
    transformer = ColumnTransformer([("numbers", scaler, numbers), ("texts", encoder, texts)])
    return transformer.fit(frame(training, inputs))


def matrix(transformer: ColumnTransformer, columns: Columns, inputs: Sequence[Column]) -> Array:
    """The features as float32, the precision that the network is trained and served in."""
    return np.asarray(transformer.transform(frame(columns, inputs)), dtype=np.float32)


def frame(columns: Columns, inputs: Sequence[Column]) -> pd.DataFrame:
    """The input columns as scikit-learn takes them."""
    return pd.DataFrame({column.name: columns[column.name] for column in inputs})
