"""The glassbox's evidence: measured once for all candidates, sealed with a release, and shown beside worst errors."""

import math
from dataclasses import replace

import builders
import numpy as np
import pytest
from builders import DOCUMENTS, FILES

from lockgate.adapters.pages.verdict import VerdictReports
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.cli.wiring.instruments import instruments_of
from lockgate.domain.identity import md5
from lockgate.domain.judging.deciding.registry import DOCUMENTS as KINDS
from lockgate.domain.judging.gates.explanation.asked_again import glassbox_otherwise
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION, ReferenceEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.inputs import Axis, Input
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Column
from lockgate.domain.reviewing.worst_errors import WorstError
from lockgate.errors import DataError, ModelError
from lockgate.testing import FakeClock, FakeGlassbox
from lockgate.testing.examples import SIGNATURE_OF_EXAMPLE, passed_verdict, score_table
from lockgate.usecases.deliver.judge import judge_and_tell
from lockgate.usecases.judging.gate import judge, read_case
from lockgate.usecases.measuring.kinds.glassbox import check_reference
from lockgate.usecases.project.project import read_candidate

TABLES = ParquetTables(FILES)
INPUTS = (Column("age", "float32"), Column("job", "string"))
WEIGHTS = {"age": 0.05, "job": -0.5}
ASKS = """\
  explanation:
    max_behind_reference: 0.5
"""
WAIVER = "  - {gate: explanation, scope: no-champion-yet, reason: the first release, name: A. Person}\n"


def rows(folder, name, count):
    """Tables whose positives are those of the candidate's scores, older and named as the fake glassbox weighs them."""
    table = score_table(rows=count)
    older = 60 * (table["label"] == "yes") + np.random.default_rng(1).normal(size=count)
    columns = {"age": older.astype(np.float32), "job": table["job"], "outcome": table["label"]}
    TABLES.write(folder / f"build/{name}.parquet", columns)
    return columns


@pytest.fixture
def asked(project):
    """The project under a policy that asks for a glassbox, its candidate measured on the tables that lie there."""
    (project / "params.yaml").write_text(builders.PARAMS + ASKS)
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + WAIVER)
    builders.git(project, "commit", "--quiet", "--all", "-m", "ask")
    builders.write_candidate(project)
    rows(project, "train", 1000)
    rows(project, "test", 2000)
    opened = builders.opened(project)
    subject = read_candidate(opened, "fake").subject
    folder = project / "build/candidates/fake/evidence"
    for kind in ("accuracy", "parity"):
        document = DOCUMENTS.read(folder / f"{kind}.json", KINDS[kind])
        DOCUMENTS.write(folder / f"{kind}.json", replace(document, subject=subject))
    worst = (
        LocalExplanation(7, label=False, score=0.98, contributions={"age": 0.3, "job": -0.4}),
        LocalExplanation(2, label=True, score=None, contributions={"age": None, "job": 0.1}),
        LocalExplanation(9999, label=True, score=0.01, contributions={}),
    )
    importances = (Importance("age", 0.1, 0.1, 1.0), Importance("job", 0.0, 0.0, 0.0))
    explained = ExplanationEvidence(subject, {"fake": "1"}, 100, 3, importances, worst)
    DOCUMENTS.write(folder / "explanation.json", explained)
    return opened


def measured(project, weights=WEIGHTS, inputs=INPUTS):
    return check_reference(project, inputs, FakeGlassbox(weights, bias=-1.0), SklearnMetrics(), TABLES)


def judged(project):
    builders.lock(project.layout.root)
    return judge_and_tell(instruments_of(project.layout, lambda: project), "fake", "staging", None, print).verdict


def glassbox_of(verdict):
    (finding,) = (finding for finding in verdict.findings if finding.rule == "glassbox")
    return finding


def test_the_evidence_says_what_was_fitted_on_what_and_what_each_term_does(asked):
    evidence = measured(asked)
    root = asked.layout.root
    assert evidence.training == FILES.md5(root / "build/train.parquet")
    assert evidence.data == FILES.md5(root / "build/test.parquet")
    assert (evidence.training_rows, evidence.rows, evidence.positives) == (1000, 2000, 600)
    assert (evidence.inputs, evidence.positive, evidence.intercept) == (("age", "job"), "yes", -1.0)
    assert (evidence.tools, evidence.settings) == ({"fake": "1"}, {"bias": "-1.0"})
    assert evidence.metrics["roc_auc"] > 0.99
    assert [(term.name, term.columns) for term in evidence.terms] == [("age", ("age",)), ("job", ("job",))]
    assert evidence.terms[1].importance == pytest.approx(0.5)
    assert DOCUMENTS.read(asked.layout.reference, ReferenceEvidence) == evidence
    assert sorted(path.name for path in asked.layout.reference.parent.iterdir()) == ["reference.json", "scores.parquet"]


