"""At promotion nothing in ``build/`` is believed: release and champion are asked again, and the source is looked up."""

import shutil
from dataclasses import replace

import builders
import pytest
from builders import git

from lockgate.domain.releasing.deployment import Deployment
from lockgate.testing import FakeRuntime
from lockgate.usecases.measuring.events import Timed
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.releasing.desired_state.judge_promotion import judge_promotion


@pytest.fixture
def champion(lockgate, project, released_project):
    """Of staging; and a release of a worse model, which was judged against nothing."""
    champion = builders.given_release(project, released_project)
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    builders.write_candidate(project, weight=0.02, separation=2.0)
    assert lockgate("gate", "--against", "production")[0] == 0
    builders.sealed(project)
    return champion


def named(project):
    path = project / "deploy/staging.yaml"
    return builders.DOCUMENTS.read_settings(path, Deployment).champion.release


def test_a_champion_that_was_made_worse_by_hand_keeps_a_worse_model_out(lockgate, project, champion):
    builders.write_champion(project, champion.digest, separation=1.5)
    code, said = lockgate("promote", "staging")
    assert (code, f"champion {champion.version}: row 0 has the score" in said) == (4, True), said
    shutil.rmtree(project / "build/champions" / champion.version)
    code, said = lockgate("promote", "staging")
    assert (code, f"against the champion {champion.version} -0.0" in said) == (3, True), said
    assert named(project) == champion.digest


def test_scores_are_had_from_the_model_alone(lockgate, project, champion):
    shutil.rmtree(project / "build/candidates")
    code, said = lockgate("promote", "staging")
    assert (code, f"against the champion {champion.version} -0.0" in said) == (3, True), said
    code, said = lockgate("promote", "production")
    assert code == 0, said


def test_rows_that_are_not_those_of_the_release_are_named(lockgate, project, champion):
    (project / "build/test.parquet").write_bytes(b"other rows")
    code, said = lockgate("promote", "production")
    assert (code, "build/test.parquet has the hash" in said) == (2, True), said
    assert "dvc checkout" in said


def test_a_release_of_a_commit_that_was_taken_back_is_not_promoted(lockgate, project):
    (project / "test_model.py").write_text("assert False\n")
    git(project, "add", "--all")
    git(project, "commit", "-qm", "A test that fails")
    git(project, "rm", "-q", "test_model.py")
    git(project, "commit", "-qm", "Without the test")
    builders.write_candidate(project)
    assert lockgate("gate")[0] == 0
    release = builders.sealed(project)[0]
    git(project, "reset", "-q", "--hard", "HEAD~1")
    arguments = ("promote", "staging", "--release", release.version)
    code, said = lockgate(*arguments)
    assert code == 3
    assert f"was made of the commit {release.verdict.source.commit[:12]}, which main does not have in its" in said
    assert "no branch of this clone has it" in said
    code, said = lockgate(*arguments, "--dry-run")
    assert (code, "no branch of this clone has it" in said) == (3, True), said


def test_what_is_pushed_to_has_the_source_and_not_this_clone_alone(lockgate, project, tmp_path):
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(project, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(project, "push", "-q", "origin", "main")
    builders.committed(project, "model.py", "better = True\n")
    assert lockgate("gate")[0] == 0
    builders.sealed(project)
    code, said = lockgate("promote", "staging", "--push", "main")
    assert (code, "which main of origin does not have in its history; main of this clone has it" in said) == (3, True)
    git(project, "push", "-q", "origin", "main")
    code, said = lockgate("promote", "staging", "--push", "main")
    assert code == 0, said


@pytest.mark.parametrize(("limit", "told"), [("", []), ("  latency: {max_milliseconds: 5}\n", [Timed])])
def test_times_are_taken_where_the_policy_limits_them(lockgate, project, limit, told):
    assert lockgate("gate")[0] == 0
    builders.sealed(project)
    (project / "params.yaml").write_text(builders.PARAMS + limit)
    git(project, "commit", "-qam", "A limit", "--allow-empty")
    runtime, events = FakeRuntime(), []
    instruments = replace(builders.instruments(project), runtime=lambda *, soon=False: runtime)
    release, folder = latest_release(instruments.project(), None)
    assert judge_promotion(instruments, release, folder, "staging", events.append).outcome == "passed"
    assert [type(event) for event in events] == told
