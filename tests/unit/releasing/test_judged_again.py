"""At release nothing in ``build/`` is believed: it is held to what evidence, policy and model really say."""

import os
import shutil
from dataclasses import replace
from types import SimpleNamespace

import builders
import pytest
from builders import DOCUMENTS, FILES, git

from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.main import run
from lockgate.domain.identity import md5
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.parity.evidence import MetricParity, ParityEvidence, WorstRow
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.measuring.run_conditions import AS_SERVED
from lockgate.domain.project.layout import Layout
from lockgate.errors import DataError, SourceError, Undecided
from lockgate.testing import FakePipeline, FakeRuntime
from lockgate.testing.examples import evidence_of_accuracy, evidence_of_parity
from lockgate.usecases.measuring import asked_again
from lockgate.usecases.measuring.asked_again import demand_recorded, held_out_rows
from lockgate.usecases.releasing.judge_again import demand_decided
from lockgate.usecases.releasing.seal import seal_candidate


def forged(project):
    """The verdict says that everything passed."""
    path = Layout(project).verdict
    drawn = DOCUMENTS.read(path, Verdict)
    passed = tuple(replace(found, outcome=Outcome.PASSED, reason="", remedy="") for found in drawn.findings)
    DOCUMENTS.write(path, replace(drawn, outcome=Outcome.PASSED, findings=passed))


def released(project, runtime=None):
    """Release on the real adapters, but for DVC: the release."""
    pipeline, runtime = FakePipeline(data={"build/test.parquet": md5(builders.TABLE)}), runtime or FakeRuntime()
    instruments = replace(
        builders.instruments(project), pipeline=lambda: pipeline, runtime=lambda *, soon=False: runtime
    )
    return seal_candidate(instruments, None, lambda event: None)[0]


def none_released(project):
    return not [*(project / "build").glob("releases/*/manifest.json")]


def claimed(project, separation):
    """The evidence, and the record of the stages, say that the model answers as well as that."""
    paths = Layout(project).candidate("fake")
    ParquetTables(FILES).write(paths.scores, builders.score_table(separation))
    builders.rewrite(paths.accuracy, type(evidence_of_accuracy()), **_of(separation, FILES.sha256(paths.scores)))
    builders.lock(project)


def _of(separation, digest):
    told = evidence_of_accuracy(separation=separation, scores=digest)
    return {"metrics": told.metrics, "scores": told.scores}


def test_a_verdict_that_was_edited_to_passed_is_refused_with_what_the_evidence_gives(lockgate, project):
    builders.write_candidate(project, separation=0.5)
    assert lockgate("gate")[0] == 3
    forged(project)
    code, said = lockgate("release")
    assert code == 3
    assert "the verdict says passed; judged again" in said
    assert "roc_auc 0.64" in said
    assert none_released(project)


def test_a_policy_that_was_tightened_since_the_verdict_is_named_with_both_values(lockgate, project):
    assert lockgate("gate")[0] == 0
    (project / "params.yaml").write_text(builders.PARAMS.replace("floor: 0.9", "floor: 0.92"))
    git(project, "commit", "-qam", "A higher floor")
    code, said = lockgate("release")
    assert code == 4
    assert "drawn by another policy; since then has changed gates.accuracy.floor (0.9 then, 0.92 now)" in said
    assert none_released(project)


def test_a_verdict_of_another_commit_is_no_base_and_what_changed_is_named(lockgate, project):
    assert lockgate("gate")[0] == 0
    judged = git(project, "rev-parse", "HEAD")
    (project / "test_model.py").write_text("assert False\n")
    git(project, "add", "--all")
    git(project, "commit", "-qm", "A failing test")
    code, said = lockgate("release")
    assert (code, f"of the commit {judged[:12]}, and commits since then changed test_model.py" in said) == (4, True)
    assert none_released(project)


def test_a_verdict_of_a_commit_that_was_taken_back_is_no_base(lockgate, project):
    git(project, "commit", "-q", "--allow-empty", "-m", "Private")
    builders.write_candidate(project, locked=False)
    assert lockgate("gate")[0] == 0
    git(project, "reset", "-q", "--hard", "HEAD~1")
    code, said = lockgate("release")
    assert (code, "which is not in the history of" in said) == (4, True), said


