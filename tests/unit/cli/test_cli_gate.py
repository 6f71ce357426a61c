"""The command line: what `lockgate gate` says, writes and ends with."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import builders
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import git

from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.main import run
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.project.layout import Layout
from lockgate.testing.examples import score_table


def verdict_of(project):
    return builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)


def test_good_evidence_passes_with_0(lockgate, project):
    code, said = lockgate("gate")
    assert code == 0
    assert "PASSED" in said
    assert verdict_of(project).outcome is Outcome.PASSED


def test_bad_evidence_is_refused_with_3(lockgate, project, evidence):
    builders.write_candidate(project, separation=0.5)
    code, said = lockgate("gate")
    assert code == 3
    assert re.search(r"better by 0\.2\d+ would pass", said)
    assert verdict_of(project).outcome is Outcome.REFUSED


def test_evidence_that_was_edited_by_hand_is_undecided_with_4(lockgate, project, evidence):
    builders.rewrite(evidence / "accuracy.json", AccuracyEvidence, metrics={"roc_auc": 0.999})
    code, said = lockgate("gate")
    assert code == 4
    assert "the evidence says roc_auc 0.999000, its scores do not" in said


def test_a_score_table_that_was_edited_is_undecided_with_4(lockgate, project, evidence):
    ParquetTables(builders.FILES).write(evidence / "scores.parquet", score_table(3.0))
    code, said = lockgate("gate")
    assert code == 4
    assert "is not the one of the evidence" in said


def test_a_task_that_changed_since_the_model_was_exported_ends_with_2(lockgate, project):
    path = project / "params.yaml"
    told = path.read_text(encoding="utf-8").replace('positive: "yes"', "task: multiclass")
    path.write_text(told.replace("roc_auc", "log_loss"), encoding="utf-8")
    code, said = lockgate("gate", "--candidate", "fake")
    assert code == 2, said
    assert "candidate fake: in its signature, the task is binary, and multiclass is asked for" in said
    assert "export it again: lockgate run" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('positive: "yes"', "task: regression", "gates.accuracy.metric: roc_auc is no metric of a regression task"),
        ('positive: "yes"', "task: ranking", "binary"),
        ('  positive: "yes"\n', "", "positive: missing; a binary task names its positive class"),
        ("metric: roc_auc", "metric: r2", "r2 is no metric of a binary task; those are roc_auc, roc_auc_ovo"),
    ],
)
def test_settings_that_contradict_the_task_end_with_2(lockgate, project, old, new, says):
    path = project / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    code, said = lockgate("gate")
    assert (code, says in said) == (2, True), said


def test_a_verdict_is_told_to_jenkins_and_to_people(lockgate, project):
    lockgate("gate")
    suite = ET.parse(project / "build/verdict.xml").getroot()
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases["accuracy"] == ["system-out"]
    assert cases["fairness"] == ["skipped"]
    assert "PASSED" in (project / "build/verdict.md").read_text()
    builders.write_candidate(project, separation=0.5)
    lockgate("gate")
    (case,) = ET.parse(project / "build/verdict.xml").getroot().iterfind("testcase[@name='accuracy']")
    assert "floor" in case.find("failure").get("message")


def test_another_policy_is_tried_without_a_model_and_opens_nothing(lockgate, project, tmp_path):
    lockgate("gate")
    before = (project / "build/verdict.json").read_bytes()
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(builders.PARAMS[builders.PARAMS.index("gates:") :].replace("floor: 0.9", "floor: 0.99"))
    code, said = lockgate("gate", "--policy", str(stricter))
    assert code == 3
    assert "opens no gate" in said
    assert (project / "build/verdict.json").read_bytes() == before


def test_a_policy_of_another_task_ends_with_2_and_names_the_file(lockgate, project, tmp_path):
    lockgate("gate")
    other = tmp_path / "other.yaml"
    other.write_text(builders.PARAMS[builders.PARAMS.index("gates:") :].replace("metric: roc_auc", "metric: r2"))
    code, said = lockgate("gate", "--policy", str(other))
    assert code == 2, said
    assert "other.yaml:5: gates.accuracy.metric: r2 is no metric of a binary task; those are roc_auc" in said


def test_a_tried_policy_with_a_limit_of_another_task_at_its_default_ends_with_2(lockgate, tmp_path):
    lockgate("gate")
    other = tmp_path / "other.yaml"
    other.write_text(builders.PARAMS[builders.PARAMS.index("gates:") :] + "  data: {max_target_distance: 0.1}\n")
    code, said = lockgate("gate", "--policy", str(other))
    assert code == 2, said
    line = len(other.read_text().splitlines())
    assert f"other.yaml:{line}: gates.data.max_target_distance: a setting for regression" in said
    assert "it must fit `tables` of params.yaml" in said


def test_a_policy_file_that_is_not_there_ends_with_2_and_says_what_it_would_be(lockgate, project, tmp_path):
    lockgate("gate")
    code, said = lockgate("gate", "--policy", str(tmp_path / "stricter.yaml"))
    assert (code, "stricter.yaml: missing\n  --policy names a YAML file with `gates:`" in said) == (2, True)
    assert (project / "build/verdict.json").exists()


def test_the_policy_is_told_in_words_and_as_a_schema(lockgate):
    code, said = lockgate("policy", "explain")
    assert code == 0
    assert "roc_auc at least 0.9, by the lower bound" in said
    assert "fairness: off" in said
    assert '"AccuracyPolicy"' in lockgate("policy", "schema")[1]


@pytest.mark.parametrize("name", ["accuracy.json", "parity.json"])
def test_absent_evidence_is_undecided_with_4(lockgate, project, evidence, name):
    (evidence / name).unlink()
    assert lockgate("gate")[0] == 4
    assert verdict_of(project).outcome is Outcome.UNDECIDED


def test_an_uncommitted_change_is_undecided_with_4(lockgate, project):
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + "# altered\n")
    code, said = lockgate("gate")
    assert code == 4
    assert "uncommitted changes: deploy/waivers.yaml" in said


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("name", ["params.yaml", "deploy/waivers.yaml", "deploy/staging.yaml"])
def test_what_decides_counts_as_changed_where_git_overlooks_it(lockgate, project, name, flag):
    git(project, "update-index", flag, name)
    assert lockgate("gate")[0] == 0
    with (project / name).open("a") as file:
        file.write("# altered\n")
    code, said = lockgate("gate")
    assert (code, f"uncommitted changes: {name}" in said) == (4, True), said


@pytest.mark.parametrize("ignoring", [".gitignore", ".git/info/exclude"])
def test_a_waiver_that_git_ignores_opens_nothing(lockgate, project, ignoring):
    git(project, "rm", "--quiet", "deploy/waivers.yaml")
    with (project / ignoring).open("a") as file:
        file.write("/deploy/waivers.yaml\n")
    git(project, "commit", "--all", "--quiet", "-m", "No waivers")
    builders.write_candidate(project)
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS)
    assert git(project, "status", "--porcelain") == ""
    code, said = lockgate("gate")
    assert (code, "uncommitted changes: deploy/waivers.yaml" in said) == (4, True), said


def test_params_that_git_does_not_have_open_nothing(lockgate, project):
    git(project, "rm", "--quiet", "--cached", "params.yaml")
    (project / ".git/info/exclude").write_text("params.yaml\n")
    git(project, "commit", "--quiet", "-m", "No params")
    builders.write_candidate(project)
    code, said = lockgate("gate")
    assert (code, "uncommitted changes: params.yaml" in said) == (4, True), said


def test_an_environment_without_the_waiver_is_undecided_with_4(lockgate, project):
    (project / "deploy/waivers.yaml").unlink()
    git(project, "commit", "--all", "--quiet", "-m", "No waivers")
    builders.write_candidate(project)
    assert lockgate("gate")[0] == 4


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('"roc_auc": 0.', '"roc_auc": NaN, "f1": 0.', "not JSON"),
        ('"roc_auc": 0.', '"roc_auc": Infinity, "f1": 0.', "not JSON"),
        ('"roc_auc": 0.', '"roc_auc": 1e999, "f1": 0.', "not JSON: Number out of range"),
        ("{", "", "not JSON"),
        ("{", "[" * 100_000, "not JSON"),
        ('"metrics"', '"metric"', "metric: unknown key; did you mean 'metrics'?"),
    ],
    ids=["NaN", "infinite", "too large", "malformed", "too deep", "other form"],
)  # fmt: skip
def test_unreadable_evidence_is_undecided_with_4_and_the_verdict_names_file_and_cause(
    lockgate, project, evidence, old, new, cause
):
    assert lockgate("gate")[0] == 0
    path = evidence / "accuracy.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    builders.lock(project)
    code, said = lockgate("gate")
    wanted = f"the accuracy was not measured: build/candidates/fake/evidence/accuracy.json: {cause}"
    assert (code, wanted in said) == (4, True), said
    (finding,) = verdict_of(project).blocking
    assert (finding.gate, finding.outcome, finding.reason) == ("accuracy", Outcome.UNDECIDED, "not-measured")
    assert finding.message.startswith(wanted)
    assert "lockgate run" in finding.remedy
    assert set(verdict_of(project).evidence) == {"tests", "parity"}


@pytest.mark.parametrize("name", ["", ".", "a**b", "*", "../evidence/scores.parquet", "/", "other.parquet", "x\\0y"])
def test_a_score_table_that_lies_nowhere_beside_its_evidence_is_undecided_with_4(lockgate, project, evidence, name):
    path = evidence / "accuracy.json"
    path.write_text(path.read_text().replace('"scores.parquet"', json.dumps(name)))
    code, said = lockgate("gate")
    assert (code, "the table of per-row scores is missing" in said) == (4, True), said


@pytest.mark.parametrize("name", ["accuracy.json", "scores.parquet", "parity.json"])
def test_a_folder_in_the_place_of_evidence_is_undecided_with_4(lockgate, project, evidence, name):
    (evidence / name).unlink()
    (evidence / name).mkdir()
    code, said = lockgate("gate")
    wanted = f"{name}: cannot be read: Is a directory" if name.endswith("json") else "the table of per-row scores"
    assert (code, wanted in said) == (4, True), said


@pytest.mark.parametrize(
    "changes", [{"score of yes": ["high"]}, {"score of yes": [[0.5]]}, {"label": [1]}, {"predicted": [None]}]
)
def test_a_score_table_that_holds_no_scores_is_undecided_with_4(lockgate, project, evidence, changes):
    table = pq.read_table(evidence / "scores.parquet")
    for name, values in changes.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values * table.num_rows))
    pq.write_table(table, evidence / "scores.parquet")
    scores = builders.DOCUMENTS.read(evidence / "accuracy.json", AccuracyEvidence).scores
    digest = builders.FILES.sha256(evidence / "scores.parquet")
    builders.rewrite(evidence / "accuracy.json", AccuracyEvidence, scores=replace(scores, digest=digest))
    assert lockgate("gate")[0] == 4


@pytest.mark.parametrize("kind", ["explanation", "reference"])
def test_a_verdict_is_told_without_the_worst_errors_where_their_evidence_is_unreadable(lockgate, project, kind):
    path = Layout(project).evidence("fake", kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"rows": NaN}')
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    assert set(verdict_of(project).evidence) == {"tests", "accuracy", "parity"}
    assert (project / "build/verdict.md").exists()


@pytest.mark.parametrize("path", ["params.yaml", "deploy/staging.yaml", "deploy/waivers.yaml"])
def test_a_gate_that_cannot_judge_leaves_no_verdict_of_before(lockgate, project, path):
    assert lockgate("gate")[0] == 0
    (project / path).write_text("x: [\n")
    assert lockgate("gate")[0] == 2
    assert not (project / "build/verdict.json").exists()


def owned_by_another(project, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    return "safe.directory"


def without_git(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    return "git is not installed"


@pytest.mark.parametrize("refused", [owned_by_another, without_git])
@pytest.mark.parametrize("verb", ["gate", "deliver"])
def test_where_git_refuses_the_folder_nothing_is_deleted(lockgate, project, monkeypatch, refused, verb):
    assert lockgate("gate")[0] == 0
    reason = refused(project, monkeypatch)
    code, said = lockgate(verb)
    assert (code, reason in said) == (2, True), said
    assert all((project / f"build/verdict.{kind}").exists() for kind in ("json", "xml", "md"))


@pytest.mark.parametrize(
    "arguments",
    [("gate", "--candidate", "fakr"), ("gate", "--against", "stagin"), ("deliver", "--candidate", "fakr")],
)
def test_a_name_that_is_not_known_deletes_nothing(lockgate, project, arguments):
    assert lockgate("gate")[0] == 0
    code, said = lockgate(*arguments)
    assert (code, "params.yaml has:" in said) == (2, True), said
    assert (project / "build/verdict.json").exists()


def test_a_delivery_with_settings_that_cannot_be_read_leaves_no_verdict_of_before(lockgate, project):
    assert lockgate("gate")[0] == 0
    (project / "params.yaml").write_text("x: [\n")
    assert lockgate("deliver")[0] == 2
    assert not (project / "build/verdict.json").exists()


def test_json_on_stdout_is_the_verdict_itself(project, capfd):
    assert run(["-C", str(project), "gate", "--json"]) == 0
    out = capfd.readouterr().out
    assert json.loads(out) == json.loads((project / "build/verdict.json").read_text())


def waived_for(project, text):
    """The project with a candidate that is worse than its policy, waived under that text."""
    (project / "deploy/waivers.yaml").write_text(
        f"{builders.WAIVERS}  - gate: accuracy\n    candidate: {text}\n    reason: known\n    name: A. Person\n"
        "    expires: 2999-01-01\n"
    )
    git(project, "commit", "--all", "--quiet", "-m", "A waiver")
    builders.write_candidate(project, separation=0.5)


def test_what_the_console_prints_of_a_candidate_can_be_pasted_into_a_waiver(lockgate, project):
    builders.write_candidate(project, separation=0.5)
    assert lockgate("gate")[0] == 3
    (short,) = re.findall(r"content ([0-9a-f]{12}),", lockgate("status")[1])
    waived_for(project, f'"{short}"')
    code, said = lockgate("gate")
    assert code == 0, said
    content = verdict_of(project).content
    assert verdict_of(project).meant == {short: content}
    assert f"waiver used: accuracy, for {short} ({content}), by A. Person" in (project / "build/verdict.md").read_text()


@pytest.mark.parametrize("text", ["60751311094", "123456789012e1", '"60751311094"', "abc", "true"])
def test_too_few_digits_of_a_candidate_are_bad_input_with_a_line(lockgate, project, text):
    waived_for(project, text)
    code, said = lockgate("gate")
    assert (code, "waivers.yaml:" in said and "waivers.1.candidate: " in said) == (2, True), said
    assert "at least 12" in said


def test_digits_alone_are_a_number_to_yaml_and_a_digest_to_a_waiver(lockgate, project):
    waived_for(project, "607513110940")
    code, said = lockgate("gate")
    assert (code, "it is for the candidate 607513110940, this one is" in said) == (3, True), said
