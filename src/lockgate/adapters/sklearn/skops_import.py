"""skops, without PyTorch.

Importing skops lists every estimator of scikit-learn, and on that walk scikit-learn's wrapper of PyTorch, which nothing
here uses, imports PyTorch: most of the seconds that a stage needs to begin. Meanwhile the wrapper counts as missing,
which the walk passes over.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_WRAPPER = "sklearn.externals.array_api_compat.torch"


@contextmanager
def _missing(module: str) -> Iterator[None]:
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment] # what import takes for "there is none"
    try:
        yield
    finally:
        del sys.modules[module]


with _missing(_WRAPPER):
    import skops.io as skops_io
    from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

__all__ = ["UnsupportedTypeException", "UntrustedTypesFoundException", "skops_io"]
