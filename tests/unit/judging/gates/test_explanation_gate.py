"""The explanation gate: nothing forbidden matters, reasons stay the champion's, and worst errors are explained."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import DOCUMENTS

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.judging.gates.explanation.gate import judge_explanation
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary
from lockgate.errors import ModelError
from lockgate.testing import FakeRuntime, fake_model
from lockgate.testing.examples import SUBJECT
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.explanation import REPEATS, ROWS, WORST, measure_explanation

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
INPUTS = (Column("age", "float32"), Column("sex", "string"), Column("job", "string"))
TASK = Binary(("no", "yes"), "yes")
SIGNATURE = Signature(
    INPUTS, (Output("label", "string"), Output("probabilities", "float32", (2,))), ("no", "yes"), task=TASK
)
IMPORTANCES = (
    Importance("age", 0.1, 0.06, 0.6),
    Importance("sex", 0.0, 0.0, 0.0),
    Importance("job", 0.05, 0.04, 0.4),
)
WORST_ROW = LocalExplanation(7, label=True, score=0.01, contributions={"age": -0.3, "sex": 0.0, "job": None})
EVIDENCE = ExplanationEvidence(SUBJECT, {"fake": "1"}, 1000, 3, IMPORTANCES, (WORST_ROW,))
CHAMPION = replace(EVIDENCE, subject=replace(SUBJECT, model=sha256(b"champion")))
POLICY = ExplanationPolicy(forbidden=("sex", "race"))


def findings(evidence=EVIDENCE, policy=POLICY, champion=CHAMPION, *, has_champion=True):
    found = judge_explanation(
        policy,
        evidence,
        SUBJECT,
        champion,
        has_champion=has_champion,
        champion_name="champion 1234",
        inputs=SIGNATURE.names,
    )
    return {finding.rule: finding for finding in found}


def with_importances(*importances):
    return replace(EVIDENCE, importances=importances)


def test_good_evidence_passes_every_rule():
    found = findings()
    assert list(found) == ["forbidden", "champion"]
    assert all(f.outcome is PASSED and not f.reason and f.rows == 1000 for f in found.values())
    assert (found["forbidden"].measured, found["forbidden"].limit) == (0, 0)


def test_a_forbidden_feature_that_nobody_knows_is_undecided_and_says_what_there_is():
    columns = ("age", "sex", "job", "race")
    arguments = {
        "has_champion": True,
        "champion_name": "champion 1234",
        "inputs": SIGNATURE.names,
        "columns": columns,
    }
    found, *_ = judge_explanation(POLICY, EVIDENCE, SUBJECT, CHAMPION, **arguments)
    assert found.outcome is PASSED
    misspelt = replace(POLICY, forbidden=("sex", "raze"))
    found, *_ = judge_explanation(misspelt, EVIDENCE, SUBJECT, CHAMPION, **arguments)
    assert (found.outcome, found.reason) == (UNDECIDED, "unknown-feature")
    assert "nothing is known of raze:" in found.message
    assert "the columns are age, job, race, sex" in found.remedy


def test_a_forbidden_feature_that_matters_is_refused():
    uses = with_importances(IMPORTANCES[0], Importance("sex", 0.0, 0.001, 0.01), IMPORTANCES[2])
    refused = findings(uses)["forbidden"]
    assert (refused.outcome, refused.reason) == (REFUSED, "forbidden-feature")
    assert (refused.measured, refused.limit, refused.rows) == (0.001, 0, 1000)
    assert "sex" in refused.message
    assert "train without sex" in refused.remedy
    lenient = replace(POLICY, max_forbidden=0.001)
    assert findings(uses, lenient)["forbidden"].outcome is PASSED


def test_the_worst_of_several_forbidden_features_is_named():
    found = findings(policy=ExplanationPolicy(forbidden=("sex", "job", "age"), max_forbidden=0.01))["forbidden"]
    assert "age" in found.message
    assert found.measured == 0.06


def test_a_feature_that_the_model_does_not_take_is_fine():
    found = findings(policy=ExplanationPolicy(forbidden=("race", "religion")))["forbidden"]
    assert (found.outcome, found.message) == (PASSED, "the model does not take race and religion")
    assert findings(policy=ExplanationPolicy())["forbidden"].outcome is PASSED


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -1.0])
def test_an_importance_that_is_no_number_is_undecided(value):
    odd = with_importances(IMPORTANCES[0], Importance("sex", 0.0, value, value), IMPORTANCES[2])
    found = findings(odd)
    assert {(f.outcome, f.reason) for f in found.values()} == {(UNDECIDED, "not-a-number")}
    assert all(f.remedy and f.rows == 1000 and f.limit is not None for f in found.values())
    assert findings(champion=replace(odd, subject=CHAMPION.subject))["champion"].reason == "not-a-number"


@pytest.mark.parametrize("left", [IMPORTANCES[:2], IMPORTANCES[1:], IMPORTANCES[::2]], ids=["job", "age", "sex"])
@pytest.mark.parametrize("has_champion", [True, False])
def test_an_input_that_was_left_out_is_undecided(left, has_champion):
    found = findings(with_importances(*left), has_champion=has_champion)["measured"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-measured")
    (silent,) = {each.column for each in IMPORTANCES} - {each.column for each in left}
    assert found.message == f"{silent} was not shuffled"
    assert found.remedy


def test_shares_that_are_not_the_whole_compare_nothing():
    age, sex, job = IMPORTANCES
    smaller = with_importances(age, sex, replace(job, share=0.3))
    assert findings(smaller)["champion"].reason == "not-a-number"
    assert findings(champion=replace(CHAMPION, importances=(age, sex)))["champion"].reason == "not-a-number"
    assert findings(champion=replace(CHAMPION, importances=(age, job)))["champion"].outcome is PASSED


def test_a_refusal_goes_before_a_number_that_is_none():
    odd = with_importances(IMPORTANCES[0], Importance("sex", 0.0, None, None), IMPORTANCES[2])
    found = findings(odd, ExplanationPolicy(forbidden=("sex", "age")))["forbidden"]
    assert (found.outcome, found.reason) == (REFUSED, "forbidden-feature")


def test_importances_that_moved_are_refused():
    moved = with_importances(Importance("age", 0.1, 0.4, 0.4), IMPORTANCES[1], Importance("job", 0.1, 0.6, 0.6))
    refused = findings(moved)["champion"]
    assert (refused.outcome, refused.reason, refused.limit, refused.rows) == (REFUSED, "importance-moved", 0.15, 1000)
    assert refused.measured == pytest.approx(0.2)
    assert "champion 1234" in refused.message
    assert "45.0% to 75.0%" in refused.remedy
    assert findings(moved, replace(POLICY, max_shift=0.21))["champion"].outcome is PASSED


def test_a_column_that_only_one_of_the_two_takes_counts():
    new = with_importances(
        Importance("age", 0.1, 0.1, 0.5), Importance("pay", 0.1, 0.04, 0.2), Importance("job", 0, 0, 0.3)
    )
    assert "pay" in findings(new)["champion"].message
    assert findings(champion=replace(new, subject=CHAMPION.subject))["champion"].reason == "importance-moved"


def test_a_champion_of_other_rows_is_compared_and_the_message_says_so():
    other = replace(CHAMPION, subject=replace(CHAMPION.subject, data=md5(b"older rows")), rows=500)
    found = findings(champion=other)["champion"]
    assert (found.outcome, found.rows) == (PASSED, 500)
    assert "other held-out rows" in found.message


def test_without_a_champion_and_without_its_evidence_the_rule_is_undecided():
    cases = (
        (None, False, "no-champion"),
        (None, True, "no-champion-evidence"),
        (replace(CHAMPION, importances=()), True, "no-champion-evidence"),
    )
    for champion, has_champion, reason in cases:
        found = findings(champion=champion, has_champion=has_champion)
        assert found["forbidden"].outcome is PASSED
        assert (found["champion"].outcome, found["champion"].reason) == (UNDECIDED, reason)
        assert found["champion"].remedy


def test_missing_evidence_and_evidence_of_others_is_undecided():
    other = replace(EVIDENCE, subject=replace(SUBJECT, data=md5(b"other")))
    for evidence, reason in (
        (None, "not-measured"),
        (with_importances(), "not-measured"),
        (replace(EVIDENCE, rows=0), "not-measured"),
        (other, "other-subject"),
    ):
        (found,) = findings(evidence).values()
        assert (found.rule, found.outcome, found.reason) == ("measured", UNDECIDED, reason)
        assert found.remedy


@pytest.mark.parametrize(
    "wrong",
    [
        {"forbidden": ("",)},
        {"forbidden": ("a", "a")},
        {"max_forbidden": -1},
        {"max_forbidden": math.nan},
        {"max_shift": math.inf},
    ],
)
def test_a_policy_that_makes_no_sense_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"forbidden|max_shift"):
        ExplanationPolicy(**wrong)


def rows_like(count):
    random = np.random.default_rng(3)
    return {
        "age": random.normal(size=count),
        "sex": np.array(["f", "m"], dtype=object)[random.integers(0, 2, count)],
        "job": np.array(["", "smith"], dtype=object)[random.integers(0, 2, count)],
    }


class Session:
    """A session that counts calls and rows, and may spoil answers."""

    def __init__(self, session, spoil):
        self._session, self._spoil, self.asked = session, spoil, []

    def input_names(self):
        return self._session.input_names()

    def run(self, columns):
        self.asked.append(len(columns["age"]))
        return self._spoil(dict(self._session.run(columns)))


def judged(folder, weights, columns, spoil=lambda answer: answer):
    path = Path(folder) / "model.onnx"
    path.write_bytes(fake_model(INPUTS, SIGNATURE.classes, weights))
    session = FakeRuntime().open(path, SIGNATURE)
    asked = LoadedModel.asked("fake", path, SIGNATURE, session, columns)
    return replace(asked, session=Session(session, spoil))


def truth_of(columns):
    return columns["age"] + np.random.default_rng(4).normal(size=len(columns["age"])) > 0


def measured(asked, labels):
    truth = np.array(SIGNATURE.classes, dtype=object)[labels.astype(int)]
    return measure_explanation(asked, truth, SUBJECT, {"fake": "1"})


def test_what_the_model_uses_is_important_and_what_it_ignores_is_not(tmp_path):
    columns = rows_like(ROWS + 500)
    asked = judged(tmp_path, {"age": 2.0, "job": 0.5}, columns)
    evidence = measured(asked, truth_of(columns))
    assert (evidence.rows, evidence.repeats) == (ROWS, REPEATS)
    assert len(asked.session.asked) == 2
    age, sex, job = evidence.importances
    assert age.share > 0.7 > job.share > 0
    assert age.drop > 0.2
    assert abs(job.drop) < 0.05
    assert (sex.mean_change, sex.share) == (0, 0)
    assert sex.drop == pytest.approx(0, abs=1e-6)
    assert age.share + job.share == pytest.approx(1)
    assert evidence == measured(asked, truth_of(columns))
    DOCUMENTS.write(tmp_path / "explanation.json", evidence)
    assert DOCUMENTS.read(tmp_path / "explanation.json", ExplanationEvidence) == evidence
    assert all(f.outcome is PASSED for f in findings(evidence, champion=evidence).values())


def test_rows_of_one_person_count_as_one(tmp_path):
    columns = rows_like(600)
    columns["age"] = np.repeat(columns["age"][:30], 20)
    asked, person = judged(tmp_path, {"age": 2.0, "job": 0.5}, columns), np.repeat(np.arange(30), 20)
    labels = truth_of(columns)
    truth = np.array(SIGNATURE.classes, dtype=object)[labels.astype(int)]
    rows, blocks = (measure_explanation(asked, truth, SUBJECT, {}, of) for of in (None, person))
    (age, *_), (again, *_) = rows.importances, blocks.importances
    assert (again.mean_change, again.share, again.spread.blocks) == (age.mean_change, age.share, 30)
    assert again.spread.error > 1.5 * age.spread.error
    assert again.share_error > 1.2 * age.share_error
    few = measure_explanation(asked, truth, SUBJECT, {}, person // 4)
    other = replace(few, subject=replace(SUBJECT, model=CHAMPION.subject.model))
    found = findings(few, replace(POLICY, forbidden=("age",), max_forbidden=0.9), other)
    assert all("8 blocks" in found[rule].message for rule in ("forbidden", "champion"))


def test_the_worst_errors_are_explained_worst_first(tmp_path):
    columns, weights = rows_like(300), {"age": 2.0}
    asked, labels = judged(tmp_path, weights, columns), truth_of(columns)
    worst = measured(asked, labels).worst
    assert len(worst) == WORST
    losses = [-math.log(found.score if found.label else 1 - found.score) for found in worst]
    assert losses == sorted(losses, reverse=True)
    first = worst[0]
    assert first.label == labels[first.row]
    assert first.score == pytest.approx(asked.outputs["probabilities"][first.row, 1])
    assert first.contributions["sex"] == pytest.approx(0, abs=1e-6)
    # Its own age drives a wrong answer: up where the row is negative, down where it is positive.
    assert (first.contributions["age"] > 0.2) is not first.label


def test_rounding_of_another_batch_is_no_importance_and_a_rare_use_is_one(tmp_path):
    columns = rows_like(2000)
    columns["sex"][:] = "f"
    columns["sex"][0] = ""
    asked = judged(tmp_path, {"age": 2.0, "sex": 3.0}, columns)
    asked.outputs["probabilities"][:] += np.float32(3e-7)
    _, sex, job = measured(asked, truth_of(columns)).importances
    assert job.mean_change == 0
    assert 0 < sex.mean_change < 0.001
    assert findings(measured(asked, truth_of(columns)))["forbidden"].reason == "forbidden-feature"


def test_many_calls_give_the_same_evidence_as_one(tmp_path, monkeypatch):
    columns = rows_like(300)
    once = measured(judged(tmp_path, {"age": 2.0, "job": 0.5}, columns), truth_of(columns))
    monkeypatch.setattr("lockgate.domain.measuring.probes.CELLS", 1000)
    asked = judged(tmp_path, {"age": 2.0, "job": 0.5}, columns)
    again = measured(asked, truth_of(columns))
    assert len(asked.session.asked) > 10
    assert [found.row for found in again.worst] == [found.row for found in once.worst]
    for ours, theirs in zip(once.importances, again.importances, strict=True):
        assert ours.mean_change == pytest.approx(theirs.mean_change, abs=1e-6)
    for ours, theirs in zip(once.worst, again.worst, strict=True):
        assert ours.contributions == pytest.approx(theirs.contributions, abs=1e-6)


def test_few_rows_of_one_class_have_no_drop_but_a_change(tmp_path):
    columns = rows_like(4)
    evidence = measured(judged(tmp_path, {"age": 1.0}, columns), np.zeros(4, dtype=np.bool_))
    assert len(evidence.worst) == 4
    assert evidence.importances[0].drop is None
    assert evidence.importances[0].mean_change > 0


def test_a_model_that_ignores_everything_has_no_shares(tmp_path):
    columns = rows_like(50)
    evidence = measured(judged(tmp_path, {}, columns), truth_of(columns))
    assert [found.share for found in evidence.importances] == [None] * 3
    assert findings(evidence)["champion"].reason == "not-a-number"


def test_answers_that_are_no_numbers_are_none_and_worst(tmp_path):
    def spoil(answer):
        answer["probabilities"][:, 1] = np.inf
        return answer

    columns = rows_like(50)
    asked = judged(tmp_path, {"age": 1.0}, columns, spoil)
    asked.outputs["probabilities"][17] = np.nan
    evidence = measured(asked, truth_of(columns))
    assert {found.mean_change for found in evidence.importances} == {None}
    assert (evidence.worst[0].row, evidence.worst[0].score) == (17, None)
    assert set(evidence.worst[0].contributions.values()) == {None}


def test_wrong_outputs_are_an_error_and_no_rows_have_no_importances(tmp_path):
    columns = rows_like(20)
    labels, fewer = truth_of(columns), lambda answer: {name: each[:-1] for name, each in answer.items()}
    with pytest.raises(ModelError, match="rows to"):
        measured(judged(tmp_path, {}, columns, fewer), labels)
    with pytest.raises(ModelError, match="not those of its signature"):
        measured(
            replace(judged(tmp_path, {}, columns), signature=replace(SIGNATURE, task=replace(TASK, positive="maybe"))),
            labels,
        )
    none = {name: values[:0] for name, values in columns.items()}
    assert measured(judged(tmp_path, {}, none), labels[:0]).importances == ()
