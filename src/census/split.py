"""A split that never moves: each row goes where its own content says, whatever rows come before or after it."""

import hashlib

import pandas as pd

from census.columns import LABEL, RAW


def without_rows_of(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The rows of a frame that are no exact duplicate, in every raw column, of a row of the other one."""
    taken = pd.MultiIndex.from_frame(other[list(RAW)])
    return frame[~pd.MultiIndex.from_frame(frame[list(RAW)]).isin(taken)]


def is_validation(frame: pd.DataFrame, percent: int) -> "pd.Series[bool]":
    """Which rows are for validation: by a hash of their features, so that equal people are never on both sides."""
    features = frame[[name for name in RAW if name != LABEL]]
    return features.apply(lambda row: _percentile(row.tolist()) < percent, axis=1)


def _percentile(values: list[object]) -> int:
    """A number from 0 to 99 that depends on the values alone, the same on every machine and in every version."""
    content = "\x1f".join(f"{value:.0f}" if isinstance(value, float) else str(value) for value in values)
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big") % 100
