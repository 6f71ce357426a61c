"""Explanation, robustness and data go by the bound of what they estimate; evidence of before is judged as it was."""

from dataclasses import replace

import pytest
from cases import part_of, put_of
from whole import DATA, EXPLANATION, ROBUSTNESS, STRICT, WHOLE, changed

from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import ENGINE
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.statistics.bounds.means import Spread
from lockgate.testing.examples import SUBJECT

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
CERTAIN, UNSURE = Spread(1e-5, 0.0, 3.0), Spread(0.02, 0.0, 3.0)
STRAIGHT = replace(STRICT, explanation=replace(STRICT.explanation, max_forbidden=0.05), calibration=None, fairness=None)


def finding(case, gate, rule, policy=STRAIGHT):
    (found,) = (f for f in decide(policy, case).findings if (f.gate, f.rule) == (gate, rule))
    return found


def probes(kind, mean, spread):
    return tuple(replace(p, mean_change=mean, spread=spread) if p.kind == kind else p for p in ROBUSTNESS.probes)


def nudged(mean, spread):
    return changed("robustness", probes=probes("nudge", mean, spread))


def emptied(mean, spread):
    return changed("robustness", probes=probes("empty", mean, spread))


def leaning(mean, spread):
    age, job = EXPLANATION.importances
    return changed("explanation", importances=(age, replace(job, mean_change=mean, spread=spread)))


def moved(share, error):
    spread = Spread(0.001, 1.0, 4.0)
    importances = (
        Importance("age", 0.1, 0.1, 1 - share, spread, error),
        Importance("job", 0, 0.1, share, spread, error),
    )
    return changed("explanation", importances=importances)


def alone(area, error):
    return changed("data", features=DATA.features | {"job": area}, feature_errors=DATA.feature_errors | {"job": error})


def far(distance, chance):
    age, _ = DATA.distances
    return changed("data", distances=(age, ColumnDistance("job", "total-variation", distance, chance)))


RULES = {
    "nudge": (("robustness", "fragile"), nudged, (0.002, CERTAIN), (0.009, UNSURE), (0.1, CERTAIN)),
    "change": (("robustness", "fragile"), emptied, (0.1, CERTAIN), (0.21, UNSURE), (0.5, UNSURE)),
    "forbidden": (("explanation", "forbidden-feature"), leaning, (0.04, CERTAIN), (0.06, UNSURE), (0.2, UNSURE)),
    "champion": (("explanation", "importance-moved"), moved, (0.1, 0.001), (0.16, 0.02), (0.3, 0.01)),
    "single feature": (("data", "leakage-feature"), alone, (0.97, 0.001), (0.981, 0.002), (0.995, 0.001)),
    "distance": (("data", "split-distance"), far, (0.06, 0.01), (0.11, 0.02), (0.3, 0.02)),
}
"""A rule with its gate and reason, and what it finds where it passes, where rows decide nothing, where it refuses."""
BY_RULE = pytest.mark.parametrize(
    ("rule", "of", "measured", "good", "between", "bad"), [(k, *v) for k, v in RULES.items()]
)


@BY_RULE
def test_the_bound_decides(rule, of, measured, good, between, bad):
    gate, reason = of
    passed, unsure, refused = (finding(measured(*each), gate, rule) for each in (good, between, bad))
    assert (passed.outcome, passed.reason, passed.remedy) == (PASSED, "", "")
    assert passed.interval.low <= passed.measured <= passed.interval.high <= passed.limit
    assert (unsure.outcome, unsure.reason) == (UNDECIDED, "not-enough-rows")
    assert unsure.interval.low <= unsure.limit < unsure.interval.high
    assert "would pass" in unsure.remedy
    assert (refused.outcome, refused.reason) == (REFUSED, reason)
    assert refused.limit < refused.interval.low
    assert "would pass: " in refused.remedy
    for found in (passed, unsure, refused):
        assert f"[{found.interval.low:.4f}, {found.interval.high:.4f}]" in found.message


@pytest.mark.parametrize(
    ("gate", "rule", "wider", "loose"),
    [
        ("robustness", "nudge", nudged(0.009, UNSURE), {"robustness": replace(STRICT.robustness, max_nudge=0.06)}),
        ("data", "distance", far(0.11, 0.02), {"data": replace(STRICT.data, max_distance=0.2)}),
        ("data", "distance", far(0.085, 0.02), {"data": replace(STRICT.data, alpha=0.3)}),
        ("data", "single feature", alone(0.9785, 0.002), {"data": replace(STRICT.data, alpha=0.3)}),
    ],
)
def test_a_wider_limit_or_less_certainty_lets_the_same_evidence_pass(gate, rule, wider, loose):
    assert finding(wider, gate, rule).outcome is UNDECIDED
    assert finding(wider, gate, rule, replace(STRAIGHT, **loose)).outcome is PASSED


def test_the_remedy_names_the_limit_that_these_rows_can_keep():
    few = changed("robustness", rows=100, probes=tuple(replace(p, rows=100) for p in ROBUSTNESS.probes))
    found = finding(few, "robustness", "nudge")
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")
    assert "on these rows none passes below gates.robustness.max_nudge: 0.03" in found.remedy
    assert "rows would decide it" in found.remedy


