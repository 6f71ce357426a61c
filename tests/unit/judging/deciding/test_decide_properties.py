"""Properties of the decision: no defect opens the gate, whatever it comes with."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
import worsenings
from cases import (
    CASE,
    GATES,
    PASSED,
    REASONS,
    REFUSED,
    STRICTNESS,
    UNDECIDED,
    WAIVED,
    WORSE,
    document,
    outcome,
    with_evidence,
    with_scores,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from whole import STRICT, WHOLE

from lockgate.cli.console import EXIT_CODES
from lockgate.domain.identity import DigestStart
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.judging.deciding.waivers import Permissions, permit
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.testing.examples import BOOTSTRAP, champion


def subsets():
    return st.sets(st.sampled_from(sorted(WORSE)), min_size=1, max_size=4)


def combined(names):
    """The case with every named defect that can stand beside the others: later ones win within one document."""
    case = CASE
    for name in sorted(names):
        parts = {
            kind: document(WORSE[name].evidence, kind)
            for kind in ("tests", "accuracy", "parity", "scores")
            if document(WORSE[name].evidence, kind) is not document(CASE.evidence, kind)
        }
        case = with_evidence(case, **parts)
    return case


@given(subsets(), st.booleans())
def test_no_combination_of_defects_passes(names, bootstrap):
    case = combined(names)
    if bootstrap:
        case = replace(case, champion=None)
    assert outcome(case, waivers=[BOOTSTRAP] if bootstrap else []) is not PASSED


@given(subsets(), st.sampled_from(sorted(WORSE)))
def test_one_more_defect_never_turns_a_closed_gate_into_an_open_one(names, more):
    assert STRICTNESS[outcome(combined(names))] > 0
    assert STRICTNESS[outcome(combined(names | {more}))] > 0


separations = st.floats(min_value=0.2, max_value=3.5)


@settings(max_examples=40)
@given(ours=separations, theirs=separations, worse=st.floats(min_value=0.05, max_value=1))
def test_worse_scores_never_open_the_gate(ours, theirs, worse):
    case = replace(with_scores(ours), champion=champion(theirs))
    lower = replace(with_scores(ours - worse), champion=champion(theirs))
    if outcome(case) is not PASSED:
        assert outcome(lower) is not PASSED


findings = st.lists(st.builds(Finding, st.just("g"), st.just("r"), st.sampled_from(Outcome), st.just("m")), max_size=6)


@given(findings, st.randoms())
def test_the_order_of_findings_does_not_matter(found, random):
    assert overall(random.sample(found, len(found))) is overall(found)


@given(findings)
def test_a_verdict_passes_only_where_every_finding_is_passed_or_waived(found):
    open_ = bool(found) and all(f.outcome in {PASSED, WAIVED, Outcome.WARNED} for f in found)
    assert (overall(found) is PASSED) == open_


def test_no_finding_at_all_is_undecided():
    assert overall([]) is UNDECIDED


@given(findings, st.builds(Finding, st.just("g"), st.just("r"), st.sampled_from(Outcome), st.just("m")))
def test_one_more_finding_never_makes_a_verdict_milder(found, more):
    if found:
        assert STRICTNESS[overall([*found, more])] >= STRICTNESS[overall(found)]


# --- over all gates: the whole case, made worse ---

UNSCORED = replace(STRICT, calibration=None, fairness=None)
"""What takes most of the time is judged only where something touches it."""
RESCORED = {
    name for name in worsenings.WORSE if any(word in name for word in ("rows are", "smiths", "champion", "metric"))
}
WIDE = [
    Waiver(gate, "known", "A. Person", candidate=DigestStart(str(WHOLE.candidate.content)), expires=date(2026, 7, 1))
    for gate in GATES
]
TODAY = date(2026, 6, 1)
amounts = st.floats(0.01, 1)
steps = st.tuples(st.sampled_from(sorted(worsenings.WORSE)), amounts)


def made_worse(case, *wanted):
    for name, amount in wanted:
        case = worsenings.WORSE[name](case, amount)
    return case


def policy_for(*wanted):
    """Fairness is no judge of wrong answers: a model that is as wrong for everybody is fair."""
    names = {name for name, _ in wanted}
    if not names & RESCORED:
        return UNSCORED
    return STRICT if "rows are wrong" not in names else UNSCORED


@pytest.mark.parametrize("name", worsenings.WORSE)
def test_every_worsening_closes_the_gate_by_itself_and_says_why(name):
    verdict = decide(policy_for((name, 1.0)), made_worse(WHOLE, (name, 1.0)))
    assert verdict.outcome is not PASSED
    assert all(finding.reason in REASONS[finding.gate] for finding in verdict.blocking)


@settings(max_examples=60)
@given(bad=st.lists(steps, max_size=3), worse=steps)
def test_worse_evidence_never_opens_a_closed_gate(bad, worse):
    policy = policy_for(*bad, worse)
    before = made_worse(WHOLE, *bad)
    if decide(policy, before).outcome is not PASSED:
        assert decide(policy, made_worse(before, worse)).outcome is not PASSED


@settings(max_examples=60)
@given(st.sampled_from(sorted(worsenings.WORSE)), st.lists(amounts, min_size=2, max_size=2))
def test_a_larger_worsening_never_opens_what_a_smaller_one_closed(name, both):
    smaller, larger = sorted(both)
    policy = policy_for((name, larger))
    if decide(policy, made_worse(WHOLE, (name, smaller))).outcome is not PASSED:
        assert decide(policy, made_worse(WHOLE, (name, larger))).outcome is not PASSED


@settings(max_examples=40)
@given(st.sampled_from(sorted(worsenings.DROPPED)), st.lists(steps, max_size=2))
def test_no_waiver_opens_the_gate_without_evidence(name, others):
    # Tests that fail are the ones that were named: that evidence is sound again, and a waiver may accept it.
    assume(not any("gives up" in other or (other == "tests fail" and "are named" in name) for other, _ in others))
    case = made_worse(WHOLE, (name, 1.0), *others)
    assert decide(policy_for((name, 1.0), *others), case, WIDE, TODAY).outcome is not PASSED


@settings(max_examples=40)
@given(st.lists(steps, max_size=4), st.sets(st.sampled_from(GATES)))
def test_only_a_verdict_that_nothing_blocks_has_passed_and_only_it_opens(wanted, waived):
    waivers = [waiver for waiver in WIDE if waiver.gate in waived]
    verdict = decide(policy_for(*wanted), made_worse(WHOLE, *wanted), waivers, TODAY)
    assert (verdict.outcome is PASSED) == (verdict.blocking == ())
    assert (EXIT_CODES[verdict.outcome] == 0) == (verdict.outcome is PASSED)
    assert all(finding.reason in REASONS[finding.gate] for finding in verdict.blocking)


# --- order ---

REASONED = st.builds(
    Finding,
    st.sampled_from(GATES),
    st.just("r"),
    st.sampled_from([PASSED, REFUSED, UNDECIDED]),
    st.just("m"),
    reason=st.sampled_from(["no-champion", "not-measured", "unfair"]),
)
WAIVERS = st.sampled_from([
    *WIDE,
    *(replace(waiver, candidate=None, scope="warnings") for waiver in WIDE),
    *(replace(waiver, candidate=None, scope="no-champion-yet") for waiver in WIDE),
    *(replace(waiver, expires=date(2026, 1, 1)) for waiver in WIDE),
])  # fmt: skip


@given(
    st.lists(REASONED, min_size=1, max_size=6),
    st.lists(WAIVERS, max_size=6),
    st.sets(st.sampled_from(GATES)),
    st.booleans(),
    st.randoms(),
)
def test_the_order_of_findings_and_of_waivers_does_not_matter(found, waivers, warning, production, random):
    here = Permissions(WHOLE.candidate.content, "staging", production, without_champion=True, on=TODAY, gates=GATES)
    straight = permit(found, waivers, here, frozenset(warning))
    turned = permit(shuffled(found, random), shuffled(waivers, random), here, frozenset(warning))
    assert overall(turned.findings) is overall(straight.findings)
    assert Counter(f.outcome for f in turned.findings) == Counter(f.outcome for f in straight.findings)


@settings(max_examples=40)
@given(st.lists(steps, max_size=3), st.lists(WAIVERS, max_size=6), st.randoms())
def test_the_order_of_evidence_and_of_waivers_does_not_matter(wanted, waivers, random):
    policy, case = policy_for(*wanted), made_worse(WHOLE, *wanted)
    turned = with_evidence(case, **dict(turned_parts(case, random)))
    verdict, other = decide(policy, case, waivers, TODAY), decide(policy, turned, shuffled(waivers, random), TODAY)
    assert other.outcome is verdict.outcome
    assert {f.gate for f in other.blocking} == {f.gate for f in verdict.blocking}


def shuffled(found, random):
    return random.sample(list(found), len(found))


def turned_parts(case, random):
    """Every document with its lists in another order."""
    for kind, name in (
        ("parity", "outputs"),
        ("parity", "settings"),
        ("data", "distances"),
        ("explanation", "importances"),
        ("robustness", "probes"),
        ("latency", "timings"),
    ):
        found = document(case.evidence, kind)
        if found is not None:
            yield kind, replace(found, **{name: tuple(shuffled(getattr(found, name), random))})
