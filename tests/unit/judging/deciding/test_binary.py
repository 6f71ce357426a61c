"""A binary task has two classes: whatever has more, or one, is refused where it is read, and opens no gate."""

from dataclasses import replace
from datetime import date

import builders
import numpy as np
import pytest
from cases import CASE, document, put_of, with_evidence

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.identity import DigestStart
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import BOOTSTRAP_SCOPE, Waiver
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.score_table import ScoreTable, TableReference
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.task import Binary, Multiclass, Regression
from lockgate.domain.statistics.metrics.registry import value
from lockgate.errors import DataError, ModelError
from lockgate.testing import FakeMetrics, FakePlugin, FakeRuntime, FakeTracker
from lockgate.testing.examples import POLICY
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train
from lockgate.usecases.measuring.kinds.accuracy import open_judged
from lockgate.usecases.project.project import read_candidate

THREE = (Output("label", "string"), Output("probabilities", "float32", (3,)))
TABLES = ParquetTables(builders.FILES)
FOUR = ("one", "three", "two", "yes")


def of_classes(*names):
    """The signature of a model of these classes."""
    return replace(CASE.signature, classes=names, task=Binary(names, "yes"))


class Labelled(FakePlugin):
    """Gives tables with these labels, split by split; a split that is not named stays binary."""

    def __init__(self, classes=("no", "yes"), **labels):
        super().__init__()
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", classes)

    def data(self):
        found = {split: dict(columns) for split, columns in super().data().items()}
        for split, labels in self.labels.items():
            found[split]["outcome"] = np.resize(np.array(labels), 40)
        return found

    def train(self, run):
        return replace(super().train(run), classes=self.classes)


def trained(project, plugin):
    repository = builders.GitRepository(project)
    return train(
        builders.opened(project), "fake", plugin, TABLES, FakeMetrics(), FakeTracker(), repository, lambda *_: None
    )


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"test": FOUR}, r"the tables have 5 classes; a binary task .* test: 'one' \(10 rows\), 'three' \(10 rows\)"),
        ({"validation": ["no", "no"]}, r"each table needs rows of both classes; .* validation: 'no' \(40 rows\)"),
        ({"test": ["no", "yes", "no "]}, "'no' and 'no ' differ by a space only"),
        (
            {split: [0, 1] for split in ("training", "validation", "test")},
            "tables.positive is 'yes', the classes are '0'",
        ),
        (
            {"training": [0.0, 1.5]},
            r"training table: label outcome: row 1: 1\.5 \(float\) is no label: .* a regression answers: tables.task",
        ),
    ],
)
def test_tables_of_other_than_two_classes_are_refused_when_they_are_prepared(project, labels, says):
    with pytest.raises(DataError, match=says):
        prepare(builders.opened(project), Labelled(**labels), TABLES)
    assert not (project / "build/train.parquet").exists()


def test_a_positive_class_that_there_is_not_is_mended_by_either_line_that_is_named(project):
    numbers = Labelled(**{split: [0, 1] for split in ("training", "validation", "test")})
    with pytest.raises(DataError) as raised:
        prepare(builders.opened(project), numbers, TABLES)
    params = project / "params.yaml"
    before, lines = params.read_text(), raised.value.hint.partition("params.yaml: ")[2].split(" or ")
    assert lines == ['positive: "0"', 'positive: "1"']
    for line in lines:
        params.write_text(before.replace("positive: yes", line).replace('positive: "yes"', line))
        assert params.read_text() != before
        prepare(builders.opened(project), numbers, TABLES)


def write_table(project, name, labels):
    path = project / f"build/{name}.parquet"
    table = TABLES.read(path)
    TABLES.write(path, {**table, "outcome": np.resize(np.array(labels, dtype=object), len(table["outcome"]))})


def test_tables_that_lie_there_are_refused_when_they_are_trained_on(project):
    prepare(builders.opened(project), FakePlugin(), TABLES)
    write_table(project, "validation", FOUR)
    with pytest.raises(DataError, match="the tables have 5 classes"):
        trained(project, FakePlugin())


@pytest.mark.parametrize("classes", [FOUR, (), ("yes",), ("no", "perhaps")])
def test_a_hand_over_of_other_than_two_classes_is_refused(project, classes):
    prepare(builders.opened(project), FakePlugin(), TABLES)
    with pytest.raises(ModelError, match=r"candidate fake: .*(a binary task|tables\.positive)"):
        trained(project, Labelled(classes))
    assert not (project / "build/candidates/fake/trained/trained.json").exists()


