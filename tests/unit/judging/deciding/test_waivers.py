"""Waivers and warnings let pass what was measured, where and while they hold, and never stand in for evidence."""

import math
from dataclasses import replace
from datetime import date

import pytest
from cases import (
    CASE,
    FAIR,
    PASSED,
    REFUSED,
    UNDECIDED,
    WAIVED,
    WORSE,
    finding,
    outcome,
    unfair_to_smiths,
    with_accuracy,
    with_evidence,
)

from lockgate.adapters.documents import encode
from lockgate.domain.identity import Digest, DigestStart, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.testing.examples import BOOTSTRAP, POLICY, champion

TODAY = date(2026, 6, 1)
WARNS = replace(FAIR, fairness=replace(FAIR.fairness, mode="warn"))


def waiver(**changes):
    given = {"gate": "fairness", "reason": "known", "name": "A. Person", "expires": date(2026, 7, 1)}
    return Waiver(**({"candidate": DigestStart(str(CASE.candidate.content))} | given | changes))


def test_gates_that_are_off_are_listed():
    assert decide(POLICY, CASE).off == tuple(gate.name for gate in GATES if not gate.required)
    off = replace(FAIR, fairness=replace(FAIR.fairness, mode="off"))
    assert "fairness" in decide(off, unfair_to_smiths()).off
    assert decide(off, unfair_to_smiths()).outcome is PASSED


def test_a_warning_passes_and_stands_in_the_verdict_but_not_in_production():
    verdict = decide(WARNS, unfair_to_smiths())
    assert verdict.outcome is PASSED
    assert {f.outcome for f in verdict.findings if f.reason} == {Outcome.WARNED}
    assert "would be refused" in next(f.message for f in verdict.findings if f.reason)
    production = replace(unfair_to_smiths(), production=True)
    assert decide(WARNS, production).outcome is REFUSED
    scope = waiver(candidate=None, scope="warnings")
    allowed = decide(WARNS, production, [scope], TODAY)
    assert (allowed.outcome, allowed.waivers, allowed.judged_on) == (PASSED, (scope,), TODAY)


def test_a_waiver_for_exactly_this_candidate_passes_one_gate():
    verdict = decide(FAIR, unfair_to_smiths(), [waiver()], TODAY)
    assert (verdict.outcome, verdict.waivers) == (PASSED, (waiver(),))
    assert "until 2026-07-01" in next(f.message for f in verdict.findings if f.outcome is WAIVED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expires": date(2026, 5, 31)}, "it expired on 2026-05-31"),
        ({"candidate": DigestStart(str(sha256(b"another")))}, "it is for the candidate"),
        ({"environment": "production"}, "it is for production"),
        ({"gate": "calibration"}, "nothing that it covers"),
        ({"gate": "steady"}, "nothing that it covers"),
        (
            {"gate": "fairnes"},
            "there is no gate 'fairnes'; did you mean 'fairness'? The gates are tests, integrity, accuracy, parity,",
        ),
        (
            {"gate": "mood"},
            "there is no gate 'mood'; the gates are tests, integrity, accuracy, parity, data, calibration, fairness,",
        ),
        ({"candidate": None, "scope": "warnings"}, "nothing that it covers"),
    ],
)
def test_a_waiver_that_does_not_hold_is_named_with_why(changes, why):
    policy = replace(FAIR, plugins={"steady": {}})
    verdict = decide(policy, unfair_to_smiths(), [waiver(**changes)], TODAY)
    assert (verdict.outcome, verdict.waivers, verdict.judged_on) == (REFUSED, (), None)
    assert why in verdict.unused_waivers[0].why


@pytest.mark.parametrize("metrics", [{}, {"roc_auc": None}, {"roc_auc": math.nan}])
def test_no_waiver_stands_in_for_a_metric_that_was_not_measured(metrics):
    case, wide = with_accuracy(metrics=metrics), [waiver(gate=gate) for gate in ("accuracy", "fairness")]
    assert decide(FAIR, case, wide, TODAY).outcome is UNDECIDED


def test_no_waiver_stands_in_for_evidence():
    wide = [waiver(gate=gate) for gate in ("tests", "accuracy", "parity")]
    for case in (with_evidence(tests=None), with_evidence(accuracy=None), with_evidence(parity=None),
                 with_evidence(scores=None), with_accuracy(metrics={"roc_auc": 0.99})):  # fmt: skip
        assert decide(POLICY, case, wide, TODAY).outcome is UNDECIDED


