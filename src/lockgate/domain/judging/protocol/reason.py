"""The reasons of Lockgate's own gates: why a finding did not pass, what that means, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_NEVER: Final = False
"""Not waivable: there is no sound evidence, and a waiver accepts what was measured, it does not replace it."""


class Reason(StrEnum):
    """A code as it stands in a verdict; the tables of ``docs/gates.md`` are written from here, in this order.

    ``means`` says what is the case, ``do`` what helps. ``waivable`` tells whether a waiver can let it pass.
    """

    means: str
    do: str
    waivable: bool

    def __new__(cls, code: str, means: str, do: str, waivable: bool = True) -> "Reason":  # noqa: FBT001, FBT002 - a row
        """A member from its row."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.means, member.do, member.waivable = means, do, waivable
        return member

    NOT_MEASURED = (
        "not-measured",
        "the evidence, or a part of it, is not there, or its file cannot be read: the message says which and why",
        "collect it",
        _NEVER,
    )
    GATE_FAILED = (
        "gate-failed",
        "the gate itself raised an error, found nothing, or found what a verdict cannot hold: the message says where",
        "tell those who made the gate",
        _NEVER,
    )
    OTHER_SOURCE = (
        "other-source",
        "a param or a file that its stages read has changed since",
        "make it again",
        _NEVER,
    )
    OTHER_RESULT = ("other-result", "what lies here is not what its stages made", "make it again", _NEVER)
    NOT_COMMITTED = (
        "not-committed",
        "the commit has not, as it is here, a file that its stages read",
        "commit it, or have DVC keep it",
        _NEVER,
    )
    POLICY_LOOSENED = (
        "policy-loosened",
        "a commit since the champion was judged loosened the policy, and changed what the stages read as well",
        "loosen it in a commit of its own, which is looked at for that alone",
    )
    OTHER_SUBJECT = ("other-subject", "it is of another model or of other data", "collect it again", _NEVER)
    NO_SCORES = ("no-scores", "the score table is not that of the evidence", "collect both again", _NEVER)
    MEASURED_OTHERWISE = (
        "measured-otherwise",
        "it was measured by another [method](dvc.md#what-a-check-measures-with) than this environment's, or the "
        "champion's beside it was: another number of Lockgate's, another version of ONNX Runtime or numpy",
        "collect it again here",
        _NEVER,
    )
    EDITED = (
        "edited",
        "it contradicts itself, its score table, or what lies beside it: the message says what",
        "collect it again",
        _NEVER,
    )
    NOT_FRESH = ("not-fresh", "the tests ran on another source", "commit, and run them again", _NEVER)
    NO_TEST_RAN = ("no-test-ran", "too few ran, or a count is below 0", "see what the test command finds", _NEVER)
    NOT_BINARY = (
        "not-binary",
        "the model, or the table of scores, is of something else than the task says: a binary one has two classes",
        "train and export a model of the task",
        _NEVER,
    )
    NOT_COMPARED = (
        "not-compared",
        "there is no number to compare, or an output was left out",
        "collect the evidence again",
        _NEVER,
    )
    NO_TRUTH = (
        "no-truth",
        "there is no truth in float64 for `tolerance: calibrated`",
        "set `tolerance: fixed`, with its limits",
        _NEVER,
    )
    NOT_A_NUMBER = ("not-a-number", "a measurement gave no finite number", "see which rows get no finite answer")
    NOT_ENOUGH_ROWS = ("not-enough-rows", "the interval holds the limit", "judge more rows: the remedy says how many")
    NO_CHAMPION = ("no-champion", "there is nothing to compare with", "the bootstrap waiver is for a first release")
    NO_CHAMPION_EVIDENCE = (
        "no-champion-evidence",
        "there is a champion, and nothing was measured of it on these rows",
        "ask it: `lockgate check champion`",
    )
    OTHER_ROWS = (
        "other-rows",
        "the champion, or the glassbox, was judged on other rows",
        "ask it these: `lockgate check champion`, or `lockgate run`",
    )
    TEST_FAILED = ("test-failed", "a test failed", "mend what it shows")
    TEST_COMMAND_FAILED = ("test-command-failed", "no test failed, and the command did", "see what it says")
    TESTS_SKIPPED = ("tests-skipped", "too many were skipped", "make them run, or raise `max_skipped`")
    BELOW_FLOOR = ("below-floor", "below the floor, or a loss above its ceiling", "train a better model")
    WORSE_THAN_CHAMPION = ("worse-than-champion", "worse by more than the margin", "train a better model")
    NO_ANCHOR = (
        "no-anchor",
        "which champion was the best on these rows cannot be told, or what it answers: the message says why",
        "have the whole history (`git fetch --unshallow`) and its releases; ask it: `lockgate check champion`",
    )
    WORSE_THAN_ANCHOR = (
        "worse-than-anchor",
        "worse than the best champion on these rows by more than the total margin: small losses that add up",
        "train a better model",
    )
    SLICE_BELOW_FLOOR = ("slice-below-floor", "below the floor on a slice", "train a model that is better there")
    SLICE_WORSE_THAN_CHAMPION = (
        "slice-worse-than-champion",
        "worse on a slice by more than its margin",
        "train a model that is better there",
    )
    MISSING_SLICE = ("missing-slice", "no such column or rows", "mend `slices.by`, or keep the column for judging")
    SLICE_TOO_SMALL = ("slice-too-small", "fewer than `min_rows`", "judge more rows, or name a larger part")
    CLASS_BELOW_FLOOR = (
        "class-below-floor",
        "a class, label or target below its floor",
        "train a model that is better there",
    )
    CLASS_WORSE_THAN_CHAMPION = (
        "class-worse-than-champion",
        "worse for a class, label or target by more than its margin",
        "train a model that is better there",
    )
    CLASS_TOO_SMALL = ("class-too-small", "a class of fewer than `min_rows` rows", "judge more rows of it")
    UNKNOWN_CLASS = ("unknown-class", "a floor of a class that the model has not", "mend `classes.floors`")
    INPUT_MISSING = ("input-missing", "the ONNX model does not take an input that is declared", "export it again")
    INPUT_UNEXPECTED = ("input-unexpected", "it takes an input that is not declared", "export it again")
    OUTPUT_MISSING = ("output-missing", "it does not give an output that is declared", "export it again")
    OUTPUT_UNEXPECTED = ("output-unexpected", "it gives an output that is not declared", "export it again")
    OUTPUT_REORDERED = ("output-reordered", "it gives its outputs in another order", "export it again")
    OTHER_FORM = ("other-form", "another type or shape", "change the conversion")
    MISMATCH = ("mismatch", "NaN or infinite on one side only", "change the model or its conversion")
    DIFFERS = ("differs", "a difference beyond its limit", "change the model or its [conversion](parity.md)")
    LABEL_FLIPS = ("label-flips", "another label", "change the model or its [conversion](parity.md)")
    CROSSES_THRESHOLD = (
        "crosses-threshold",
        "rounding to float32 moves rows across a tree's threshold",
        "leave numbers unscaled in front of trees",
    )
    VARIES = ("varies", "answers depend on the setting", "see what makes them [depend on it](parity.md)")
    NO_ANSWER = ("no-answer", "no answer in a setting or to invented rows", "change the model or its conversion")
    OTHER_RUNTIME = (
        "other-runtime",
        "another `onnxruntime` serves than judged",
        "pin the same in both environments",
    )
    OTHER_RELEASE = ("other-release", "another release answers, as packaged", "package it again")
    CONTRACT_BROKEN = ("contract-broken", "a table does not keep the contract", "mend what `data()` gives")
    LEAKAGE_DUPLICATES = (
        "leakage-duplicates",
        "test rows stand in training or validation too",
        "leave them out there, or state what the data have by nature",
    )
    LEAKAGE_NEAR_DUPLICATES = (
        "leakage-near-duplicates",
        "their inputs stand there too, but for a tiny tolerance",
        "keep equal rows on one side, or state what the data have by nature",
    )
    LEAKAGE_GROUPS = (
        "leakage-groups",
        "test rows are of groups, by `tables.group`, that stand in training or validation too",
        "keep each group in one table, or state in `max_shared_groups` that the model serves those that it knows",
    )
    LEAKAGE_FEATURE = ("leakage-feature", "an input knows the label", "leave it out if it is not known before")
    LABEL_BALANCE = ("label-balance", "too few or too many rows of a class", "bring rows of each class into each table")
    SPLIT_DISTANCE = ("split-distance", "training and test differ", "draw both from one population")
    TEST_BEFORE_TRAINING = (
        "test-before-training",
        "a test row is of a time before training ends",
        "split by time, or set `test_after_training: false`",
    )
    MISCALIBRATED = ("miscalibrated", "an error above its limit", "calibrate the model")
    QUANTILES_CROSS = (
        "quantiles-cross",
        "a higher quantile below a lower one in too many rows",
        "sort the quantiles of each row, or train them together",
    )
    UNFAIR = ("unfair", "groups too far apart", "see the rates in `build/verdict.md`, and train for them")
    LESS_FAIR_THAN_CHAMPION = (
        "less-fair-than-champion",
        "farther apart than the champion's",
        "see the rates in `build/verdict.md`, and train for them",
    )
    MISSING_GROUP = ("missing-group", "no two groups to compare", "judge more rows, or mend `attributes`")
    UNKNOWN_FEATURE = (
        "unknown-feature",
        "what is forbidden is no column that there is: a misspelt name",
        "mend `forbidden`",
    )
    FORBIDDEN_FEATURE = ("forbidden-feature", "a forbidden column matters", "train without it")
    IMPORTANCE_MOVED = (
        "importance-moved",
        "importances are not the champion's",
        "find out why, and raise `max_shift` if they should not be",
    )
    BEHIND_GLASSBOX = (
        "behind-glassbox",
        "the glassbox is better by more than `max_behind_reference`",
        "train a better model, or release one that explains itself",
    )
    NOT_FINITE = ("not-finite", "a changed row gets a probability that is no finite number", "impute in the graph")
    OUT_OF_RANGE = (
        "out-of-range",
        "probabilities outside 0 to 1, or that do not add up; or quantiles that cross by the conversion",
        "end the graph in a softmax or sigmoid",
    )
    UNKNOWN_LABEL = ("unknown-label", "a changed row gets a label that is no class", "export with all classes")
    FRAGILE = ("fragile", "a small change moves answers too far", "smooth or limit what is made of the column")
    PROBE_FAILED = ("probe-failed", "the model gives no answer to a changed row", "make the graph answer it")
    SLOWER_THAN_CHAMPION = ("slower-than-champion", "times above their limit beside the champion's", "a lighter model")
    TOO_SLOW = ("too-slow", "times above the limit that stands alone", "a lighter model")
    TOO_LARGE = ("too-large", "the ONNX file above its limit", "a smaller model")
    OTHER_CHAMPION = (
        "other-champion",
        "it was timed beside another model than the champion",
        "time it again: `lockgate check latency`",
    )


OF_EVERY_GATE: Final = (Reason.NOT_MEASURED, Reason.GATE_FAILED)
"""What any gate may be undecided for, of whomever's making."""


@dataclass(frozen=True)
class OwnReason:
    """A reason of a gate that somebody else makes; ``waivable`` where it says what was measured."""

    code: str
    means: str
    waivable: bool = True
