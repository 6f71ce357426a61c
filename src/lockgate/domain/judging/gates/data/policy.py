"""The policy of the data gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import ALWAYS, BOUND, Line, Told, in_words, said
from lockgate.domain.ranges import Alpha, Share, demand_ranges, of_tasks


@dataclass(frozen=True)
class DataPolicy:
    """Upper limits of what may leak from split to split, and how alike the splits must be; all are shares, 0 to 1.

    ``max_duplicates`` and ``max_near_duplicates`` are the baselines: the shares of test rows that stand in training, or
    in validation, as well. The first counts rows that are equal in every column of the tables, label included; the
    second those equal in all inputs, numbers within a tiny tolerance. People who are alike in few columns are no leak,
    so state what the data have by nature and let the gate stop what is beyond.

    ``max_single_feature`` is the largest cross-validated ROC AUC that one input alone may have on training rows: of
    several classes or labels for any of them against the others; of numbers it is the rank correlation, without its
    sign. ``min_share`` and ``max_balance_shift`` are of each class or label, ``max_target_distance`` is between the
    targets of training and of test. ``test_after_training`` holds where ``tables.time`` names a column.
    ``max_distance`` is between a column in training and in test: Kolmogorov-Smirnov for numbers, total variation for
    texts; both count missing values as a value. These two hold by the upper bound of an interval, which is wrong with a
    chance of ``alpha``: a text that is different in every row is near 1 apart, and by chance alone. The others are
    counted in the tables themselves, and nothing is estimated.

    ``max_shared_groups`` is the share of test rows that are of a group, by ``tables.group``, which stands in training
    or in validation as well: a person that the model knows. By default none may be.

    ``without_training`` is about a project in which nobody has the training rows: whether it may pass by what can be
    seen in validation and test rows.
    """

    max_duplicates: Share = 0.0
    max_near_duplicates: Share = 0.05
    max_single_feature: Share = 0.98
    min_positive_share: Annotated[Share, of_tasks("binary")] = 0.01
    max_positive_share: Annotated[Share, of_tasks("binary")] = 0.99
    min_share: Annotated[Share, of_tasks("multiclass", "multilabel")] = 0.0
    max_balance_shift: Annotated[Share, of_tasks("binary", "multiclass", "multilabel")] = 0.05
    max_distance: Share = 0.1
    max_target_distance: Annotated[Share, of_tasks("regression")] = 0.1
    test_after_training: bool = True
    max_shared_groups: Share = 0.0
    without_training: Literal["undecided", "allowed"] = "undecided"
    alpha: Alpha = 0.05
    mode: Mode = "enforce"

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha

    def __post_init__(self) -> None:
        demand_ranges(self)
        if self.min_positive_share > self.max_positive_share:
            raise ValueError("min_positive_share is above max_positive_share: no table could pass")


CLASSES: Final = ("binary", "multiclass", "multilabel")
NO_ORDER: Final = "test rows may be of any time, by {}"
KNOWN: Final = "{} of the test rows are of a {} that stands in training or validation too"
A_ROW: Final = "each {} has a row at least in each split"
"""Where no share is asked for."""
WORDS: Final[Mapping[str, Line]] = {
    ALWAYS: "the contract holds on every split",
    "max_duplicates": "at most {} of the test rows stand in training or validation too, equal in every column",
    "max_near_duplicates": "at most {} of the test rows have inputs that stand there too, but for a tiny tolerance",
    "max_single_feature": {
        **dict.fromkeys(CLASSES, "no input alone predicts the label with a ROC AUC above {}"),
        "regression": "no input alone has a rank correlation above {} with the target",
    },
    "min_positive_share": "at least {} of the rows of each split are positive",
    "max_positive_share": "at most {} of the rows of each split are positive",
    "min_share": {
        "multiclass": "each class is that of at least {} of the rows of each split",
        "multilabel": "each label is that of at least {} of the rows of each split",
    },
    "max_balance_shift": "these shares lie at most {} apart",
    "max_distance": "no column is farther than {} from training in test (Kolmogorov-Smirnov or total variation)",
    "max_target_distance": "no target is farther than {} from training in test (Kolmogorov-Smirnov)",
    "alpha": {
        **dict.fromkeys(CLASSES, "the ROC AUC and the distance by the upper bound; " + BOUND),
        "regression": "the correlation and the distances by the upper bound; " + BOUND,
    },
}
"""What each setting demands; ``{}`` is its value."""


def words(policy: DataPolicy, told: Told) -> Iterator[str]:
    """What is demanded; of times and of groups of rows where the tables have some."""
    each = "label" if told.task == "multilabel" else "class"
    yield from in_words(WORDS if policy.min_share else {**WORDS, "min_share": A_ROW.format(each)}, policy, told)
    if told.time:
        asked = "no test row is of a time, by {}, before training ends" if policy.test_after_training else NO_ORDER
        yield asked.format(told.time)
    if told.group:
        share = "none" if not policy.max_shared_groups else f"at most {said(policy.max_shared_groups)}"
        asks = "test rows may be of any {1}, known or not" if policy.max_shared_groups >= 1 else KNOWN
        yield asks.format(share, told.group)
    if policy.without_training == "allowed":
        yield "where nobody has the training rows it passes by the validation and test rows alone"