@pytest.mark.parametrize(
    "changes",
    [{"candidate": None}, {"scope": "warnings"}, {"expires": None}, {"reason": " "}, {"name": ""}],
)
def test_a_waiver_that_says_too_little_or_too_much_is_no_waiver(changes):
    with pytest.raises(ValueError, match="a waiver"):
        waiver(**changes)


def test_the_bootstrap_waiver_lets_the_missing_champion_pass():
    verdict = decide(POLICY, replace(CASE, champion=None), [BOOTSTRAP])
    assert verdict.outcome is PASSED
    assert verdict.waivers == (BOOTSTRAP,)
    assert [f.rule for f in verdict.findings if f.outcome is WAIVED] == ["champion"]
    assert "A. Person" in finding(replace(CASE, champion=None), "accuracy", "champion", waivers=[BOOTSTRAP]).message


@pytest.mark.parametrize("case", WORSE.values(), ids=WORSE)
def test_the_bootstrap_waiver_lets_nothing_else_pass(case):
    assert outcome(replace(case, champion=None), waivers=[BOOTSTRAP]) in {REFUSED, UNDECIDED}


def test_the_bootstrap_waiver_lapses_where_there_is_a_champion():
    verdict = decide(POLICY, replace(CASE, champion=Champion(sha256(b"c"))), [BOOTSTRAP])
    assert (verdict.outcome, verdict.waivers) == (UNDECIDED, ())
    assert outcome(replace(CASE, champion=champion(3.0)), waivers=[BOOTSTRAP]) is REFUSED


def test_a_waiver_that_was_not_needed_is_not_named():
    assert decide(POLICY, CASE, [BOOTSTRAP]).waivers == ()


def named(text, **changes):
    return waiver(candidate=DigestStart(text), **changes)


@pytest.mark.parametrize("written", ["{hex:.12}", "sha256:{hex:.12}", "{hex:.40}", "{hex}", "sha256:{hex}"], ids=str)
def test_the_start_of_a_digest_names_a_candidate_and_the_verdict_tells_what_it_meant(written):
    content = CASE.candidate.content
    text = written.format(hex=content.hex)
    verdict = decide(FAIR, unfair_to_smiths(), [named(text)], TODAY)
    assert (verdict.outcome, verdict.waivers) == (PASSED, (named(text),))
    assert verdict.meant == {text: content}
    assert encode(verdict).decode().count(f'"candidate": "{text}"') == 1
    assert decide(FAIR, unfair_to_smiths(), [named(text.upper().replace("SHA", "sha"))], TODAY).outcome is PASSED


def test_the_start_of_another_digest_names_another_candidate():
    content = CASE.candidate.content
    other = content.hex[:12] + ("0" if content.hex[12] != "0" else "1")
    verdict = decide(FAIR, unfair_to_smiths(), [named(other)], TODAY)
    assert (verdict.outcome, verdict.meant) == (REFUSED, {})
    assert verdict.unused_waivers[0].why == f"it is for the candidate {other}, this one is {content.short}"


def test_the_start_of_two_digests_is_ambiguous_and_opens_nothing():
    content = CASE.candidate.content
    twin = Digest("sha256", content.hex[:20] + "0" * 44)
    case = replace(unfair_to_smiths(), contents=frozenset({twin, content, sha256(b"another")}))
    verdict = decide(FAIR, case, [named(content.hex[:20])], TODAY)
    assert verdict.outcome is REFUSED
    assert verdict.unused_waivers[0].why.startswith(
        f"{content.hex[:20]} is ambiguous, write more of its digits; so begin"
    )
    assert str(twin) in verdict.unused_waivers[0].why
    assert decide(FAIR, case, [named(str(content))], TODAY).outcome is PASSED


@pytest.mark.parametrize(
    ("text", "said"),
    [("abc", "3 digits of a digest; give at least 12"), ("a" * 11, "11 digits"), ("", "not a digest"),
     ("g" * 12, "not a digest"), ("a" * 65, "not a digest"), ("md5:" + "a" * 32, "not a"), ("sha256:", "not a")],
)  # fmt: skip
def test_what_is_no_start_of_a_digest_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        DigestStart(text)
