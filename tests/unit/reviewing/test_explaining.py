"""A policy in words leaves no demand out."""

from dataclasses import fields, is_dataclass, replace

import pytest
from whole import FULL

from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.words import Told
from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.testing.examples import POLICY

OTHER = {
    "enforce": "warn",
    "roc_auc": "accuracy",
    "calibrated": "fixed",
    "undecided": "variation_only",
    "target": "spread",
    "recall": "precision",
}
BY_NAME = {"without_training": "allowed"}


TASKS = ("binary", "multiclass", "multilabel", "regression")


def told(policy, task="binary"):
    return "\n".join(
        explain(policy, "production", Told(task=task, quantiles=(0.1, 0.5, 0.9), time="day", group="person"))
    )


def places(policy, path=()):
    """Where each setting stands."""
    for each in fields(policy):
        value = getattr(policy, each.name)
        if is_dataclass(value):
            yield from places(value, (*path, each.name))
        else:
            yield (*path, each.name)


def other(value):
    """Another value of the same kind; a number by very little."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return OTHER[value]
    if isinstance(value, tuple):
        return (*value, "town") if isinstance(value[0], str) else (*value[:-1], value[-1] + 1)
    if isinstance(value, dict) and "cat" in value:
        return {"dog": 0.5}
    if isinstance(value, dict):
        return {"quick": {}}
    return value + 1 if isinstance(value, int) else value * (1 - 1e-6) or 1e-6


def with_another(policy, path):
    first, *rest = path
    value = getattr(policy, first)
    changed = with_another(value, rest) if rest else BY_NAME.get(first) or other(value)
    return replace(policy, **{first: changed})


@pytest.mark.parametrize("path", list(places(FULL)), ids=".".join)
def test_every_demand_is_told(path):
    """In the words for some task at least."""
    assert any(told(with_another(FULL, path), task) != told(FULL, task) for task in TASKS)


@pytest.mark.parametrize("name", ["data", "calibration", "fairness", "explanation", "robustness", "latency"])
def test_a_gate_that_is_off_says_so_and_nothing_else(name):
    assert told(replace(FULL, **{name: None})) != told(FULL)
    off = replace(FULL, **{name: replace(getattr(FULL, name), mode="off")})
    for policy in (replace(FULL, **{name: None}), off):
        assert f"\n{name}: off, nothing is asked\n" in told(policy)
    assert "glassbox" in told(off) or name == "explanation"


def test_a_limit_that_is_not_asked_is_not_told():
    lines = told(replace(FULL, parity=ParityPolicy(1e-5, 0.01)))
    assert "units in the last place" not in lines
    assert "within 1e-05 absolute and 0.01 relative" in lines
    assert "times as slow" not in told(replace(FULL, latency=replace(FULL.latency, max_ratio=None)))
    assert "fairness is shown" not in told(POLICY)


def test_the_limits_that_hold_beside_a_calibrated_tolerance_are_told():
    assert "within 1e-05 absolute\n" in told(replace(FULL, parity=replace(FULL.parity, max_relative=None)))
    assert "absolute" not in told(replace(FULL, parity=ParityPolicy(tolerance="calibrated")))


def test_defaults_are_told_as_what_was_given():
    lines = told(replace(POLICY, data=DataPolicy(max_distance=0.03)))
    assert "at most 0 of the test rows stand in training or validation too" in lines


def test_an_installed_gate_is_told_with_its_settings():
    assert "\nsteady: an installed gate\n  max_share 0.5" in told(FULL)
    assert told(replace(FULL, plugins={"steady": {}})).endswith("\nsteady: an installed gate")
    assert told(replace(FULL, plugins={"steady": {"mode": "off"}})).endswith("\nsteady: off, nothing is asked")
    warns = told(replace(FULL, plugins={"steady": {"mode": "warn"}}))
    assert warns.endswith("steady: an installed gate\n  only warns; in production a warning needs a waiver")


def test_the_example_of_every_setting_leaves_none_out():
    def unset(policy):
        for each in fields(policy):
            value = getattr(policy, each.name)
            if value is None or value in ((), {}):
                yield each.name
            elif is_dataclass(value):
                yield from unset(value)

    assert list(unset(FULL)) == []


def test_a_move_is_told_in_the_unit_of_the_task():
    lines = told(FULL, "regression")
    assert "moves the number, in the spread of its target, by at most 0.01 on average" in lines
    assert "moves the probability by at most 0.01" in told(FULL)
    assert "moves the probability that moves most by at most 0.01" in told(FULL, "multiclass")


def test_parity_of_numbers_is_told_by_their_size_and_without_labels():
    lines = told(replace(FULL, parity=ParityPolicy(0.05, 1e-5)), "regression")
    assert "flip" not in lines
    assert "within 1e-05 of a number's size, or of the typical size of its column where that is more\n" in lines
