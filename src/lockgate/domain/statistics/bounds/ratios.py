"""A part of a whole that may be nothing."""

import numpy as np

from lockgate.domain.statistics.sample import Floats


def ratio(part: Floats, whole: Floats) -> Floats:
    """Part by whole, and 0 where there is no whole: scikit-learn's ``zero_division``."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
