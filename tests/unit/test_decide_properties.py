"""Properties of the decision: no defect opens the gate, whatever it comes with."""

from dataclasses import replace

from cases import CASE, PASSED, STRICTNESS, UNDECIDED, WAIVED, WORSE, outcome, with_evidence, with_scores
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.domain.verdict import Finding, Outcome, overall
from lockgate.testing.examples import BOOTSTRAP, champion


def subsets():
    return st.sets(st.sampled_from(sorted(WORSE)), min_size=1, max_size=4)


def combined(names):
    """The case with every named defect that can stand beside the others: later ones win within one document."""
    case = CASE
    for name in sorted(names):
        parts = {
            kind: getattr(WORSE[name].evidence, kind)
            for kind in ("tests", "accuracy", "parity", "scores")
            if getattr(WORSE[name].evidence, kind) is not getattr(CASE.evidence, kind)
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


@settings(max_examples=40, deadline=None)
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
