"""The candidate against the glassbox on the same rows: by the bound, three-valued, and never without sound evidence."""

import math
from dataclasses import replace

import numpy as np
import pytest
from cases import put, put_of

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence, Term
from lockgate.domain.judging.gates.explanation.glassbox import judge_glassbox
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.score_table import ScoreTable, TableReference
from lockgate.domain.model.task import Binary
from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.domain.statistics.metrics.registry import value
from lockgate.testing.examples import POLICY, ROWS, SUBJECT, evidence, passing_case, scores_of

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
ASKS = ExplanationPolicy(max_behind_reference=0.01)
TRAINING = md5(b"training")


def of_scores(scores):
    """Evidence that states what its scores give."""
    return ReferenceEvidence(
        training=TRAINING,
        data=SUBJECT.data,
        tools={"fake": "1"},
        settings={"bias": "0"},
        inputs=("age", "job"),
        training_rows=5000,
        rows=scores.rows,
        task=Binary((), "yes"),
        counts={"yes": int(scores.sample.labels.sum())},
        metrics={name: value(name, scores.sample) for name in ("roc_auc", "log_loss")},
        intercepts={"yes": -1.0},
        terms=(Term("age", ("age",), 0.5),),
        scores=TableReference("scores.parquet", scores.rows, sha256(b"glassbox")),
    )


def collected(separation=2.1, **changes):
    scores = scores_of(separation)
    return put(evidence(), **({"reference": of_scores(scores), "reference_scores": scores} | changes))


def found(given, policy=ASKS, accuracy=POLICY.accuracy):
    (finding,) = judge_glassbox(policy, accuracy.metric, accuracy.level, given, SUBJECT)
    assert (finding.gate, finding.rule) == ("explanation", "glassbox")
    assert finding.outcome is PASSED or finding.remedy
    return finding


def test_a_policy_that_does_not_ask_finds_nothing():
    assert judge_glassbox(ExplanationPolicy(), "roc_auc", 0.9, evidence(), SUBJECT) == ()


def test_a_candidate_as_good_as_the_glassbox_passes_by_the_bound():
    finding = found(collected())
    assert (finding.outcome, finding.reason, finding.limit, finding.rows) == (PASSED, "", -0.01, ROWS)
    assert finding.measured == pytest.approx(
        value("roc_auc", scores_of().sample) - value("roc_auc", scores_of(2.1).sample)
    )
    assert finding.interval.low > -0.01
    assert finding.interval.level == pytest.approx(POLICY.accuracy.level)


def test_rows_that_depend_on_each_other_count_as_one_beside_the_glassbox_too():
    given, alone = collected(), found(collected())
    blocks = np.arange(ROWS) // 50
    scores = replace(given.scores, sample=replace(given.scores.sample, blocks=blocks))
    finding = found(replace(given, scores=scores))
    assert finding.interval.method == "contributions of blocks"
    assert (finding.interval.high - finding.interval.low) > (alone.interval.high - alone.interval.low)
    assert "blocks" in finding.message


def test_a_candidate_clearly_behind_is_refused_and_one_in_between_is_undecided():
    refused = found(collected(separation=4.0))
    assert (refused.outcome, refused.reason) == (REFUSED, "behind-glassbox")
    assert "roc_auc against the glassbox" in refused.message
    limit = -found(collected(separation=4.0)).measured
    between = found(collected(separation=4.0), ExplanationPolicy(max_behind_reference=limit + 1e-4))
    assert (between.outcome, between.reason) == (UNDECIDED, "not-enough-rows")


def test_it_is_the_accuracy_gates_metric_with_its_direction_and_its_alpha():
    losses = replace(POLICY.accuracy, metric="log_loss", floor=1.0)
    assert found(collected(), accuracy=losses).measured > 0
    assert found(collected(separation=4.0), accuracy=losses).outcome is REFUSED
    surer = found(collected(), accuracy=replace(POLICY.accuracy, alpha=0.001)).interval
    assert surer.low < found(collected()).interval.low


