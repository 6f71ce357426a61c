"""Names that people read: long lists are cut with their number, mistyped names are answered with the one meant."""

import re
from dataclasses import replace

import builders
import pytest
from cases import CASE, POLICY, decide, finding, with_evidence, with_slices

from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.names import NAMED, likely, listed, meant


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (1, "p0"), (NAMED, "p0 to p9"), (NAMED + 1, "p0 to p10"), (NAMED + 2, "10 and 2"), (784, "10 and 774")],
)
def test_a_long_list_is_cut_and_says_how_many_more_there_are(count, expected):
    names = [f"p{number}" for number in range(count)]
    found = listed(names)
    if count <= NAMED + 1:
        assert found == ", ".join(names)
    else:
        assert found == ", ".join(names[:NAMED]) + f" and {expected.split()[-1]} more"


def test_the_name_that_was_meant_is_found_by_its_letters_whatever_their_case():
    assert likely("roc_auk", ["f1", "roc_auc"]) == "roc_auc"
    assert meant("Sex", ["age", "sex"]) == "; did you mean 'sex'?"
    assert meant("nothing like it", ["age", "sex"]) == ""


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("roc_auc", "roc_auk", "'roc_auk' is not one of roc_auc, roc_auc_ovo"),
        ("roc_auc", "roc_auk", "; did you mean 'roc_auc'?"),
        ("accuracy:", "acuracy:", "unknown key; did you mean 'accuracy'?"),
        ("  fake: {}", "  fakes: {}", "did you mean 'fakes'?"),
        ("positive:", "postive:", "did you mean 'positive'?"),
    ],
)
def test_a_mistyped_word_of_the_settings_is_answered_with_the_one_meant(lockgate, project, old, new, answer):
    (project / "params.yaml").write_text(builders.PARAMS.replace(old, new))
    code, said = lockgate("gate")
    assert (code, answer in said) == (2, True), said


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["gate", "--candidate", "fke"], "no candidate is called 'fke'; did you mean 'fake'?"),
        (["gate", "--against", "stagin"], "no environment is called 'stagin'; did you mean 'staging'?"),
        (["promote", "productoin"], "did you mean 'production'?"),
        (["drill", "--only", "shufled"], "did you mean 'shuffled'?"),
        (["gat"], "did you mean 'gate'?"),
        (["polcy"], "did you mean 'policy'?"),
        (["policy", "explan"], "did you mean 'explain'?"),
        (["gate", "--candidat", "fake"], "did you mean '--candidate'?"),
        (["schema", "verdit"], "did you mean 'verdict'?"),
        (["check", "acuracy"], "did you mean 'accuracy'?"),
    ],
)
def test_a_mistyped_word_of_the_command_line_is_answered_with_the_one_meant(lockgate, arguments, answer):
    code, said = lockgate(*arguments)
    assert (code, answer in " ".join(said.lower().split())) == (2, True), said


def test_a_mistyped_column_of_a_slice_is_answered_with_the_one_meant():
    found = finding(CASE, "accuracy", "slice jbo", with_slices("jbo"))
    assert "has no column 'jbo'; did you mean 'job'?" in found.message


def test_a_mistyped_gate_of_a_waiver_is_answered_with_the_one_meant():
    waiver = Waiver("fairnes", "a reason", "A. Person", scope="no-champion-yet")
    (unused,) = decide(POLICY, CASE, [waiver]).unused_waivers
    assert unused.why.startswith("there is no gate 'fairnes'; did you mean 'fairness'? The gates are ")


def test_hundreds_of_columns_are_told_in_a_line_of_a_finding_and_of_a_remedy():
    scores = CASE.evidence.scores
    wide = {f"p{number}": scores.columns["job"] for number in range(784)}
    case = with_evidence(scores=replace(scores, columns=wide))
    found = finding(case, "accuracy", "slice p784", with_slices("p784"))
    assert re.fullmatch(r"the score table has no column 'p784'; did you mean 'p\d+'\?", found.message)
    assert found.remedy.endswith("mend gates.accuracy.slices.by, or add the column to tables.judged_only")
    assert "p9 and 774 more;" in found.remedy
