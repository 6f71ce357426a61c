"""What a policy demands otherwise than another, and whether that is less."""

from dataclasses import replace

import pytest
from whole import FULL, STRICT

from lockgate.domain.judging.deciding.policy_changes import policy_changes
from lockgate.domain.judging.gates.accuracy.policy import ClassesPolicy


def changes(now, then=FULL):
    return [(each.name.removeprefix("gates."), each.looser) for each in policy_changes(then, now)]


def of(gate, **settings):
    return replace(FULL, **{gate: replace(getattr(FULL, gate), **settings)})


def test_the_same_policy_has_no_changes():
    assert changes(FULL) == []


@pytest.mark.parametrize(
    ("gate", "name", "looser", "stricter"),
    [
        ("accuracy", "floor", 0.85, 0.95),
        ("accuracy", "margin", 0.01, 0.0),
        ("accuracy", "alpha", 0.1, 0.01),
        ("tests", "min_tests", 5, 20),
        ("tests", "max_skipped", 2, 0),
        ("parity", "max_absolute", 1e-3, 1e-6),
        ("fairness", "min_rows", 500, 50),
        ("fairness", "min_error_rate_ratio", 0.5, 0.8),
        ("fairness", "max_worsening", None, 0.01),
        ("fairness", "attributes", ("age",), ("job", "age")),
        ("explanation", "forbidden", (), ("job", "age")),
        ("robustness", "mode", "warn", "enforce"),
        ("latency", "max_ratio", 2.0, 1.1),
    ],
)
def test_a_setting_is_looser_by_its_own_direction(gate, name, looser, stricter):
    assert changes(of(gate, **{name: looser})) == [(f"{gate}.{name}", True)]
    found = changes(of(gate, **{name: stricter}))
    assert found in ([(f"{gate}.{name}", False)], [])


def test_the_bound_of_a_loss_is_looser_where_it_is_higher():
    losses = replace(FULL, accuracy=replace(FULL.accuracy, metric="log_loss", floor=0.4, slices=None))
    higher = replace(losses, accuracy=replace(losses.accuracy, floor=0.6))
    assert changes(higher, losses) == [("accuracy.floor", True)]
    assert changes(losses, higher) == [("accuracy.floor", False)]


def test_what_cannot_be_compared_counts_as_looser_and_a_new_gate_does_not():
    assert changes(of("accuracy", metric="accuracy")) == [("accuracy.metric", True)]
    assert ("plugins.steady.max_share", True) in changes(replace(FULL, plugins={"steady": {"max_share": 0.4}}))
    assert changes(replace(STRICT, data=None), STRICT) == [("data", True)]
    assert changes(STRICT, replace(STRICT, data=None)) == [("data", False)]
    assert changes(of("parity", seconds=1000.0)) == [("parity.seconds", False)]


def test_a_change_is_told_with_both_values():
    (told,) = policy_changes(FULL, of("accuracy", floor=0.5))
    assert str(told) == "gates.accuracy.floor (0.9 then, 0.5 now)"
    (told,) = policy_changes(STRICT, replace(STRICT, data=None))
    assert str(told) == "gates.data (set then, absent now)"


def of_classes(metric="recall", **settings):
    classes = ClassesPolicy(metric, 0.5, **{"floors": {"cow": 0.7, "v1.mode": 0.6}, **settings})
    return replace(FULL, accuracy=replace(FULL.accuracy, classes=classes))


@pytest.mark.parametrize(
    ("settings", "name", "looser"),
    [
        ({"floors": {"cow": 0.6, "v1.mode": 0.6}}, "floors.cow", True),
        ({"floors": {"cow": 0.8, "v1.mode": 0.6}}, "floors.cow", False),
        ({"floors": {"cow": 0.7, "v1.mode": 0.5}}, "floors.v1.mode", True),
        ({"floors": {"cow": 0.7, "v1.mode": 0.9}}, "floors.v1.mode", False),
        ({"floors": {"v1.mode": 0.6}}, "floors.cow", True),
        ({"floors": {"cow": 0.7, "v1.mode": 0.6, "hen": 0.1}}, "floors.hen", False),
        ({"min_rows": 5}, "min_rows", True),
        ({"min_rows": 50}, "min_rows", False),
    ],
)
def test_floors_of_classes_are_compared_class_by_class(settings, name, looser):
    assert changes(of_classes(**settings), of_classes()) == [(f"accuracy.classes.{name}", looser)]


def test_floors_of_targets_are_ceilings_where_the_metric_is_a_loss():
    then = of_classes("mean_absolute_error", floors={"price": 2.0})
    now = of_classes("mean_absolute_error", floors={"price": 3.0})
    assert changes(now, then) == [("accuracy.classes.floors.price", True)]
    assert changes(then, now) == [("accuracy.classes.floors.price", False)]


def test_test_rows_of_any_time_are_looser():
    asked, free = (replace(FULL, data=replace(FULL.data, test_after_training=asks)) for asks in (True, False))
    assert changes(free, asked) == [("data.test_after_training", True)]
    assert changes(asked, free) == [("data.test_after_training", False)]