def test_the_table_holds_every_row_and_contributions_that_add_up(asked):
    evidence = measured(asked)
    table = TABLES.read(asked.layout.reference_scores)
    assert FILES.sha256(asked.layout.reference_scores) == evidence.scores.digest
    assert list(table) == ["row", "label", "predicted", "score of yes", CONTRIBUTION + "age", CONTRIBUTION + "job"]
    assert set(table["predicted"]) == set(table["label"]) == {"no", "yes"}
    total = evidence.intercept + table[CONTRIBUTION + "age"] + table[CONTRIBUTION + "job"]
    np.testing.assert_allclose(total, np.log(table["score of yes"]) - np.log1p(-table["score of yes"]), atol=1e-9)


def test_measuring_again_gives_the_same_bytes(asked):
    paths = (asked.layout.reference, asked.layout.reference_scores)
    measured(asked)
    before = [path.read_bytes() for path in paths]
    measured(asked)
    assert [path.read_bytes() for path in paths] == before


def test_only_the_candidates_columns_are_taken(asked):
    evidence = measured(asked, inputs=INPUTS[:1])
    assert (evidence.inputs, [term.name for term in evidence.terms]) == (("age",), ["age"])


def test_a_table_that_lacks_a_column_or_a_class_is_an_error(asked):
    with pytest.raises(DataError, match="no column pay"):
        measured(asked, inputs=(*INPUTS, Column("pay", "float32")))
    table = TABLES.read(asked.layout.root / "build/train.parquet")
    TABLES.write(asked.layout.root / "build/train.parquet", {name: values[:3] for name, values in table.items()})
    with pytest.raises(DataError, match="each table needs rows of both classes; training: 'yes' \\(3 rows\\)"):
        measured(asked)


def test_a_model_whose_terms_do_not_add_up_to_its_answers_explains_nothing(asked, monkeypatch):
    honest = FakeGlassbox.explain
    monkeypatch.setattr(
        FakeGlassbox, "explain", lambda self, columns: (honest(self, columns)[0], honest(self, columns)[1] * 1.01)
    )
    with pytest.raises(ModelError, match="do not add up"):
        measured(asked)


def test_a_score_that_float64_rounds_to_one_is_no_contradiction(asked):
    assert measured(asked, weights={"age": 5.0}).rows == 2000


def test_three_classes_are_no_binary_task(asked):
    for name in ("train", "test"):
        path = asked.layout.root / f"build/{name}.parquet"
        table = dict(TABLES.read(path))
        table["outcome"] = np.where(np.arange(len(table["outcome"])) % 10 == 9, "maybe", table["outcome"]).astype(
            object
        )
        TABLES.write(path, table)
    with pytest.raises(DataError, match="the tables have 3 classes; a binary task"):
        measured(asked)
    assert not asked.layout.reference_scores.exists()


