"""A document that was kept is held to the same one measured again, number by number."""

import math
from dataclasses import dataclass

import pytest

from lockgate.domain.measuring.measured_again import CLOSE, first_difference


@dataclass(frozen=True)
class Probe:
    column: str
    kind: str
    change: float | None


@dataclass(frozen=True)
class Document:
    rows: int
    probes: tuple[Probe, ...]
    features: dict[str, float | None]
    tools: dict[str, str]
    method: str = "1"


KEPT = Document(512, (Probe("age", "missing", 0.25), Probe("age", "nudge", None)), {"age": 0.7, "job": None}, {})


def other(**changes):
    return Document(**{**vars(KEPT), **changes})


@pytest.mark.parametrize(
    "today",
    [
        other(),
        other(tools={"onnxruntime": "2"}, method="2"),
        other(features={"age": 0.7 + CLOSE / 2, "job": None}),
        other(features={"job": None, "age": 0.7}),
    ],
)
def test_what_is_the_same_but_for_roundings_and_tools_does_not_differ(today):
    assert first_difference(KEPT, today) == ""


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (other(rows=511), "rows is 512, and 511 when it is measured again"),
        (other(probes=KEPT.probes[:1]), "probes[age nudge].column is age, and absent when it is measured again"),
        (
            other(probes=(Probe("age", "missing", 0.5), KEPT.probes[1])),
            "probes[age missing].change is 0.25, and 0.5 when it is measured again",
        ),
        (other(features={"age": 0.7, "job": 0.5}), "features[job] is None, and 0.5 when it is measured again"),
        (other(features={"age": math.nan, "job": None}), "features[age] is 0.7, and nan when it is measured again"),
        (other(features={"age": 0.7 + 2 * CLOSE, "job": None}), "features[age] is 0.7, and 0.7002"),
    ],
)
def test_what_differs_is_named_by_its_place_with_both(today, told):
    assert first_difference(KEPT, today).startswith(told)


def test_numbers_that_are_none_alike_do_not_differ():
    kept = other(features={"age": math.nan, "job": math.inf})
    assert first_difference(kept, kept) == ""
