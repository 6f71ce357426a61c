"""The accuracy gate against the anchor, and the total margin of its policy."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from builders import DOCUMENTS, GOLDEN
from cases import CASE, PASSED, REFUSED, UNDECIDED, finding, with_scores

from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.policy_changes import policy_changes
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import ACCURACY
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, ClassesPolicy, SlicesPolicy
from lockgate.domain.judging.gates.accuracy.words import words
from lockgate.domain.judging.protocol.anchor import Anchor
from lockgate.domain.judging.protocol.words import Told
from lockgate.testing.examples import POLICY, champion, passing_case
from lockgate.testing.task_examples import TASKS_OF_EXAMPLES


def before(separation, among=2, **changes):
    """A champion of before, which answers as well as that."""
    return Anchor.of(replace(champion(separation), release=sha256(b"before"), **changes), among)


def rules(case):
    return [found.rule for found in decide(POLICY, case).findings if found.gate == "accuracy"]


def with_total(total, margin=0.001):
    return replace(POLICY, accuracy=replace(POLICY.accuracy, margin=margin, total_margin=total))


@pytest.mark.parametrize(
    ("separation", "outcome", "reason"),
    [(2.2, PASSED, ""), (2.226, UNDECIDED, "not-enough-rows"), (2.3, REFUSED, "worse-than-anchor")],
)
def test_the_bound_of_the_difference_decides(separation, outcome, reason):
    case = replace(CASE, anchor=before(separation))
    found = finding(case, "accuracy", "anchor")
    assert (found.outcome, found.reason, found.limit) == (outcome, reason, -0.002)
    assert finding(case, "accuracy", "anchor", with_total(0.5)).outcome is PASSED
    assert "the best of 2 champions on these rows" in found.message


def test_where_it_is_the_champion_that_is_said_and_nothing_else_is_found():
    plain = finding(CASE, "accuracy", "champion")
    same = replace(CASE, anchor=Anchor.of(CASE.champion, 3))
    assert rules(same) == rules(CASE)
    told = "; it is the anchor too, the best of 3 champions on these rows"
    assert finding(same, "accuracy", "champion") == replace(plain, message=f"{plain.message}{told}")
    assert decide(POLICY, same).anchor == CASE.champion.release


def test_after_rows_were_renewed_it_is_said_that_the_anchor_starts_anew():
    found = finding(replace(CASE, anchor=Anchor.of(CASE.champion, 0)), "accuracy", "anchor")
    assert found.outcome is PASSED
    assert "the anchor starts anew" in found.message


def test_where_it_cannot_be_told_the_verdict_is_undecided_and_names_none():
    case = replace(CASE, anchor=Anchor(CASE.champion.release, absent="this clone is shallow", remedy="do this"))
    found = finding(case, "accuracy", "anchor")
    assert (found.outcome, found.reason, found.remedy) == (UNDECIDED, "no-anchor", "do this")
    assert found.message == "the anchor cannot be told: this clone is shallow"
    assert decide(POLICY, case).anchor is None


@pytest.mark.parametrize("lacking", [{"evidence": replace(CASE.champion.evidence, scores=None)}, {"absent": "gone"}])
def test_one_that_was_not_asked_these_rows_is_undecided(lacking):
    anchor = replace(before(2.2), **lacking) if "absent" not in lacking else Anchor(sha256(b"before"), absent="gone")
    found = finding(replace(CASE, anchor=anchor), "accuracy", "anchor")
    assert (found.outcome, found.reason) == (UNDECIDED, "no-anchor")
    assert found.message.startswith(f"the scores of the {anchor.name} on these rows cannot be had")


def test_a_model_of_its_own_loses_nothing():
    ours = CASE.evidence.of(AccuracyEvidence)
    own = before(2.2)
    own = replace(own, evidence=own.evidence.holding(ours))
    assert finding(replace(CASE, anchor=own), "accuracy", "anchor").outcome is PASSED
    again = replace(CASE.champion, evidence=CASE.champion.evidence.holding(ours))
    assert "anchor" not in rules(replace(CASE, champion=again, anchor=before(3.0)))


def test_an_anchor_that_was_measured_otherwise_is_to_be_asked_again():
    beside = replace(CASE.evidence.beside, methods={"accuracy": "2, numpy 9"})
    ours = replace(CASE.evidence.of(AccuracyEvidence), method="2, numpy 9")
    case = replace(CASE, evidence=replace(CASE.evidence, beside=beside).holding(ours))
    anchor = before(2.2, asked=frozenset({AccuracyEvidence}))
    theirs = replace(anchor.evidence.of(AccuracyEvidence), method="1, numpy 1")
    case = replace(case, anchor=replace(anchor, evidence=anchor.evidence.holding(theirs)))
    found = finding(case, "accuracy", "measured")
    assert (found.reason, f"the accuracy of {anchor.name} was" in found.message) == ("measured-otherwise", True)


def test_the_total_margin_is_twice_the_margin_unless_it_is_set():
    assert AccuracyPolicy("roc_auc", 0.9).total == 0
    assert AccuracyPolicy("roc_auc", 0.9, margin=0.25).total == 0.5
    assert AccuracyPolicy("roc_auc", 0.9, margin=0.25, total_margin=0.3).total == 0.3


@pytest.mark.parametrize("total", [0.1, -0.1, 1.5, float("nan")])
def test_a_total_margin_below_the_margin_or_beyond_every_difference_is_none(total):
    with pytest.raises(ValueError, match="total_margin"):
        AccuracyPolicy("roc_auc", 0.9, margin=0.2, total_margin=total)


@pytest.mark.parametrize(
    ("then", "now", "changes"),
    [
        (None, 0.002, []),
        (None, 0.003, [("gates.accuracy.total_margin", True)]),
        (0.003, None, [("gates.accuracy.total_margin", False)]),
        (0.003, 0.0025, [("gates.accuracy.total_margin", False)]),
    ],
)
def test_a_change_is_told_by_what_holds(then, now, changes):
    found = policy_changes(with_total(then), with_total(now))
    assert [(each.name, each.looser) for each in found] == changes


def test_a_policy_says_what_holds_against_the_anchor():
    (told,) = (line for line in words(with_total(None).accuracy, Told("roc_auc")) if "anchor" in line)
    assert told.endswith("above -0.002, twice the margin, as gates.accuracy.total_margin is not set")
    (told,) = (line for line in words(with_total(0.004).accuracy, Told("roc_auc")) if "anchor" in line)
    assert told.endswith("above -0.004")


def test_four_honest_retrainings_that_each_lose_a_little_surely_do_not_pass_one_after_the_other():
    steps = [2.2 - number * 0.00375 for number in range(5)]
    policy, outcomes = with_total(0.001), []
    for theirs, ours in pairwise(steps):
        case = replace(with_scores(ours), champion=champion(theirs), anchor=before(steps[0]))
        lost = finding(case, "accuracy", "champion", policy)
        assert (lost.outcome, round(lost.measured, 4), lost.interval.high < 0) == (PASSED, -0.0003, True)
        outcomes.append(finding(case, "accuracy", "anchor", policy).outcome)
    assert outcomes == [PASSED, PASSED, UNDECIDED, REFUSED]


def of_slices(**asked):
    slices = SlicesPolicy(("job",), min_rows=100, **asked)
    return replace(with_total(0.5), accuracy=replace(with_total(0.5).accuracy, slices=slices))


def of_parts(case, policy):
    accuracy = (found for found in decide(policy, case).findings if found.gate == "accuracy")
    return {found.rule: found for found in accuracy if found.rule.startswith("slice")}


def test_slices_are_held_to_the_anchor_where_the_policy_names_a_total_margin_for_them():
    case, policy = replace(CASE, anchor=before(2.6)), of_slices(margin=0.02, total_margin=0.02)
    rules = [
        "slice job=clerk: champion",
        "slice job=smith: champion",
        "slice job=clerk: anchor",
        "slice job=smith: anchor",
    ]
    found = of_parts(case, policy)
    assert set(found) == set(rules)
    lost = found["slice job=smith: anchor"]
    assert (lost.outcome, lost.limit) == (UNDECIDED, -0.02)
    assert "roc_auc against the anchor where job=smith" in lost.message
    assert of_parts(replace(CASE, anchor=before(4.0)), policy)["slice job=smith: anchor"].reason == "worse-than-anchor"
    assert "slice job=smith: anchor" not in of_parts(case, of_slices(margin=0.05))


def test_slices_have_nothing_to_ask_of_an_anchor_that_is_the_champion_or_cannot_be_told():
    both, alone = of_slices(margin=0.05, total_margin=0.05), of_slices(total_margin=0.05)
    same = replace(CASE, anchor=Anchor.of(CASE.champion, 3))
    assert not [rule for rule in of_parts(same, both) if rule.endswith("anchor")]
    assert of_parts(same, alone)["slice job=smith: anchor"].outcome is PASSED
    unknown = replace(CASE, anchor=Anchor(CASE.champion.release, absent="this clone is shallow"))
    assert not of_parts(unknown, alone)


def test_classes_are_held_to_the_anchor_likewise():
    case = passing_case(TASKS_OF_EXAMPLES["multiclass"])
    told = case.champion.evidence
    again = replace(case.champion, release=sha256(b"before"), evidence=replace(told, scores=replace(told.scores)))
    other = Anchor.of(again, 2)
    classes = ClassesPolicy("recall", margin=0.3, total_margin=0.3)
    policy = AccuracyPolicy("accuracy", 0.1, 0.3, classes=classes)
    found = {each.rule: each for each in ACCURACY.judge(policy, replace(case, anchor=other))}
    assert found["class cat: anchor"].outcome is PASSED
    assert found["class cat: anchor"].measured == found["class cat: champion"].measured


@pytest.mark.parametrize("of", [partial(SlicesPolicy, ("job",)), partial(ClassesPolicy, "recall")])
def test_a_total_margin_of_parts_has_room_for_one_step_and_is_told_in_words(of):
    with pytest.raises(ValueError, match="total_margin is too small"):
        of(margin=0.1, total_margin=0.05)
    assert of(total_margin=0.05).total == 0.05
    kind = {"slices": of(total_margin=0.05)} if of.func is SlicesPolicy else {"classes": of(total_margin=0.05)}
    told = words(AccuracyPolicy("accuracy", 0.5, **kind), Told("accuracy", task="multiclass"))
    assert "  against the anchor above -0.05" in list(told)


def test_a_total_margin_of_slices_that_is_left_out_is_looser():
    then, now = of_slices(margin=0.05, total_margin=0.05), of_slices(margin=0.05)
    ((change, back),) = zip(policy_changes(then, now), policy_changes(now, then), strict=True)
    assert (change.name, change.looser, back.looser) == ("gates.accuracy.slices.total_margin", True, False)


def test_a_verdict_of_the_engine_before_is_read_and_has_no_anchor():
    found = DOCUMENTS.read(GOLDEN / "verdict-engine-7.json", Verdict)
    assert (found.engine, found.anchor, found.policy.accuracy.total_margin) == ("7", None, None)
    assert found.policy.accuracy.total == 2 * found.policy.accuracy.margin
    assert found.outcome is PASSED