def flipped(scores):
    return ScoreTable(replace(scores.sample, labels=~scores.sample.labels), scores.columns)


def of_data(training):
    splits = {"training": training, "validation": md5(b"v"), "test": SUBJECT.data}
    return DataEvidence(splits, {"fake": "1"}, "outcome", "yes", {}, {}, {}, ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reference": None, "reference_scores": None}, "not-measured"),
        ({"reference": replace(of_scores(scores_of()), data=md5(b"other"))}, "other-subject"),
        ({"data": of_data(md5(b"other"))}, "other-subject"),
        ({"reference_scores": None}, "no-scores"),
        ({"reference": replace(of_scores(scores_of(2.1)), rows=ROWS + 1)}, "no-scores"),
        ({"reference": replace(of_scores(scores_of(2.1)), metrics={"roc_auc": 0.5})}, "edited"),
        ({"reference": replace(of_scores(scores_of(2.1)), metrics={"roc_auc": None})}, "not-measured"),
        ({"reference": replace(of_scores(scores_of(2.1)), metrics={})}, "not-measured"),
        ({"accuracy": None}, "not-measured"),
        ({"scores": None}, "no-scores"),
    ],
)
def test_without_sound_evidence_of_these_rows_it_is_undecided(changes, reason):
    finding = found(collected(**changes))
    assert (finding.outcome, finding.reason) == (UNDECIDED, reason)


def test_other_labels_for_the_same_rows_are_other_rows():
    other = flipped(scores_of())
    finding = found(collected(reference=of_scores(other), reference_scores=other))
    assert (finding.outcome, finding.reason) == (UNDECIDED, "other-rows")


def test_the_same_training_rows_are_fine_and_scores_that_are_no_numbers_are_not():
    assert found(collected(data=of_data(TRAINING))).outcome is PASSED
    scores = scores_of(2.1)
    odd = ScoreTable(replace(scores.sample, scores=np.full(ROWS, np.nan)), scores.columns)
    told = replace(of_scores(scores), metrics={"roc_auc": None})
    assert found(collected(reference=told, reference_scores=odd)).outcome is UNDECIDED


def test_the_verdict_asks_where_the_explanation_gate_is_on_and_warns_with_it():
    importances = (Importance("age", 0.1, 0.1, 1.0), Importance("job", 0.0, 0.0, 0.0))
    explained = ExplanationEvidence(SUBJECT, {"fake": "1"}, 100, 3, importances, ())
    case = passing_case()
    champion = put_of(case.champion, explanation=explained)

    def judged(separation, policy):
        given = collected(separation, explanation=explained)
        verdict = decide(replace(POLICY, explanation=policy), replace(case, evidence=given, champion=champion))
        return verdict.outcome, [f.outcome for f in verdict.findings if f.rule == "glassbox"]

    assert judged(2.1, ASKS) == (PASSED, [PASSED])
    assert judged(4.0, ASKS) == (REFUSED, [REFUSED])
    assert judged(4.0, replace(ASKS, mode="warn")) == (PASSED, [Outcome.WARNED])
    assert judged(4.0, replace(ASKS, mode="off")) == (PASSED, [])
    assert judged(4.0, ExplanationPolicy()) == (PASSED, [])


@pytest.mark.parametrize("limit", [-0.1, math.nan, math.inf])
def test_a_limit_that_makes_no_sense_is_an_error(limit):
    with pytest.raises(ValueError, match="max_behind_reference"):
        ExplanationPolicy(max_behind_reference=limit)


def test_the_policy_in_words_says_what_is_asked():
    asked = "\n".join(explain(replace(POLICY, explanation=ASKS), "production"))
    assert "at most 0.01 of roc_auc behind the glassbox" in asked
    assert "max_behind_reference" not in asked
    assert "glassbox" not in "\n".join(explain(replace(POLICY, explanation=ExplanationPolicy()), "production"))