def test_a_hand_over_that_lies_there_is_refused_when_it_is_exported(project):
    prepare(builders.opened(project), FakePlugin(), TABLES)
    trained(project, FakePlugin())
    builders.rewrite(project / "build/candidates/fake/trained/trained.json", Trained, classes=FOUR)
    opened = builders.opened(project)
    with pytest.raises(ModelError, match="4 classes: 'one', 'three', 'two', 'yes'; a binary task"):
        export(opened, "fake", Labelled(), FakeRuntime(), TABLES, None)


def test_a_signature_that_lies_there_is_refused_when_it_is_checked(project):
    builders.rewrite(
        project / "build/candidates/fake/export/signature.json", Signature, classes=FOUR, task=Binary(FOUR, "yes")
    )
    with pytest.raises(ModelError, match=r"4 classes: .*a binary task"):
        judged(project)


def judged(project, labels=("no", "yes")):
    """The fake candidate of the project, opened on held-out rows with these labels."""
    prepare(builders.opened(project), FakePlugin(), TABLES)
    write_table(project, "test", labels)
    return open_judged(builders.opened(project), "fake", FakeRuntime(), TABLES)


def test_held_out_rows_of_a_class_that_training_never_saw_are_refused(project):
    with pytest.raises(DataError, match="rows are of 'perhaps', the model's classes are 'no', 'yes'"):
        judged(project, ["no", "yes", "perhaps"])


def in_table(**columns):
    """The case with a table of scores in which these columns have other labels."""
    sample = CASE.evidence.scores.sample
    names = np.array(["no", "yes"], dtype=object)
    table = {
        "label": names[sample.labels.astype(int)],
        "predicted": names[sample.predicted.astype(int)],
        "score of yes": sample.scores,
    }
    return with_evidence(scores=ScoreTable.of({**table, **columns}, Binary((), "yes")))


@pytest.mark.parametrize(
    ("case", "says"),
    [
        (replace(CASE, signature=of_classes(*FOUR)), "the model's classes are 'one', 'three'"),
        (replace(CASE, signature=of_classes()), "the model has no classes; a binary task"),
        (replace(CASE, signature=of_classes("yes", "yes")), "a binary task"),
        (
            replace(CASE, signature=replace(CASE.signature, outputs=THREE)),
            r"probabilities have the shape [3], its classes",
        ),
        (in_table(label=np.resize(np.array(FOUR, dtype=object), 2000)), "rows are of 'one', 'three', 'two'"),
        (in_table(predicted=np.resize(np.array(FOUR, dtype=object), 2000)), "rows are of 'one', 'three', 'two'"),
    ],
)
@pytest.mark.parametrize("sealed", [True, False])
def test_old_evidence_of_other_than_two_classes_opens_no_gate(case, says, sealed):
    waivers = [
        Waiver(
            "accuracy",
            "I know",
            "A. Person",
            candidate=DigestStart(str(CASE.candidate.content)),
            expires=date(2026, 2, 1),
        ),
        Waiver("accuracy", "first", "A. Person", scope=BOOTSTRAP_SCOPE),
    ]
    verdict = decide(POLICY, replace(case, sealed=sealed), waivers, date(2026, 1, 1))
    (found,) = (finding for finding in verdict.findings if finding.gate == "accuracy")
    assert (verdict.outcome, found.outcome, found.reason) == (Outcome.UNDECIDED, Outcome.UNDECIDED, "not-binary")
    assert says in found.message


