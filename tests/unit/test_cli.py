"""The command line: one exit-code contract, clear messages, and state changes that can be run again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace

import builders
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import FILES, git

from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.plugin import METHODS
from lockgate.cli.main import VERBS, run
from lockgate.domain.deployment import Deployment
from lockgate.domain.evidence import AccuracyEvidence, ParityEvidence, TestsEvidence
from lockgate.domain.layout import Layout
from lockgate.domain.release import MANIFEST
from lockgate.domain.verdict import Outcome, Verdict
from lockgate.errors import SourceError
from lockgate.testing.examples import score_table
from lockgate.usecases.promote import promote

HEAVY = {
    "bentoml",
    "dvc",
    "mlflow",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "ray",
    "sklearn",
    "tensorflow",
    "torch",
}


@pytest.fixture
def lockgate(project, capfd, monkeypatch):
    """Run a verb in the project: its exit code, and what it said."""
    monkeypatch.setenv("LOCKGATE_TRACEBACK", "")

    def call(*arguments, root=project):
        capfd.readouterr()
        code = run(["-C", str(root), *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return call


@pytest.fixture
def evidence(project):
    return project / "build/candidates/fake/evidence"


@pytest.fixture
def deployed(project):
    """The champion of staging in the file as committed."""

    def read():
        path = project / "build/committed.yaml"
        path.write_text(git(project, "show", "HEAD:deploy/staging.yaml"))
        return builders.DOCUMENTS.read_settings(path, Deployment).champion

    return read


# --- usage and bad input ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["gate", "--no-such-option"],
        ["gate", "--candidate"],
        ["schema"],
        ["schema", "no-such-document"],
        ["serve", "--port", "70000"],
        ["promote"],
    ],
)
def test_wrong_usage_ends_with_2(lockgate, arguments):
    code, said = lockgate(*arguments)
    assert code == 2
    assert "Usage" in said or "requires an argument" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["gate", "--candidate", "nobody"], "nobody"),
        (["gate", "--against", "nowhere"], "nowhere"),
        (["promote", "nowhere", "--release", "0"], "0 releases match"),
    ],
)
def test_a_name_that_is_not_there_ends_with_2_and_the_names_that_are(lockgate, arguments, named):
    code, said = lockgate(*arguments)
    assert code == 2
    assert named in said


def test_a_wrong_key_in_params_ends_with_2_and_its_line(lockgate, project):
    params = builders.PARAMS.replace("floor", "flor")
    (project / "params.yaml").write_text(params)
    code, said = lockgate("gate")
    line = params[: params.index("flor")].count("\n") + 1
    assert code == 2
    assert f"params.yaml:{line}: gates.accuracy.flor: unknown key; did you mean 'floor'?" in said


def test_a_folder_without_a_project_ends_with_2(lockgate, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said = lockgate("status", root=tmp_path / "empty")
    assert code == 2
    assert "no params.yaml" in said


def test_a_project_without_a_commit_ends_with_2(lockgate, project):
    FILES.move(project / ".git", project / "build/git")
    git(project, "init", "--quiet")
    code, said = lockgate("status")
    assert code == 2
    assert "git commit" in said


def test_help_names_every_verb(lockgate, capfd):
    code, said = lockgate("--help")
    assert code == 0
    assert all(verb in said for verb in VERBS)


def test_a_traceback_is_shown_where_it_is_asked_for(project, capfd, monkeypatch):
    monkeypatch.setenv("LOCKGATE_TRACEBACK", "")
    assert run(["-C", str(project), "--traceback", "gate", "--candidate", "nobody"]) == 2
    assert "Traceback" in capfd.readouterr().err


def test_help_imports_no_heavy_tool(run_python):
    imported = run_python("from lockgate.cli.main import run\nrun(['--help'])")
    assert "click" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("code", [0, 3, "a reason"])
def test_a_plugin_that_ends_the_process_is_a_fault_whatever_code_it_chose(lockgate, project, monkeypatch, code):
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "leaving", raising=False)
    methods = "".join(f"    def {name}(self, *_):\n        raise SystemExit({code!r})\n" for name in METHODS)
    (project / "leaving.py").write_text(f"class Plugin:\n{methods}")
    (project / "params.yaml").write_text(builders.PARAMS.replace("example:Plugin", "leaving:Plugin"))
    found, said = lockgate("prepare")
    assert (found, f"wanted to end the process with {code!r}" in said) == (1, True), said


def test_a_reader_that_goes_away_and_a_shell_that_completes_are_no_faults(tmp_path):
    command = [sys.executable, "-u", "-m", "lockgate", "schema", "verdict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
    completing = {**os.environ, "_LOCKGATE_COMPLETE": "bash_source"}
    done = subprocess.run(
        [sys.executable, "-m", "lockgate"], env=completing, capture_output=True, text=True, check=True
    )
    assert "_lockgate_completion()" in done.stdout


# --- gate ---


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
    (project / "new.py").write_text("")
    code, said = lockgate("gate")
    assert code == 4
    assert "uncommitted changes: new.py" in said


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
    assert git(project, "status", "--porcelain") == "?? dvc.lock"
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


@pytest.mark.parametrize("changes", [{"score": ["high"]}, {"score": [[0.5]]}, {"label": [1]}, {"predicted": [None]}])
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


def test_json_on_stdout_is_the_verdict_itself(project, capfd):
    assert run(["-C", str(project), "gate", "--json"]) == 0
    out = capfd.readouterr().out
    assert json.loads(out) == json.loads((project / "build/verdict.json").read_text())


# --- status ---


def test_status_says_what_is_not_made_and_not_judged_yet(lockgate, project):
    assert "not judged yet: lockgate gate" in lockgate("status")[1]
    FILES.move(project / "build", project.parent / "elsewhere")
    code, said = lockgate("status")
    assert code == 0
    assert "not made yet: lockgate run" in said


def test_status_says_what_blocks(lockgate, evidence):
    builders.rewrite(evidence / "parity.json", ParityEvidence, flips=3)
    lockgate("gate")
    code, said = lockgate("status")
    assert code == 0
    assert "blocked by parity: 3 of 2000 labels flip" in said


def test_status_says_that_the_source_has_moved_on(lockgate, project):
    lockgate("gate")
    git(project, "commit", "--allow-empty", "--quiet", "-m", "More")
    assert "the source is another now" in lockgate("status")[1]


# --- release ---


def test_a_refused_candidate_is_not_released(lockgate, project, evidence):
    builders.write_candidate(project, separation=0.5)
    lockgate("gate")
    code, said = lockgate("release")
    assert code == 3
    assert "roc_auc 0.64" in said
    assert not list((project / "build").glob("releases/*"))


def test_a_candidate_that_was_made_again_after_the_verdict_is_not_released(lockgate, project):
    lockgate("gate")
    builders.write_candidate(project, weight=0.02)
    code, said = lockgate("release")
    assert code == 4
    assert "judge this candidate" in said


def test_without_a_verdict_nothing_is_released(lockgate):
    assert lockgate("release")[0] == 2


@pytest.mark.parametrize("hidden", [False, True], ids=["seen by git", "assumed unchanged"])
def test_params_that_were_altered_after_the_verdict_are_not_sealed(lockgate, project, hidden):
    assert lockgate("gate")[0] == 0
    if hidden:
        git(project, "update-index", "--assume-unchanged", "params.yaml")
    (project / "params.yaml").write_text(builders.PARAMS.replace("floor: 0.9", "floor: 0.5"))
    code, said = lockgate("release")
    assert (code, "params.yaml is not as in the latest commit" in said) == (2, True), said
    assert not list((project / "build").glob("releases/*"))
    (project / "params.yaml").write_text(builders.PARAMS)
    assert builders.sealed(project)


def test_sealing_again_gives_the_same_release(lockgate, project):
    lockgate("gate")
    first, folder = builders.sealed(project)
    again, _ = builders.sealed(project)
    assert first.digest == again.digest
    assert [path.name for path in folder.parent.iterdir()] == [first.version]


# --- promote ---


@pytest.fixture
def released(lockgate, project):
    """A sealed release of a passed candidate."""
    assert lockgate("gate")[0] == 0
    return builders.sealed(project)[0]


def test_promote_commits_exactly_the_environments_file(lockgate, project, released, deployed):
    (project / "notes.txt").write_text("not of this commit")
    git(project, "add", "notes.txt")
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    assert git(project, "show", "--name-only", "--format=", "HEAD") == "deploy/staging.yaml"
    assert deployed().release == released.digest
    assert str(released.digest) in git(project, "log", "-1", "--format=%B")


def test_promote_again_changes_nothing(lockgate, project, released):
    lockgate("promote", "staging")
    head = git(project, "rev-parse", "HEAD")
    code, said = lockgate("promote", "staging")
    assert code == 0
    assert "nothing to commit" in said
    assert git(project, "rev-parse", "HEAD") == head


def test_promote_that_was_killed_before_its_commit_commits_when_run_again(lockgate, project, released, deployed):
    lockgate("promote", "staging")
    git(project, "reset", "--quiet", "--soft", "HEAD~1")
    git(project, "reset", "--quiet")
    assert deployed() is None
    assert lockgate("promote", "staging")[0] == 0
    assert deployed() is not None


def test_promote_refuses_without_a_passed_verdict(lockgate, project, evidence, deployed):
    builders.write_candidate(project, separation=0.5)
    lockgate("gate")
    assert lockgate("promote", "staging")[0] == 3
    assert deployed() is None


def test_promote_refuses_a_release_that_was_altered(lockgate, project, released, deployed):
    path = project / "build/releases" / released.version / "model.onnx"
    path.write_bytes(path.read_bytes() + b" ")
    code, said = lockgate("promote", "staging")
    assert code == 2
    assert "model.onnx was changed" in said
    assert deployed() is None


def test_promote_judges_again_under_the_policy_of_today(lockgate, project, released, deployed):
    (project / "params.yaml").write_text(builders.PARAMS.replace("floor: 0.9", "floor: 0.99"))
    git(project, "commit", "--all", "--quiet", "-m", "A higher floor")
    code, said = lockgate("promote", "staging")
    assert code == 3
    assert "floor" in said or "at least 0.9900" in said
    assert deployed() is None


def test_the_commit_says_what_the_promotion_was_drawn_from(lockgate, project, released):
    waived = """\
  - gate: accuracy
    candidate: %s
    reason: the floor is above what is demanded of a pilot
    name: B. Person
    expires: 2999-12-31
  - gate: parity
    scope: warnings
    reason: long ago
    name: C. Person
    expires: 2020-02-29
