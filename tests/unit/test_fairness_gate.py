"""The fairness gate: groups are treated alike, and no worse than by the champion."""

from dataclasses import replace

from cases import CASE, FAIR, PASSED, UNDECIDED, unfair_to_smiths

from lockgate.domain.decision import decide
from lockgate.domain.policies.fairness import FairnessPolicy
from lockgate.testing.examples import POLICY


def test_a_model_that_treats_groups_alike_is_fair():
    assert {f.outcome for f in decide(FAIR, CASE).findings if f.gate == "fairness"} == {PASSED}


def test_a_model_that_is_unfair_to_a_group_is_refused_and_less_fair_than_the_champion():
    reasons = {f.reason for f in decide(FAIR, unfair_to_smiths()).findings if f.gate == "fairness"}
    assert reasons == {"unfair", "less-fair-than-champion"}


def test_a_group_that_is_not_there_leaves_the_verdict_undecided():
    for policy in (FairnessPolicy(("county",), 0.1), FairnessPolicy(("job",), 0.1, min_rows=1500)):
        found = decide(replace(POLICY, fairness=policy), CASE).findings
        assert {(f.outcome, f.reason) for f in found if f.gate == "fairness"} == {(UNDECIDED, "missing-group")}