def test_answers_that_the_model_does_not_give_are_an_error_though_all_records_agree(lockgate, project):
    builders.write_candidate(project, separation=1.0)
    assert lockgate("gate")[0] == 3
    claimed(project, 2.2)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 4
    assert "asked again" in said
    assert "row 0 has the score" in said
    assert none_released(project)


def test_answers_that_moved_by_a_rounding_are_judged_as_they_are_now(lockgate, project):
    table = builders.score_table()
    claimed_table = table | {"score of yes": table["score of yes"] + 1e-7}
    paths = Layout(project).candidate("fake")
    ParquetTables(FILES).write(paths.scores, claimed_table)
    told = DOCUMENTS.read(paths.accuracy, type(evidence_of_accuracy()))
    builders.rewrite(paths.accuracy, type(told), scores=replace(told.scores, digest=FILES.sha256(paths.scores)))
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    assert released(project).content


@pytest.fixture
def champion(lockgate, project, released_project):
    """Of staging: better than what is a candidate now."""
    release = builders.given_release(project, released_project)
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    builders.write_candidate(project, weight=0.02, separation=2.0)
    builders.write_champion(project, release.digest)
    assert lockgate("gate")[0] == 3
    return release


def test_a_champion_whose_answers_were_made_worse_by_hand_is_asked_again(lockgate, project, champion):
    builders.write_champion(project, champion.digest, separation=1.5)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 4
    assert f"champion {champion.version}: row 0 has the score" in said
    assert f"remove build/champions/{champion.version}, then" in said
    assert [path.name for path in (project / "build/releases").iterdir()] == [champion.version]
    # The remedy works: the champion is asked, and the gate refuses.
    shutil.rmtree(project / "build/champions" / champion.version)
    assert lockgate("check", "champion")[0] == 0
    assert lockgate("gate")[0] == 3


def test_a_promotion_or_a_new_key_makes_no_verdict_stale(lockgate, project):
    assert lockgate("gate")[0] == 0
    before = released(project)
    assert lockgate("promote", "production")[0] == 0
    (project / "deploy/allowed_signers").write_text("# nobody yet\n")
    git(project, "add", "--all")
    git(project, "commit", "-qm", "A signer")
    assert released(project).digest == before.digest
    code, said = lockgate("gate", "-v")
    assert (code, f"ran on this commit, {before.verdict.source.commit[:12]}" in said) == (0, True), said
    assert "blocked" not in lockgate("status")[1]


def test_a_finding_that_was_worded_otherwise_is_told(lockgate, project):
    assert lockgate("gate")[0] == 0
    path = Layout(project).verdict
    drawn = DOCUMENTS.read(path, Verdict)
    first, *others = drawn.findings
    builders.rewrite(path, Verdict, findings=(replace(first, message="all is well"), *others))
    with pytest.raises(Undecided, match=r"not what evidence, policy and source give: it has the finding .*all is well"):
        released(project)


def test_evidence_that_was_changed_after_the_verdict_is_told(lockgate, project, evidence):
    assert lockgate("gate")[0] == 0
    builders.rewrite(evidence / "parity.json", ParityEvidence, tools={"fake": "2"})
    builders.lock(project)
    with pytest.raises(Undecided, match="the parity evidence is another"):
        released(project)


@pytest.mark.parametrize("hidden", ["", ".gitignore", "assumed"])
def test_a_service_that_is_not_committed_is_not_released(lockgate, project, hidden):
    builders.committed(project, "serving/service.py", "answer = 1\n")
    assert lockgate("gate")[0] == 0
    name = "more.py" if hidden == ".gitignore" else "service.py"
    if hidden == ".gitignore":
        (project / ".git/info/exclude").write_text("more.py\n")
    if hidden == "assumed":
        git(project, "update-index", "--assume-unchanged", "serving/service.py")
    (project / "serving" / name).write_text("answer = -1\n")
    code, said = lockgate("release")
    assert (code, f"serving/{name} is not as in the latest commit" in said) == (2, True), said
    with pytest.raises(SourceError):
        demand_decided(builders.instruments(project), DOCUMENTS.read(Layout(project).verdict, Verdict))