def test_the_four_digits_that_met_an_accuracy_of_one_are_undecided(project, lockgate, evidence):
    """The positive class against the rest is right for every row, and the model for hardly more than half of them."""
    labels = np.resize(np.array(FOUR, dtype=object), 2000)
    predicted = np.where(np.arange(2000) % 8 == 1, "two", labels).astype(object)
    scores = np.where(labels == "yes", 0.9, 0.1)
    TABLES.write(
        evidence / "scores.parquet",
        {"row": np.arange(2000), "label": labels, "predicted": predicted, "score of yes": scores},
    )
    sample = ScoreTable.of(TABLES.read(evidence / "scores.parquet"), Binary((), "yes")).sample
    assert value("accuracy", sample) == value("roc_auc", sample) == 1.0
    reference = TableReference("scores.parquet", 2000, builders.FILES.sha256(evidence / "scores.parquet"))
    metrics = {"roc_auc": 1.0, "accuracy": 1.0}
    builders.rewrite(
        evidence / "accuracy.json", AccuracyEvidence, scores=reference, metrics=metrics, counts={"yes": 500}
    )
    builders.rewrite(
        project / "build/candidates/fake/export/signature.json", Signature, classes=FOUR, task=Binary(FOUR, "yes")
    )
    subject = read_candidate(builders.opened(project), "fake").subject
    assert builders.DOCUMENTS.read(evidence / "accuracy.json", AccuracyEvidence).subject == subject
    code, said = lockgate("gate")
    assert code == 4
    assert "the model's classes are 'one', 'three', 'two', 'yes'; a binary task" in said


def test_a_champion_of_more_classes_is_none_to_compare_with():
    theirs = CASE.champion.scores
    champion = put_of(CASE.champion, scores=replace(theirs, classes=("no", "perhaps", "yes")))
    ours = replace(CASE.evidence.scores, classes=("no", "yes"))
    verdict = decide(POLICY, replace(with_evidence(scores=ours), champion=champion))
    (found,) = (f for f in verdict.findings if f.gate == "accuracy" and f.rule == "champion")
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "other-rows")
    assert "answers other classes: 'perhaps'" in found.message


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (Binary(("no", "yes"), "no"), "the positive class is 'no', and 'yes' is asked for"),
        (Binary(("yes", "no"), "yes"), "the task is of 'yes', 'no', and 'no', 'yes' are asked for"),
        (Regression(("outcome",)), "the task is regression, and binary is asked for"),
    ],
)
def test_evidence_of_another_task_than_the_models_opens_no_gate(task, says):
    accuracy = replace(document(CASE.evidence, "accuracy"), task=task)
    verdict = decide(POLICY, with_evidence(accuracy=accuracy))
    (found,) = (f for f in verdict.findings if f.gate == "accuracy")
    assert (verdict.outcome, found.outcome, found.reason) == (Outcome.UNDECIDED, Outcome.UNDECIDED, "edited")
    assert says in found.message


def test_a_model_of_a_task_that_the_metric_is_none_of_opens_no_gate():
    signature = replace(CASE.signature, task=Multiclass(("no", "yes")))
    verdict = decide(POLICY, replace(CASE, signature=signature))
    (found,) = (f for f in verdict.findings if f.gate == "accuracy")
    assert (verdict.outcome, found.reason) == (Outcome.UNDECIDED, "not-binary")
    assert "the model's task is multiclass, and roc_auc is no metric of it" in found.message


def test_a_model_of_another_task_than_the_settings_is_not_measured(project):
    path = project / "build/candidates/fake/export/signature.json"
    builders.rewrite(path, Signature, task=Binary(("no", "yes"), "no"))
    with pytest.raises(ModelError, match=r"candidate fake: in its signature, the positive class is 'no', and 'yes'"):
        judged(project)


def test_a_trained_model_of_another_task_is_neither_kept_nor_exported(project):
    prepare(builders.opened(project), FakePlugin(), TABLES)
    said = r"candidate fake: train\(\) hands over a regression model, and tables\.task is binary"
    with pytest.raises(ModelError, match=said):
        trained(project, Another())
    path = project / "build/candidates/fake/trained/trained.json"
    assert not path.exists()
    trained(project, FakePlugin())
    builders.rewrite(path, Trained, task="regression")
    with pytest.raises(ModelError, match=said):
        export(builders.opened(project), "fake", FakePlugin(), FakeRuntime(), TABLES, None)


class Another(FakePlugin):
    """Hands over a model of a task that the settings do not state."""

    def train(self, run):
        return replace(super().train(run), task="regression")


def test_a_task_that_changed_since_the_evidence_was_collected_is_told(project):
    path = project / "params.yaml"
    told = path.read_text(encoding="utf-8").replace("positive: yes", "task: multiclass").replace("roc_auc", "log_loss")
    path.write_text(told.replace('positive: "yes"', "task: multiclass"), encoding="utf-8")
    with pytest.raises(ModelError, match="in its signature, the task is binary, and multiclass is asked for"):
        judged(project)
