"""A policy in words: what each gate demands, and which are off."""

from collections.abc import Iterator

from lockgate.domain.decision import OPTIONAL, mode_of
from lockgate.domain.policy import AccuracyPolicy, Policy, SlicesPolicy

SKIPPED = frozenset({"mode", "alpha", "max_behind_reference"})


def explain(policy: Policy, production: str) -> Iterator[str]:
    """Lines, gate by gate; ``production`` is the environment where a warning needs a waiver."""
    tests, parity = policy.tests, policy.parity
    yield f"tests: at least {tests.min_tests} ran on this commit, none failed, at most {tests.max_skipped} skipped"
    yield from _accuracy(policy.accuracy)
    derived = parity.tolerance == "calibrated"
    fixed = f"within {parity.max_absolute} absolute and {parity.max_relative} relative"
    tolerance = f"within {parity.multiple:g} times the source's own error in float32" if derived else fixed
    yield f"parity: the ONNX model answers as the trained one, {tolerance}; at most {parity.max_flips} labels flip"
    for name in OPTIONAL:
        mode = mode_of(policy, name)
        if mode == "off":
            yield f"{name}: off, nothing is asked"
            continue
        held = getattr(policy, name)
        asked = [
            f"{key} {_value(value)}" for key, value in vars(held).items() if key not in SKIPPED and value is not None
        ]
        yield f"{name}: {', '.join(asked)}"
        if (behind := getattr(held, "max_behind_reference", None)) is not None:
            yield f"  at most {behind:g} of {policy.accuracy.metric} behind the glassbox, a model that explains itself,"
            yield f"  on the same rows, paired: the lower bound of the difference above {-behind:g}"
        if mode == "warn":
            yield f"  only warns; in {production} a warning needs a waiver"


def _accuracy(policy: AccuracyPolicy) -> Iterator[str]:
    way, bound = ("at least", "lower") if policy.higher_is_better else ("at most", "upper")
    sure = f"{1 - policy.alpha:.1%}"
    yield f"accuracy: {policy.metric} {way} {policy.floor:g}, by the {bound} bound, which holds with {sure}"
    yield f"  against the champion on the same rows, paired: the lower bound of the difference above {-policy.margin:g}"
    if policy.slices is not None:
        yield from _slices(policy.slices, way)


def _slices(slices: SlicesPolicy, way: str) -> Iterator[str]:
    yield f"  the same where there are {slices.min_rows} rows, by {'; '.join(slices.by)}"
    if slices.floor is not None:
        yield f"    {way} {slices.floor:g}"
    if slices.margin is not None:
        yield f"    against the champion above {-slices.margin:g}"
    yield "    a claim that a part breaks the rule is corrected for the number of parts (Holm)"


def _value(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)
