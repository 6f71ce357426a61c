"""skops, without what takes seconds to import.

Importing skops lists every estimator of scikit-learn, for which it imports all of scikit-learn, its tools of tests with
pytest, and PyTorch; and every function of SciPy, for which it looks through all modules that are loaded. Lockgate needs
neither list: `trusted_types` tells a name by what it is. Here both are made when another than Lockgate asks for them.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.special
import sklearn.utils

_WRAPPER = "sklearn.externals.array_api_compat.torch"
_OWN = ContextVar("lockgate_own_trust", default=False)


class Later:
    """A list of skops's names of trusted types, made when it is first read; empty for Lockgate's own loading."""

    def __init__(self, make: Callable[[], list[str]]) -> None:
        self._make = make

    @cached_property
    def _names(self) -> list[str]:
        with _put(sys.modules, _WRAPPER, None):  # what import takes for "there is none"
            return self._make()

    def __iter__(self) -> Iterator[str]:
        return iter([] if _OWN.get() else self._names)

    def __add__(self, other: list[str]) -> list[str]:
        return [*self, *other]

    def __radd__(self, other: list[str]) -> list[str]:
        return [*other, *self]


@contextmanager
def own_trust() -> Iterator[None]:
    """What skops loads in this block it trusts by `trusted_types` alone, where that says more than skops's lists."""
    token = _OWN.set(True)
    try:
        yield
    finally:
        _OWN.reset(token)


def in_bytes(estimator: object) -> bytes:
    """As skops writes it, with its schema in one line: indenting it is most of the time, and who reads needs none."""
    with _put(vars(_persist), "json", SimpleNamespace(dumps=lambda schema, **_: json.dumps(schema))):
        content: bytes = skops_io.dumps(estimator)
        return content


@contextmanager
def _put(where: dict[str, Any], name: str, value: object) -> Iterator[None]:
    """Let a name mean something else in this block; one that is a module that is loaded stays."""
    before = where.get(name)
    if where is sys.modules and before is not None:
        yield
        return
    where[name] = value
    try:
        yield
    finally:
        where.pop(name)
        if before is not None:
            where[name] = before


def _estimators() -> list[str]:
    names = (get_type_name(estimator) for _, estimator in sklearn.utils.all_estimators())
    return [name for name in names if name.startswith("sklearn.")]


def _functions() -> list[str]:
    kinds = (np.ufunc, get_scipy_ufunc_wrapper_type() or np.ufunc)
    return sorted({name for kind in kinds for name in get_public_type_names(module=scipy.special, oftype=kind)})


_LISTS = {"SKLEARN_ESTIMATOR_TYPE_NAMES": Later(_estimators), "SCIPY_UFUNC_TYPE_NAMES": Later(_functions)}

with _put(vars(sklearn.utils), "all_estimators", list), _put(vars(scipy.special), "__dir__", list):
    import skops.io as skops_io
    from skops.io import _persist
    from skops.io._utils import get_public_type_names, get_type_name
    from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException
    from skops.utils._fixes import get_scipy_ufunc_wrapper_type

for _module in [module for name, module in sys.modules.items() if name.startswith("skops.io.") and module]:
    for _name in _LISTS.keys() & vars(_module).keys():
        setattr(_module, _name, _LISTS[_name])

__all__ = ["UnsupportedTypeException", "UntrustedTypesFoundException", "in_bytes", "own_trust", "skops_io"]