def test_the_gate_reads_it_and_without_it_is_undecided(asked):
    finding = glassbox_of(judged(asked))
    assert (finding.outcome, finding.reason) == (Outcome.UNDECIDED, "not-measured")
    measured(asked)
    verdict = judged(asked)
    assert (verdict.outcome, glassbox_of(verdict).outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert verdict.evidence["reference"] == FILES.sha256(asked.layout.reference)
    asked.layout.reference_scores.unlink()
    assert glassbox_of(judged(asked)).reason == "no-scores"


def test_rows_that_changed_since_leave_it_undecided(asked):
    measured(asked)
    builders.rewrite(asked.layout.reference, ReferenceEvidence, data=md5(b"older"))
    assert glassbox_of(judged(asked)).reason == "other-subject"


def test_a_release_carries_the_document_and_no_row_and_is_judged_by_it_again(asked):
    measured(asked)
    judged(asked)
    release, folder = builders.sealed(asked.layout.root)
    assert "evidence/reference.json" in release.manifest.files
    assert [path.name for path in folder.rglob("*.parquet")] == ["scores.parquet"]  # the candidate's own
    documents = {kind: folder / f"evidence/{kind}.json" for kind in ("tests", "accuracy", "parity", "explanation")}
    repository = builders.GitRepository(asked.layout.root)

    def again(documents):
        candidate = release.verdict.candidate
        source = repository.source()
        case = read_case(asked, candidate, SIGNATURE_OF_EXAMPLE, source, "staging", None, documents, TABLES)
        return glassbox_of(judge(asked, case, FakeClock().today()))

    assert again(documents).reason == "not-measured"
    assert again(documents | {"reference": folder / "evidence/reference.json"}).outcome is Outcome.PASSED


# --- worst errors ---


def worst_lines(project):
    text = project.layout.verdict_markdown.read_text()
    return [line for line in text.partition("### Worst errors")[2].splitlines() if line.startswith("| ")][2:]


def test_worst_errors_stand_beside_what_the_glassbox_says_of_the_same_rows(asked):
    measured(asked)
    judged(asked)
    table = TABLES.read(asked.layout.reference_scores)
    first, second, third = worst_lines(asked)
    score, age = table["score of yes"][7], table[CONTRIBUTION + "age"][7]
    strongest = sorted((("age", age), ("job", -0.5)), key=lambda each: -abs(each[1]))
    terms = ", ".join(f"{name} {value:+.2g}" for name, value in strongest)
    assert first == f"| 7 | no | 0.9800 | job -0.4, age +0.3 | {score:.4f} | {terms} |"
    assert second.startswith("| 2 | yes | - | job +0.1 | ")
    assert third == "| 9999 | yes | 0.0100 | - | - | - |"


def test_without_a_glassbox_of_these_rows_the_candidate_stands_alone(asked):
    judged(asked)
    alone = "| 7 | no | 0.9800 | job -0.4, age +0.3 | - | - |"
    assert worst_lines(asked)[0] == alone
    measured(asked)
    builders.rewrite(asked.layout.reference, ReferenceEvidence, data=md5(b"older"))
    judged(asked)
    assert worst_lines(asked)[0] == alone


def test_worst_errors_of_another_model_are_not_shown(asked):
    path = asked.layout.evidence("fake", "explanation")
    other = replace(DOCUMENTS.read(path, ExplanationEvidence).subject, data=md5(b"older"))
    builders.rewrite(path, ExplanationEvidence, subject=other)
    judged(asked)
    assert "Worst errors" not in asked.layout.verdict_markdown.read_text()
    path.unlink()
    judged(asked)
    assert "Worst errors" not in asked.layout.verdict_markdown.read_text()


def test_a_name_with_a_bar_does_not_break_the_table():
    error = WorstError(1, "a|b", 0.5, (("x|y", 0.25),), math.nan, (("x|y & z", -1.0),))
    text = VerdictReports().markdown(passed_verdict(), (error,))
    assert "| 1 | a\\|b | 0.5000 | x\\|y +0.25 | nan | x\\|y & z -1 |" in text


def test_a_tensor_is_told_before_anything_is_fitted(asked):
    inputs = (Input("image", "uint8", (Axis("height", 8), Axis("width", 8))),)
    with pytest.raises(ModelError, match="the glassbox explains columns, and image is a tensor"):
        measured(asked, inputs=inputs)


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("binary", "A score is the\nprobability of the positive class"),
        ("multiclass", "A score is\nthe probability of the true class"),
        ("multilabel", "A score is\nthe probability of the label, whether it is true or not"),
        ("regression", "A score is\na number in the unit of the target"),
    ],
)
def test_the_page_says_what_a_score_is_of_in_the_words_of_the_task(task, says):
    error = WorstError(1, "rash: false", 0.5, (), 0.25, task=task)
    assert says in VerdictReports().markdown(passed_verdict(), (error,))


def test_the_page_speaks_of_no_glassbox_where_there_is_none():
    error = WorstError(1, "15231", 5361.0, (("carat", 660.0),), task="regression")
    page = VerdictReports().markdown(passed_verdict(), (error,)).partition("### Worst errors")[2]
    assert "glassbox" not in page
    assert "| 1 | 15231 | 5361.0000 | carat +6.6e+02 |\n" in page


def test_a_table_that_is_no_glassboxs_is_told(asked):
    """It is not fitted again: what shows is that its scores are not the sum of what it says of each column."""
    evidence, path, test = measured(asked), asked.layout.reference_scores, asked.layout.root / "build/test.parquet"
    table, rows = TABLES.read(path), TABLES.read(test)

    def told(found=evidence, **columns):
        return glassbox_otherwise(found, ScoreTable.of({**table, **columns}, found.task), rows)

    assert told() == ""
    assert (
        told(**{"score of yes": 1 - table["score of yes"]}) == "the contributions to row 0 do not add up to its score"
    )
    other = table[CONTRIBUTION + "job"].copy()
    other[17] += 0.5
    assert "job says another thing of row 17 than of a row that has the same in job" in told(
        **{CONTRIBUTION + "job": other}
    )
    age, job = evidence.terms
    assert told(replace(evidence, terms=(age, replace(job, importance=0.25)))).startswith(
        "job moves answers by 0.25, and"
    )
    assert "sex is a term" in told(replace(evidence, terms=(age, job, replace(job, name="sex"))))
