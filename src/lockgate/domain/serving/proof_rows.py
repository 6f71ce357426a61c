"""The rows that a package is asked before anybody else may ask it: one of each kind that a client sends."""

from collections.abc import Mapping

import numpy as np

from lockgate.domain.measuring.edge_rows import UNSEEN
from lockgate.domain.model.profile import Profile, of_type
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Column, Signature

Row = Mapping[str, object]


def proof_rows(signature: Signature, profile: Profile) -> dict[str, Row]:
    """Rows by what they are: typical, with all missing that may be, at both ends of the training rows; none twice."""
    typical = profile.typical_row(signature)
    rows: dict[str, Row] = {
        "typical": typical,
        "missing": {c.name: _missing(c, typical[c.name]) for c in signature.inputs},
        "low": {c.name: _end(c, profile, 0.0, typical[c.name]) for c in signature.inputs},
        "high": {c.name: _end(c, profile, 1.0, typical[c.name]) for c in signature.inputs},
    }
    return {name: row for name, row in rows.items() if name == _first(rows, row)}


def _end(column: Column, profile: Profile, share: float, typical: object) -> object:
    """The first or last quantile; for bool false or true, for text the rarest known value or one never seen."""
    if column.dtype == "bool":
        return bool(share)
    if column.dtype == "string":
        counts = next((text.counts for text in profile.texts if text.name == column.name), {})
        return list(counts)[-1] if counts and not share else UNSEEN
    found = profile.quantile(column.name, share)
    if found is None:
        return typical
    return _full(column, profile, of_type(found, column.dtype))


def _missing(column: Column, typical: object) -> object:
    return typical if TYPES[column.dtype].missing is None or column.axes else None


def _full(column: Column, profile: Profile, value: object) -> object:
    """The value of a column, or a tensor with it in every cell."""
    return np.full(profile.shape(column), value, dtype=object).tolist() if column.axes else value


def _first(rows: Mapping[str, Row], wanted: Row) -> str:
    return next(name for name, row in rows.items() if row == wanted)
