"""A policy in words: what each gate demands, and which are off."""

from collections.abc import Iterable, Iterator

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import asked
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.names import listed
from lockgate.domain.reviewing.wording import ALWAYS, WORDS
from lockgate.domain.statistics.metrics.registry import METRICS


def explain(policy: Policy, production: str, decidable: str = "") -> Iterator[str]:
    """Lines, gate by gate; ``production`` is the environment where a warning needs a waiver.

    ``decidable`` says what the held-out rows can tell apart, where that is known.
    """
    tests = policy.tests
    yield f"tests: at least {tests.min_tests} ran on this commit, none failed, at most {tests.max_skipped} skipped"
    yield "integrity: model and evidence are what the stages of dvc.lock made, from the params and files that are here"
    yield from _accuracy(policy.accuracy, decidable)
    yield from _parity(policy.parity)
    yield from _selection(policy)
    for gate in asked(policy):
        if not gate.gate.required:
            yield from _by_mode(gate.name, gate.mode, _optional(policy, gate.name), production)
    for name, settings in policy.plugins.items():
        demands = (f"{key} {_value(value)}" for key, value in settings.items() if key != "mode")
        yield from _by_mode(name, str(settings.get("mode", "enforce")), ["an installed gate", *demands], production)


def _by_mode(name: str, mode: str, asked: Iterable[str], production: str) -> Iterator[str]:
    if mode == "off":
        yield f"{name}: off, nothing is asked"
        return
    first, *others = asked
    yield f"{name}: {first}"
    yield from (f"  {each}" for each in others)
    if mode == "warn":
        yield f"  only warns; in {production} a warning needs a waiver"


def _optional(policy: Policy, name: str) -> Iterator[str]:
    """Every setting in its words; what is ``None`` or empty asks for nothing."""
    held = getattr(policy, name)
    if name in ALWAYS:
        yield ALWAYS[name]
    for key, words in WORDS[name].items():
        value = getattr(held, key, None)
        if value not in (None, ()):
            yield words.format(_value(value))
    if (behind := getattr(held, "max_behind_reference", None)) is not None:
        yield f"at most {_value(behind)} of {policy.accuracy.metric} behind the glassbox, a model that explains itself,"
        yield f"  on the same rows, paired: the lower bound of the difference above {_value(0 - behind)}"


def _accuracy(policy: AccuracyPolicy, decidable: str) -> Iterator[str]:
    way, bound = _way(policy.metric)
    sure = f"{100 * (1 - policy.alpha):.10g}%"
    yield f"accuracy: {policy.metric} {way} {_value(policy.floor)}, by the {bound} bound, which holds with {sure}"
    margin = _value(0 - policy.margin)
    yield f"  against the champion on the same rows, paired: the lower bound of the difference above {margin}"
    if policy.margin == 0:
        yield "  a margin of 0: a model that is only as good never passes, nor does a retrained twin of the champion"
    if decidable:
        yield f"  {decidable}"
    if policy.slices is not None:
        yield from _slices(policy.slices, way)


def _way(metric: str) -> tuple[str, str]:
    """Which way a metric is held to its limit, and by which bound; only its package knows that of an installed one."""
    if is_installed(metric):
        return "no worse than", "worse"
    return ("at least", "lower") if METRICS[metric].higher_is_better else ("at most", "upper")


def _slices(slices: SlicesPolicy, way: str) -> Iterator[str]:
    yield f"  the same where there are {slices.min_rows} rows, by {listed(slices.by, '; ')}"
    if slices.floor is not None:
        yield f"    {way} {_value(slices.floor)}"
    if slices.margin is not None:
        yield f"    against the champion above {_value(0 - slices.margin)}"
    yield "    a claim that a part breaks the rule is corrected for the number of parts (Holm)"


def _parity(policy: ParityPolicy) -> Iterator[str]:
    yield f"parity: the ONNX model answers as the trained one; at most {policy.max_flips} labels flip"
    if policy.tolerance == "calibrated":
        source = f"{_value(policy.multiple)} times the source's own error in float32"
        yield f"  within {source}, or {_value(policy.ulps)} units in the last place where that is more"
    limits = {"absolute": policy.max_absolute, "relative": policy.max_relative}
    if told := " and ".join(f"{_value(limit)} {name}" for name, limit in limits.items() if limit is not None):
        yield f"  within {told}"
    varies = f"by at most {_value(policy.max_variation)}"
    yield f"  its own answers to a row vary {varies}, in other batches, with other threads, optimised otherwise"
    yield f"  each answer within {_value(policy.seconds)} seconds and {_value(policy.memory_gib)} GiB of memory"


def _selection(policy: Policy) -> Iterator[str]:
    yield f"selection: candidates compete by {policy.selection.metric or policy.accuracy.metric} on validation rows"
    if policy.fairness is not None:
        rows = policy.selection.min_rows or policy.fairness.min_rows
        yield f"  fairness is shown beside it, between groups of at least {rows} of them"


def _value(value: object) -> str:
    if isinstance(value, tuple | list):
        return listed(map(_value, value), " and ")
    return f"{value:.12g}" if isinstance(value, float) else str(value)
