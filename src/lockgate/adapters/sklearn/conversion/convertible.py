"""What the converter is given: estimators that it converts soundly in place of others, and its options."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier

from lockgate.adapters.sklearn.conversion.categories import bare, has_categories
from lockgate.adapters.sklearn.conversion.target_links import link_of
from lockgate.adapters.sklearn.sound_indices import everything

LOCALE = "C.UTF-8"
"""The locale of lower case: glibc has it wherever ONNX Runtime's wheels run, without one that is installed. In ``C``,
``Ü`` has no lower case; in the converter's en_US, a graph is not loaded at all where that is not installed."""
TOKENS = {
    r"(?u)\b\w\w+\b": r"[\p{L}\p{N}_]{2,}",
    r"(?u)\b\w+\b": r"[\p{L}\p{N}_]+",
}
"""Patterns of tokens as scikit-learn writes them, and as the runtime's RE2 does, where ``\\w`` is of ASCII alone."""


def convertible(estimator: Any) -> Any:
    """An estimator that answers the same, or itself; it is never changed."""
    if steps := getattr(estimator, "steps", None):
        return _copied(estimator, steps=[(name, convertible(step)) for name, step in steps])
    if isinstance(estimator, (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)):
        made = _copied(estimator, estimators_=[convertible(each) for each in estimator.estimators_])
        if isinstance(made, VotingClassifier):
            # It says what `transform` gives, which nobody asks for, and the converter refuses it.
            made.flatten_transform = False
        return made
    if isinstance(estimator, TransformedTargetRegressor) and link_of(estimator) is not None:
        return convertible(estimator.regressor_)
    if has_categories(estimator):
        return bare(estimator)
    if isinstance(estimator, SelfTrainingClassifier):
        return convertible(estimator.estimator_)
    return _as_logistic(estimator) if isinstance(estimator, LinearDiscriminantAnalysis) else estimator


def _copied(estimator: Any, **changed: Any) -> Any:
    made = copy.copy(estimator)
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def _as_logistic(estimator: Any) -> LogisticRegression:
    """The logistic regression of the same weights: the converter's own form of two classes is off by up to 0.15."""
    made = LogisticRegression()
    for name in ("classes_", "coef_", "intercept_", "n_features_in_"):
        setattr(made, name, getattr(estimator, name))
    made.n_iter_ = np.zeros(1, dtype=np.int32)
    return made


def text_options(estimator: Any) -> Mapping[int, Mapping[str, str]]:
    """The options of every vectorizer of texts in it, by its identity, as the converter takes them."""
    found = {}
    for part in everything(estimator):
        if isinstance(part, CountVectorizer):
            found[id(part)] = {"locale": LOCALE}
            if part.analyzer == "word" and part.token_pattern is not None:
                pattern = part.token_pattern
                found[id(part)]["tokenexp"] = TOKENS.get(pattern, pattern.removeprefix("(?u)"))
    return found
