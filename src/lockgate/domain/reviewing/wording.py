"""What each setting of an optional gate demands, in words; ``{}`` is its value."""

from collections.abc import Mapping
from typing import Final

_BOUND: Final = "a bound is wrong with a chance of at most {}"

ALWAYS: Final[Mapping[str, str]] = {
    "data": "the contract holds on every split",
    "robustness": "answers to changed rows are finite, probabilities are some, labels are known",
}
"""What a gate demands whatever its settings are."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "data": {
        "max_duplicates": "at most {} of the test rows stand in training or validation too, equal in every column",
        "max_near_duplicates": "at most {} of the test rows have inputs that stand there too, but for a tiny tolerance",
        "max_single_feature": "no input alone predicts the label with a ROC AUC above {}",
        "min_positive_share": "at least {} of the rows of each split are positive",
        "max_positive_share": "at most {} of the rows of each split are positive",
        "max_balance_shift": "these shares lie at most {} apart",
        "max_distance": "no column is farther than {} from training in test (Kolmogorov-Smirnov or total variation)",
        "alpha": "the ROC AUC and the distance by the upper bound; " + _BOUND,
    },
    "calibration": {
        "max_brier": "the Brier score is at most {}, by the upper bound",
        "max_calibration_error": "the expected calibration error is at most {}, by the upper bound",
        "alpha": _BOUND,
    },
    "fairness": {
        "attributes": "between groups by {}",
        "min_rows": "where a group has at least {} rows",
        "max_demographic_parity_difference": "rates of positive answers lie at most {} apart",
        "min_demographic_parity_ratio": "the smallest rate of positive answers is at least {} of the largest",
        "max_equalized_odds_difference": "true and false positive rates lie at most {} apart",
        "min_equalized_odds_ratio": "the smallest true or false positive rate is at least {} of the largest",
        "max_error_rate_difference": "error rates lie at most {} apart",
        "min_error_rate_ratio": "the smallest error rate is at least {} of the largest",
        "max_worsening": "none of these is more than {} farther apart than the champion's on the same rows",
        "alpha": _BOUND,
    },
    "explanation": {
        "forbidden": "{} must not matter",
        "max_forbidden": "shuffling such a column moves the probability by at most {} on average, by the upper bound",
        "max_shift": "a column's share of the importance is at most {} from the champion's, by the upper bound",
        "alpha": _BOUND,
    },
    "robustness": {
        "max_nudge": "a change that means nothing moves the probability by at most {} on average, by the upper bound",
        "max_change": "a value that is missing, never seen or empty moves it by at most {} on average, by that too",
        "probes": "rows are also changed by what other packages bring: {}",
        "alpha": _BOUND,
    },
    "latency": {
        "max_ratio": "at most {} times as slow as the champion, on the same rows in the same process",
        "max_size_ratio": "an ONNX file at most {} times as large as the champion's",
        "max_milliseconds": "at most {} ms for one row",
        "max_mib": "an ONNX file of at most {} MiB",
        "alpha": _BOUND,
    },
}