"""
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + waived % released.content)
    (project / "params.yaml").write_text(builders.PARAMS.replace("floor: 0.9", "floor: 0.99"))
    git(project, "commit", "--all", "--quiet", "-m", "A higher floor, and a waiver")
    assert lockgate("promote", "staging")[0] == 0
    said = git(project, "log", "-1", "--format=%B")
    assert max(map(len, said.splitlines())) <= 100
    used, unused, findings = (said.split(f"{title}:\n")[1] for title in ("used", "not used", "Findings"))
    assert "- accuracy, by B. Person, until 2999-12-31: the floor is above what is demanded of a pilot\n" in used
    assert "- accuracy, by A. Person, without a date: the first release has no champion\n" in used.partition("\n\n")[0]
    assert " ".join(unused.partition("\n\n")[0].split()) == (
        "- parity, by C. Person, until 2020-02-29: long ago: it expired on 2020-02-29"
    )
    assert "- accuracy, floor: waived: roc_auc" in findings
    assert "at least 0.9900 demanded" in " ".join(findings.split())


@pytest.mark.parametrize("hidden", [False, True], ids=["seen by git", "assumed unchanged"])
def test_promote_takes_no_policy_that_is_not_committed(lockgate, project, released, deployed, hidden):
    strict = builders.PARAMS.replace("floor: 0.9", "floor: 0.99")
    (project / "params.yaml").write_text(strict)
    git(project, "commit", "--all", "--quiet", "-m", "A higher floor")
    if hidden:
        git(project, "update-index", "--assume-unchanged", "params.yaml")
    (project / "params.yaml").write_text(strict.replace("floor: 0.99", "floor: 0.1"))
    code, said = lockgate("promote", "staging")
    assert code == 2
    assert "params.yaml is not as in the latest commit" in said
    assert "commit or undo" in said
    assert deployed() is None


@pytest.mark.parametrize("hidden", [False, True], ids=["untracked", "excluded"])
def test_promote_takes_no_waiver_that_is_not_committed(lockgate, project, released, deployed, hidden):
    git(project, "rm", "--quiet", "deploy/waivers.yaml")
    git(project, "commit", "--quiet", "-m", "No waivers")
    assert lockgate("promote", "staging")[0] == 4
    if hidden:
        (project / ".git/info/exclude").write_text("waivers.yaml\n")
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS)
    code, said = lockgate("promote", "staging")
    assert (code, "deploy/waivers.yaml is not as in the latest commit" in said) == (2, True), said
    assert deployed() is None


def test_promote_meets_the_champion_that_is_committed(lockgate, project, released, deployed):
    lockgate("promote", "staging")
    git(project, "update-index", "--assume-unchanged", "deploy/staging.yaml")
    (project / "deploy/staging.yaml").write_text("environment: staging\n")
    code, said = lockgate("promote", "staging")
    assert (code, "deploy/staging.yaml has uncommitted changes" in said) == (2, True), said


def test_promote_of_the_champion_into_an_altered_file_of_it_commits_nothing(lockgate, project, released):
    lockgate("promote", "staging")
    path = project / "deploy/staging.yaml"
    committed = path.read_text()
    path.write_text(committed + "# altered\n")
    code, said = lockgate("promote", "staging")
    assert (code, "nothing to commit" in said) == (0, True), said
    assert path.read_text() == committed


def test_a_change_while_the_champion_is_asked_is_not_committed_with(project, lockgate, released, deployed):
    opened = builders.opened(project)
    folder = project / "build/releases" / released.version

    def ask(_):
        (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + "  # in the meantime\n")

    with pytest.raises(SourceError, match=r"deploy/waivers\.yaml is not as in"):
        promote(opened, folder, "staging", builders.GitRepository(project), None, ParquetTables(FILES), ask)
    assert deployed() is None


def test_promote_refuses_a_challenger_worse_than_the_champion(lockgate, project, released, deployed):
    lockgate("promote", "staging")
    builders.write_candidate(project, weight=0.02, separation=2.0)
    builders.write_champion(project, released.digest)
    assert lockgate("gate")[0] == 3
    # Against production, which has no champion, the same candidate passes; staging still refuses it.
    assert lockgate("gate", "--against", "production")[0] == 0
    builders.sealed(project)
    code, said = lockgate("promote", "staging")
    assert code == 3
    assert re.search(r"against the champion \w+ -0\.0\d+", said)
    assert deployed().release == released.digest


def test_a_champion_whose_release_is_gone_leaves_the_next_one_undecided(lockgate, project, released):
    lockgate("promote", "staging")
    builders.write_candidate(project)
    (project / "build/releases" / released.version / MANIFEST).unlink()
    code, said = lockgate("gate")
    assert code == 4
    assert "cannot be had" in said


# --- check tests, interrupted ---


def test_failing_tests_are_evidence_and_no_error(lockgate, project):
    report = '<testsuite tests="1" failures="1"><testcase name="a"><failure/></testcase></testsuite>'
    (project / "build/fail.sh").write_text(f"echo '{report}' > build/tests/junit.xml; exit 1")
    (project / "params.yaml").write_text(builders.PARAMS.replace("command: pytest", "command: sh build/fail.sh"))
    code, said = lockgate("check", "tests")
    assert code == 0
    assert "1 ran, 1 failed" in said
    assert builders.DOCUMENTS.read(project / "build/tests/evidence.json", TestsEvidence).exit_code == 1


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_verb_that_is_ended_from_outside_ends_with_130(project, sign):
    sleeper = "command: sh -c 'touch build/started; exec sleep 60'"
    (project / "params.yaml").write_text(builders.PARAMS.replace("command: pytest", sleeper))
    process = subprocess.Popen(
        [sys.executable, "-m", "lockgate", "check", "tests"], cwd=project, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 20
    while not (project / "build/started").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, sign)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