def test_rows_that_never_moved_are_no_proof_that_none_does():
    still = Spread(0.0, 0.0, 1.0)
    probed = tuple(replace(p, rows=200, mean_change=0.0, spread=still) for p in ROBUSTNESS.probes)
    assert finding(changed("robustness", rows=200, probes=probed), "robustness", "nudge").outcome is UNDECIDED
    probed = tuple(replace(p, rows=512) for p in probed)
    assert finding(changed("robustness", rows=512, probes=probed), "robustness", "nudge").outcome is PASSED


def test_a_limit_of_0_lets_not_one_row_move_and_asks_for_no_bound():
    none, one = leaning(0.0, Spread(0.0, 0.0, 1.0)), leaning(1e-7, Spread(1e-7, 30.0, 999.0))
    assert finding(none, "explanation", "forbidden", STRICT).outcome is PASSED
    assert finding(one, "explanation", "forbidden", STRICT).reason == "forbidden-feature"


def test_a_text_of_its_own_in_every_row_is_told_that_no_rows_decide_its_distance():
    free = finding(far(0.99, 0.985), "data", "distance")
    assert free.outcome is UNDECIDED
    assert "gates.data.max_distance: 1" in free.remedy
    assert "rows would decide" not in free.remedy
    assert "rows would decide" in finding(far(0.11, 0.02), "data", "distance").remedy


def test_that_one_of_many_columns_is_over_the_limit_is_a_claim_among_as_many():
    lone = far(0.14, 0.0)
    assert finding(lone, "data", "distance").outcome is REFUSED
    others = tuple(ColumnDistance(f"column {n}", "total-variation", 0.01, 0.01) for n in range(200))
    crowd = changed("data", lone, distances=(*lone.evidence.of(DataEvidence).distances, *others))
    found = finding(crowd, "data", "distance")
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")
    assert "one of 202 such claims" in found.message


def test_the_champions_own_model_on_its_own_rows_has_not_moved():
    unsure = moved(0.3, 0.2)
    own = put_of(unsure.champion, explanation=unsure.evidence.of(ExplanationEvidence))
    found = finding(replace(unsure, champion=own), "explanation", "champion")
    assert (found.outcome, found.interval.high) == (PASSED, 0)
    other = replace(part_of(own, "explanation"), subject=replace(SUBJECT, model=sha256(b"other")))
    assert (
        finding(replace(unsure, champion=put_of(own, explanation=other)), "explanation", "champion").outcome
        is UNDECIDED
    )


# --- evidence of before ---


def without_bounds(case):
    """The same evidence as a version made it that measured no bounds."""
    evidence, champion = case.evidence, case.champion
    old = changed(
        "data",
        case,
        feature_errors={},
        distances=tuple(replace(each, chance=None) for each in evidence.of(DataEvidence).distances),
    )
    old = changed(
        "robustness", old, probes=tuple(replace(each, spread=None) for each in evidence.of(RobustnessEvidence).probes)
    )
    theirs = part_of(champion, "explanation")
    theirs = replace(theirs, importances=pointwise(theirs))
    old = changed("explanation", old, importances=pointwise(evidence.of(ExplanationEvidence)))
    return replace(old, champion=put_of(champion, explanation=theirs))


def pointwise(explanation):
    return tuple(replace(each, spread=None, share_error=None) for each in explanation.importances)


@BY_RULE
def test_evidence_of_before_is_judged_by_the_point_and_says_so(rule, of, measured, good, between, bad):
    gate, reason = of
    for numbers in (good, between, bad):
        found = finding(without_bounds(measured(*numbers)), gate, rule)
        over = found.measured > found.limit
        assert (found.outcome, found.reason) == ((REFUSED, reason) if over else (PASSED, ""))
        assert found.interval is None
        assert "judged by the point" in found.message
        assert "`lockgate run`" in found.message


def test_the_whole_case_of_before_passes_as_it_did():
    assert decide(STRICT, without_bounds(WHOLE)).outcome is PASSED
    assert ENGINE == "10"


def test_where_the_champions_evidence_alone_is_of_before_it_is_to_be_asked_again():
    case = moved(0.1, 0.001)
    theirs = part_of(case.champion, "explanation")
    theirs = replace(theirs, importances=pointwise(theirs))
    found = finding(replace(case, champion=put_of(case.champion, explanation=theirs)), "explanation", "champion")
    assert found.outcome is PASSED
    assert "`lockgate check champion`" in found.message


@pytest.mark.parametrize(
    ("case", "gate", "rule"),
    [
        (changed("data", feature_errors={"age": 0.006}), "data", "single feature"),
        (changed("data", feature_errors={"age": 0.006, "job": -1.0}), "data", "single feature"),
        (far(0.01, None), "data", "distance"),
        (far(0.01, float("nan")), "data", "distance"),
        (nudged(0.001, None), "robustness", "nudge"),
        (leaning(0.01, None), "explanation", "forbidden"),
        (nudged(0.001, Spread(-1.0, 0.0, 3.0)), "robustness", "nudge"),
        (emptied(0.001, None), "robustness", "change"),
        (moved(0.1, None), "explanation", "champion"),
        (moved(0.1, float("nan")), "explanation", "champion"),
    ],
)
def test_evidence_with_a_part_of_its_bounds_does_not_pass(case, gate, rule):
    found = finding(case, gate, rule)
    assert (found.outcome, found.reason) == (UNDECIDED, "not-a-number")
    assert found.remedy