def test_rows_that_are_not_those_of_the_verdict_or_of_the_record_are_named(lockgate, project):
    assert lockgate("gate")[0] == 0
    opened, rows = builders.opened(project), md5(builders.TABLE)
    assert held_out_rows(opened, rows) == rows
    demand_recorded(opened, rows, builders.instruments(project).stage_lock())
    (project / "build/test.parquet").write_bytes(b"other rows")
    with pytest.raises(DataError, match=r"build/test\.parquet has the hash"):
        held_out_rows(opened, rows)
    with pytest.raises(DataError, match=r"dvc\.lock records"):
        demand_recorded(opened, md5(b"other rows"), builders.instruments(project).stage_lock())


def forged_evidence(project, evidence):
    """Parity evidence that somebody wrote, and a record of the stages that agrees with it; nothing is committed."""
    builders.rewrite(evidence / "parity.json", ParityEvidence, tools={"fake": "2"})
    builders.record(project)


def test_a_record_of_the_stages_that_no_commit_has_is_no_base(lockgate, project, evidence):
    forged_evidence(project, evidence)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert (code, "dvc.lock is not as in the latest commit" in said, "git add dvc.lock" in said) == (2, True, True), (
        said
    )
    assert none_released(project)
    git(project, "commit", "-qam", "Reviewed")
    assert lockgate("gate")[0] == 0
    assert released(project).content


def test_a_release_is_the_same_in_whatever_order_a_disk_tells_its_files(lockgate, project, evidence, monkeypatch):
    forged_evidence(project, evidence)
    git(project, "commit", "-qam", "Reviewed")
    assert lockgate("gate")[0] == 0
    first = released(project)
    shutil.rmtree(project / "build/releases")
    told = os.walk

    def backwards(folder, **how):
        for here, folders, names in told(folder, **how):
            folders.sort(reverse=True)
            names.sort(reverse=True)
            yield here, folders, names

    monkeypatch.setattr(os, "walk", backwards)
    assert released(project).digest == first.digest


def test_the_same_model_that_was_measured_and_sealed_elsewhere_has_the_same_content(
    lockgate, project, evidence, tmp_path, monkeypatch
):
    other = shutil.copytree(project, tmp_path / "on another disk/project")
    assert lockgate("gate")[0] == 0
    first = released(project)
    for name, value in (("HOME", "elsewhere"), ("XDG_DATA_HOME", "data"), ("TZ", "Asia/Tokyo"), ("HOSTNAME", "other")):
        monkeypatch.setenv(name, str(tmp_path / value) if name.endswith("HOME") else value)
    forged_evidence(other, other / evidence.relative_to(project))
    git(other, "commit", "-qam", "Measured by other versions")
    assert run(["-C", str(other), "gate"]) == 0
    second = released(other)
    assert (second.content == first.content, second.digest == first.digest) == (True, False)


def test_where_each_build_makes_its_own_results_a_line_says_so(lockgate, project, evidence):
    builders.committed(project, "params.yaml", f"{builders.PARAMS}release:\n  results: built\n")
    builders.lock(project)
    forged_evidence(project, evidence)
    assert lockgate("gate")[0] == 0
    assert released(project).content
    assert lockgate("promote", "production")[0] == 0


def test_a_release_of_a_delivery_is_promoted_once_its_results_are_committed(lockgate, project, evidence):
    forged_evidence(project, evidence)
    assert lockgate("gate")[0] == 0
    builders.sealed(project)
    for arguments in (["promote", "production"], ["promote", "production", "--dry-run"]):
        code, said = lockgate(*arguments)
        assert (code, "made by a dvc.lock that main does not have in its history" in said) == (3, True), said
    git(project, "commit", "-qam", "Reviewed")
    code, said = lockgate("promote", "production")
    assert code == 0, said


def test_sealed_evidence_that_no_committed_stage_made_is_not_promoted(lockgate, project, evidence):
    forged_evidence(project, evidence)
    assert lockgate("gate")[0] == 0
    git(project, "checkout", "-q", "dvc.lock")
    builders.sealed(project)
    code, said = lockgate("promote", "production")
    assert (code, "evidence of release" in said, "is not what dvc.lock of" in said) == (3, True, True), said


