"""What was judged is what runs: the findings on a packaged release's own answers."""

from dataclasses import replace

import pytest
from cases import REASONS

from lockgate.domain.judging.gates.parity.evidence import Flip
from lockgate.domain.judging.gates.parity.packaged import judge_packaged
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Outcome, overall
from lockgate.testing.examples import evidence_of_packaged

POLICY = ParityPolicy(max_absolute=1e-5, max_relative=0.01)
GOOD = evidence_of_packaged()
LABEL, PROBABILITIES = GOOD.outputs


def judge(**changes):
    return {f.rule: f for f in judge_packaged(POLICY, replace(GOOD, **changes), GOOD.release)}


def test_a_release_that_answers_as_judged_passes():
    found = judge()
    assert overall(tuple(found.values())) is Outcome.PASSED
    assert set(found) == {
        "packaged release",
        "packaged runtime",
        "packaged label",
        "packaged probabilities",
        "packaged flips",
    }


@pytest.mark.parametrize(
    ("changes", "rule", "outcome"),
    [
        ({"served": {**GOOD.served, "release": "another"}}, "packaged release", Outcome.REFUSED),
        ({"served": {**GOOD.served, "onnxruntime": "0.9"}}, "packaged runtime", Outcome.REFUSED),
        ({"served": {}}, "packaged runtime", Outcome.REFUSED),
        ({"outputs": (LABEL, replace(PROBABILITIES, max_absolute=1e-5))}, "packaged probabilities", Outcome.REFUSED),
        ({"outputs": (LABEL, replace(PROBABILITIES, mismatches=1))}, "packaged probabilities", Outcome.REFUSED),
        ({"outputs": (LABEL, replace(PROBABILITIES, max_absolute=None))}, "packaged probabilities", Outcome.UNDECIDED),
        ({"flips": 1, "worst_flips": (Flip(7, "no", "yes"),)}, "packaged flips", Outcome.REFUSED),
        ({"flips": None}, "packaged flips", Outcome.UNDECIDED),
        ({"missing_outputs": ("label",)}, "packaged flips", Outcome.UNDECIDED),
    ],
)
def test_what_is_not_as_judged_does_not_pass(changes, rule, outcome):
    found = judge(**changes)
    assert found[rule].outcome is outcome
    assert {f.reason for f in found.values() if f.outcome is not Outcome.PASSED} <= REASONS["parity"]
