"""What leaves the house holds no value of a single row."""

import builders
import numpy as np
import pytest

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.gates.accuracy.slices import judge_slices
from lockgate.domain.judging.gates.data.table_checks import problems_of
from lockgate.domain.judging.gates.fairness.gate import judge_fairness
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.making.group_counts import count_groups
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Binary
from lockgate.domain.names import sizes
from lockgate.testing import FakeMetrics, FakePlugin, FakeRuntime, FakeTracker
from lockgate.testing.examples import SUBJECT, evidence_of_accuracy, score_table
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train

LEAST = "  min_rows_per_value: "
TABLES = ParquetTables(builders.FILES)


class Addresses(FakePlugin):
    """Each row has an e-mail address of its own where the others have a job."""

    def _table(self, seed):
        addresses = np.array([f"person{seed}-{row}@example.org" for row in range(self.rows)], dtype=object)
        return {**super()._table(seed), "job": addresses}


def test_an_address_in_each_row_stands_in_nothing_that_export_leaves_and_is_told(project):
    opened, plugin = builders.opened(project), Addresses(rows=900)
    prepare(opened, plugin, TABLES)
    repository = builders.GitRepository(project)
    train(opened, "fake", plugin, TABLES, FakeMetrics(), FakeTracker(), repository, lambda *_: None)
    report = export(opened, "fake", plugin, FakeRuntime(), TABLES, None)
    made = [path for path in (project / "build/candidates/fake/export").rglob("*") if path.is_file()]
    assert {path.name for path in made} == {"model.onnx", "signature.json", "profile.json"}
    assert not [path.name for path in made if b"example.org" in path.read_bytes()]
    (job,) = builders.DOCUMENTS.read(project / "build/candidates/fake/export/profile.json", Profile).texts
    assert (job.rows, job.missing, job.counts, job.rare_rows, job.rare_values) == (900, 0, {}, 900, 900)
    assert [(found.column, found.rows, found.distinct) for found in report.identifiers] == [("job", 900, 900)]


def with_least(project, value):
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("  label: outcome\n", f"  label: outcome\n{LEAST}{value}\n"))


def test_a_profile_that_keeps_values_of_fewer_rows_is_not_released(lockgate, project):
    profile = project / "build/candidates/fake/export/profile.json"
    builders.rewrite(profile, Profile, min_rows=1)
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 2
    assert "made with tables.min_rows_per_value at 1, which is 10 now" in said
    assert "dvc repro --force --single-item export@fake" in said
    assert not (project / "build/releases").exists()
    # What the message names is what mends it.
    builders.rewrite(profile, Profile, min_rows=10)
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    assert lockgate("release")[0] == 0


@pytest.mark.parametrize(
    ("value", "said"), [("0", "at least 1"), ("-3", "at least 1"), ("2.5", "whole number"), ("many", "whole number")]
)
def test_the_number_of_rows_is_one_at_least(lockgate, project, value, said):
    with_least(project, value)
    code, out = lockgate("status")
    assert code == 2
    assert "min_rows_per_value" in out
    assert said in out


@pytest.fixture(scope="module")
def scores():
    """Of 2,000 rows, 1,500 live in Ulm, 480 in Bonn, 15 in Kiel, and five have a town of their own."""
    town = ["Ulm"] * 1500 + ["Bonn"] * 480 + ["Kiel"] * 15 + [f"person{i}@example.org" for i in range(5)]
    return ScoreTable.of({**score_table(), "town": np.array(town, dtype=object)}, Binary((), "yes"))


def said(findings):
    return " ".join(f"{found.rule} {found.message} {found.remedy}" for found in findings)


def test_a_verdict_counts_slices_of_few_rows_and_names_the_others(scores):
    policy = AccuracyPolicy("roc_auc", 0.5, slices=SlicesPolicy(("town", "age < 19"), min_rows=100, floor=0.5))
    told = said(judge_slices(policy, scores, least=10))
    assert "town=Kiel (15 rows), and 5 of fewer than 10 rows each (5 rows)" in told
    assert "person" not in told
    assert "town=Ulm: floor" in told
    # Of a condition, the name is the policy's own word.
    assert "age < 19" in told


@pytest.mark.parametrize("min_rows", [100, 1000])
def test_a_verdict_counts_groups_of_few_rows_and_names_the_others(scores, min_rows):
    policy = FairnessPolicy(("town",), min_rows=min_rows, max_demographic_parity_difference=0.5)
    told = said(judge_fairness(policy, evidence_of_accuracy(), scores, SUBJECT, None, 10))
    assert "town=Kiel (15 rows), and 5 of fewer than 10 rows each (5 rows)" in told
    assert "person" not in told


def test_groups_of_few_rows_alone_are_counted():
    assert sizes([("a", 1), ("b", 2)], 3) == "2 of fewer than 3 rows each (3 rows)"
    assert sizes([("a", 1), ("b", 2)], 1) == "a (1 rows), b (2 rows)"


def test_validation_counts_no_group_of_few_rows(scores):
    groups = count_groups(("town",), scores.sample, scores.columns, 10)
    assert [group.group for group in groups] == ["town=Bonn", "town=Kiel", "town=Ulm"]


def test_evidence_on_data_counts_unknown_classes_of_few_rows():
    labels = np.array(["yes"] * 20 + ["perhaps"] * 10 + ["Anna", "Bob"], dtype=object)
    assert problems_of({"won": labels}, (), "won", frozenset({"yes"}), (), 10) == (
        "label won has unknown classes: perhaps",
        "label won has 2 unknown classes of fewer than 10 rows each",
    )


def test_the_gate_judges_by_the_settings_number(lockgate, project):
    with_least(project, 700)
    path = project / "params.yaml"
    slices = "    slices:\n      by: [job]\n      min_rows: 1900\n      floor: 0.5\n"
    path.write_text(path.read_text().replace("    margin: 0.001\n", "    margin: 0.001\n" + slices))
    builders.git(project, "commit", "--quiet", "--all", "-m", "Slices")
    builders.write_candidate(project)
    assert "job=clerk (" in lockgate("gate", "-v")[1]
    path.write_text(path.read_text().replace(LEAST + "700", LEAST + "1200"))
    builders.git(project, "commit", "--quiet", "--all", "-m", "More rows a value")
    builders.write_candidate(project)
    out = lockgate("gate", "-v")[1]
    assert "2 of fewer than 1200 rows each (2000 rows)" in out
    assert "job=clerk (" not in out
