"""What may stand in a skops file: what scikit-learn itself brings to be fitted, and what that is made of.

skops makes whatever a file names: it calls a class or a function with arguments of the file, or sets any state. So a
name is trusted only where that can do nothing but keep values or compute with numbers. Estimators are known by their
base: their constructors keep what they are given. What else they hold is listed, each read for what it does.
"""

import functools
import importlib
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import Any

import numpy as np

PACKAGE = "sklearn."
NEVER = ("sklearn.datasets.", "sklearn.externals.", "sklearn.utils.", "sklearn.experimental.", "sklearn.conftest.")
"""Parts that load, write or run what they are told, or test others; no fitted estimator is of them."""

BASES = (
    ("sklearn.base", "BaseEstimator"),
    ("sklearn.gaussian_process.kernels", "Kernel"),
    ("sklearn._loss.loss", "BaseLoss"),
    ("sklearn._loss.link", "BaseLink"),
    ("sklearn.neural_network._stochastic_optimizers", "BaseOptimizer"),
    ("sklearn.model_selection._split", "BaseCrossValidator"),
    ("sklearn.model_selection._split", "BaseShuffleSplit"),
)
"""Plain Python classes: made with arguments or given a state, they keep both and do nothing."""

HELPERS = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.metrics._dist_metrics.ChebyshevDistance64",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._scorer._CurveScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._split._CVIterableWrapper",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
        "sklearn.utils._bunch.Bunch",
        # Followed unchecked once they are asked: `sound_indices` looks at each of them before that.
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.tree._tree.Tree",
        # The same of matrices: `sound_indices` looks at what they point to.
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        # A dtype is read off an empty array that numpy loads without pickle.
        "numpy.dtype",
    }
)

FUNCTIONS = frozenset(
    {
        "sklearn.feature_extraction.text.strip_accents_ascii",
        "sklearn.feature_extraction.text.strip_accents_unicode",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.feature_selection._univariate_selection.r_regression",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.utils.validation.check_array",
        "numpy.clip",
        "numpy.max",
        "numpy.mean",
        "numpy.median",
        "numpy.min",
        "numpy.nan_to_num",
        "numpy.sum",
        # What it holds is looked at by itself, function and arguments.
        "functools.partial",
    }
)
"""Functions that compute with the numbers they are given, besides NumPy's ufuncs and SciPy's."""
UFUNCS = ("numpy", "scipy.special")
"""Where those are. A file may name another module of these packages that has one."""
METRICS = ("sklearn.metrics._classification", "sklearn.metrics._ranking", "sklearn.metrics._regression")
"""Modules whose public functions measure answers: what a classifier chose its threshold by is kept with it."""


def trusted_among(names: Iterable[str]) -> list[str]:
    """Those of the names in a skops file that may be made."""
    return [name for name in names if is_trusted(name)]


@functools.cache
def is_trusted(name: str) -> bool:
    """Whether whatever a file does with this name, ``module.object``, does nothing but keep values or compute."""
    return name in HELPERS or name in FUNCTIONS or _is_ufunc(name) or _is_estimators_own(name)


def _is_ufunc(name: str) -> bool:
    """Whether it is one of the functions of numbers of NumPy or SciPy, by whatever loaded module of theirs."""
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] not in {"numpy", "scipy"}:
        return False
    homes = [vars(importlib.import_module(home)) for home in UFUNCS]
    found = getattr(sys.modules.get(module), "__dict__", {}).get(attribute)
    return isinstance(found, np.ufunc) and any(found is home.get(attribute) for home in homes)


def _is_estimators_own(name: str) -> bool:
    """Whether it is a class of scikit-learn's that is fitted, or of a kind that estimators hold."""
    if not name.startswith(PACKAGE) or name.startswith(NEVER) or ".tests." in name:
        return False
    module, _, attribute = name.rpartition(".")
    try:
        found: Any = vars(importlib.import_module(module)).get(attribute)
    except ImportError:
        return False
    # What a module has imported from elsewhere goes by the name of where it was made.
    if getattr(found, "__module__", None) != module:
        return False
    if isinstance(found, FunctionType):
        return module in METRICS and not attribute.startswith("_")
    # One after the other: nearly all are estimators, and the modules of the other bases are most of scikit-learn.
    return isinstance(found, type) and any(
        issubclass(found, getattr(importlib.import_module(module), name)) for module, name in BASES
    )
