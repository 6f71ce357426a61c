"""What two releases do not have alike: data, params, code, policy, measures, gates, packages, columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import Doubt
from lockgate.domain.source import Commit
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.registry import any_metric

MODES = ("off", "warn", "enforce")
"""From the loosest to the strictest."""
LARGER_IS_STRICTER = ("min_", "floor")
SMALLER_IS_STRICTER = ("max_", "margin", "alpha", "multiple", "ulps", "min_rows")
"""How a setting begins; a group that must have more rows to be judged is judged less often."""
LISTS = ("attributes", "by", "forbidden", "probes")
"""Each name in them is one more thing that is judged."""
SET = "set"


@dataclass(frozen=True)
class Side:
    """One of the two: how it was named, the release, and its candidate."""

    reference: str
    release: ReleaseReference
    where: str = ""
    candidate: str = ""


@dataclass(frozen=True)
class Change:
    """A thing by its name, as the first has it and as the second has it; ``None`` where one has it not."""

    name: str
    first: Any = None
    second: Any = None


@dataclass(frozen=True)
class PolicyChange:
    """A setting of the policy. ``loosened`` says whether the second asks less; ``None`` where that cannot be told."""

    name: str
    first: Any
    second: Any
    loosened: bool | None = None


@dataclass(frozen=True)
class Measured:
    """What a rule measured of one of them, with its interval where it has one."""

    value: float
    interval: Interval | None = None
    rows: int | None = None


@dataclass(frozen=True)
class MeasureChange:
    """A measure by its gate and rule, of both; ``None`` where one of them was not measured so."""

    gate: str
    rule: str
    first: Measured | None
    second: Measured | None


@dataclass(frozen=True)
class FindingChange:
    """A finding with another outcome, or that one of them lacks; the messages of both."""

    gate: str
    rule: str
    first: str | None
    second: str | None
    first_message: str = ""
    second_message: str = ""


@dataclass(frozen=True)
class CodeDifference:
    """The commits of both. ``commits`` are those that the second has and the first has not, ``undone`` the other way.

    ``None``, as for ``files``, where this clone cannot tell.
    """

    first: str
    second: str
    commits: tuple[Commit, ...] | None = None
    undone: tuple[Commit, ...] | None = None
    files: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ReleaseDifference:
    """All of it, from the first to the second. What is alike is left out.

    ``same_rows`` says whether both were judged on the same held-out rows: else measures do not compare.
    """

    first: Side
    second: Side
    same_content: bool
    same_rows: bool
    data: tuple[Change, ...] = ()
    params: tuple[Change, ...] = ()
    code: CodeDifference | None = None
    policy: tuple[PolicyChange, ...] = ()
    measures: tuple[MeasureChange, ...] = ()
    importances: tuple[Change, ...] = ()
    findings: tuple[FindingChange, ...] = ()
    packages: tuple[Change, ...] = ()
    columns: tuple[Change, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    schema: Literal["lockgate/difference/1"] = "lockgate/difference/1"


def changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Change, ...]:
    """The names whose values differ, in their order."""
    names = sorted({*first, *second})
    return tuple(
        Change(name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)
    )


def flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Every value of a tree of mappings by its path, with dots; a list is a value."""
    if not isinstance(tree, Mapping):
        return {prefix: tree} if prefix else {}
    return {
        path: value
        for key, each in tree.items()
        for path, value in flat(each, f"{prefix}.{key}" if prefix else str(key)).items()
    }


def policy_changes(first: Policy, second: Policy) -> Iterator[PolicyChange]:
    """Each setting that differs, and whether the second asks less of a model."""
    metric = any_metric(second.accuracy.metric)
    falls = metric is not None and not metric.higher_is_better
    for change in changes(_settings(first), _settings(second)):
        loosened = _loosened(change.name.rpartition(".")[2], change.first, change.second, falls=falls)
        yield PolicyChange(change.name, change.first, change.second, loosened)


def _settings(policy: Any, prefix: str = "gates") -> dict[str, Any]:
    """The settings by their path; a section has a value of its own, as one that is not there demands nothing."""
    found: dict[str, Any] = {}
    for each in fields(policy):
        value, name = getattr(policy, each.name), f"{prefix}.{each.name}"
        if is_dataclass(value):
            found |= {name: SET, **_settings(value, name)}
        elif isinstance(value, Mapping):
            found |= flat(value, name)
        else:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found


def _loosened(name: str, first: Any, second: Any, *, falls: bool) -> bool | None:
    """Whether the second value asks less; ``falls`` says that a metric is the better the smaller it is."""
    if SET in (first, second):
        return bool(second != SET)
    if name == "mode" and first in MODES and second in MODES:
        return MODES.index(second) < MODES.index(first)
    if name in LISTS and isinstance(first, list) and isinstance(second, list):
        return not {*first} <= {*second}
    return _less(name, first, second, falls=falls)


def _less(name: str, first: Any, second: Any, *, falls: bool) -> bool | None:
    smaller = name.startswith(SMALLER_IS_STRICTER) or (falls and name == "floor")
    if not (smaller or name.startswith(LARGER_IS_STRICTER)):
        return None
    if first is None or second is None:  # a limit that is not set demands nothing
        return second is None
    if not (_is_number(first) and _is_number(second)):
        return None
    return bool(second > first) if smaller else bool(second < first)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def measure_changes(first: Sequence[Finding], second: Sequence[Finding]) -> Iterator[MeasureChange]:
    """What the rules measured of both, where it is not the same."""
    ours, theirs = (
        {(each.gate, each.rule): each for each in side if each.measured is not None} for side in (first, second)
    )
    for gate, rule in dict.fromkeys((*ours, *theirs)):
        then, now = _measured(ours.get((gate, rule))), _measured(theirs.get((gate, rule)))
        if then != now:
            yield MeasureChange(gate, rule, then, now)


def _measured(finding: Finding | None) -> Measured | None:
    if finding is None or finding.measured is None:
        return None
    return Measured(finding.measured, finding.interval, finding.rows)


def finding_changes(first: Sequence[Finding], second: Sequence[Finding]) -> Iterator[FindingChange]:
    """The findings with another outcome, and those that one side alone has."""
    ours, theirs = ({(each.gate, each.rule): each for each in side} for side in (first, second))
    for key in dict.fromkeys((*ours, *theirs)):
        then, now = ours.get(key), theirs.get(key)
        if then is None or now is None or then.outcome != now.outcome:
            yield FindingChange(
                *key,
                None if then is None else str(then.outcome),
                None if now is None else str(now.outcome),
                "" if then is None else then.message,
                "" if now is None else now.message,
            )


def column_changes(first: Signature, second: Signature) -> tuple[Change, ...]:
    """The inputs and outputs that differ: in type, in shape, or there in one alone."""
    ours, theirs = (
        {
            **{f"input {each.name}": each.dtype for each in side.inputs},
            **{f"output {each.name}": f"{each.dtype} {list(each.shape)}" for each in side.outputs},
        }
        for side in (first, second)
    )
    return changes(ours, theirs)