@pytest.fixture
def probed(lockgate, project, evidence):
    """A project whose policy asks for robustness, and its evidence as it was measured, recorded and committed."""
    builders.committed(project, "params.yaml", builders.PARAMS + "  robustness:\n    max_nudge: 0.9\n")
    code, said = lockgate("check", "robustness")
    assert code == 0, said
    builders.lock(project)
    return evidence / "robustness.json"


def test_robustness_is_measured_again_at_release(lockgate, project, probed):
    assert lockgate("gate")[0] == 0
    assert released(project).content
    told = DOCUMENTS.read(probed, RobustnessEvidence)
    first, *others = told.probes
    builders.rewrite(probed, RobustnessEvidence, probes=(replace(first, mean_change=0.0, max_change=0.0), *others))
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 4
    assert "the robustness evidence says otherwise than what it is of" in said
    assert f"probes[{first.column} {first.kind}].mean_change is 0, and " in said


WAIVER = "  - {gate: explanation, scope: no-champion-yet, reason: the first release, name: A. Person}\n"


@pytest.fixture
def explained(lockgate, project, evidence):
    """A project whose policy asks for explanation, and its evidence as it was measured, recorded and committed."""
    builders.committed(project, "params.yaml", builders.PARAMS + "  explanation:\n    forbidden: [age]\n")
    builders.committed(project, "deploy/waivers.yaml", builders.WAIVERS + WAIVER)
    code, said = lockgate("check", "explanation")
    assert code == 0, said
    builders.lock(project)
    return evidence / "explanation.json"


def test_explanation_is_measured_again_at_release(lockgate, project, explained):
    """Though every record agrees: where each build makes its own results, nobody else has seen them."""
    told = DOCUMENTS.read(explained, ExplanationEvidence)
    moved = [replace(each, mean_change=0.0, share=0.0) if each.column == "age" else each for each in told.importances]
    assert told.importances != tuple(moved)
    assert lockgate("gate")[0] == 3
    builders.rewrite(explained, ExplanationEvidence, importances=tuple(moved))
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    code, said = lockgate("release")
    assert code == 4
    assert "the explanation evidence says otherwise than what it is of: importances[age].mean_change is 0, and " in said
    assert "dvc repro --force --single-item check@fake" in said
    assert none_released(project)


class Varying(FakeRuntime):
    """Answers otherwise with one thread."""

    def open(self, path, signature, setting=AS_SERVED):
        session = super().open(path, signature, setting)
        if setting.threads != 1:
            return session

        def run(columns):
            answers = session.run(columns)
            return {n: values + 0.01 if n == "probabilities" else values for n, values in answers.items()}

        return SimpleNamespace(run=run)


def test_answers_that_vary_are_asked_for_again(lockgate, project):
    assert lockgate("gate")[0] == 0
    with pytest.raises(Undecided, match=r"the parity evidence says otherwise .* 1 thread: answers vary by 1.0e-02"):
        released(project, Varying())
    assert none_released(project)


def of_row(row):
    """An output whose worst row is that one."""
    label, numbers = evidence_of_parity().outputs
    return {"outputs": (label, replace(numbers, worst_rows=(WorstRow(row, 1e-7, (0.25, 0.75), (0.25, 0.75)),)))}


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ({"metrics": (MetricParity("roc_auc", 0.5, 0.5),)}, "roc_auc of the ONNX model is 0.500000, and 0."),
        (of_row(3), "probabilities of row 3 is not what the model answers"),
        (of_row(99_999), "probabilities is told of row 99999, and there are "),
    ],
)
def test_the_onnx_models_side_of_parity_is_held_to_its_answers(lockgate, project, evidence, edited, said):
    builders.rewrite(evidence / "parity.json", ParityEvidence, **edited)
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    with pytest.raises(Undecided, match="the parity evidence says otherwise") as caught:
        released(project)
    assert said in caught.value.message


def test_what_a_signed_release_has_is_not_measured_a_second_time(lockgate, project, monkeypatch):
    assert lockgate("gate")[0] == 0
    first, asked = released(project), list[str]()
    monkeypatch.setattr(asked_again, "measured_otherwise", lambda *_: asked.append("again") or "")
    assert (released(project).digest, asked) == (first.digest, [])
    shutil.rmtree(project / "build/releases")
    assert (released(project).digest, asked) == (first.digest, ["again"])
