"""The command line: releases and promotions, which change state and can be run again."""

import re
import shutil

import builders
import pytest
from builders import git

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.release import MANIFEST
from lockgate.usecases.releasing.desired_state import judge_promotion


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


@pytest.fixture
def released(project, released_project):
    """A sealed release of a passed candidate."""
    return builders.given_release(project, released_project)


def test_promote_commits_exactly_the_environments_file(lockgate, project, released, deployed):
    (project / "notes.txt").write_text("not of this commit")
    git(project, "add", "notes.txt")
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    # The first promotion says whose signatures count, too.
    assert git(project, "show", "--name-only", "--format=", "HEAD").split() == [
        "deploy/keys.yaml",
        "deploy/staging.yaml",
    ]
    assert lockgate("promote", "production")[0] == 0
    assert git(project, "show", "--name-only", "--format=", "HEAD") == "deploy/production.yaml"
    assert deployed().release == released.digest
    assert str(released.digest) in git(project, "log", "-1", "--format=%B")
    assert "?? deploy" not in git(project, "status", "--porcelain")


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


def test_the_commit_says_on_one_screen_what_the_promotion_was_drawn_from(lockgate, project, released):
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
    assert len(said.splitlines()) <= 24
    assert max(map(len, said.splitlines())) <= 96
    used, unused, gates = (said.split(f"{title}:\n")[1].partition("\n\n")[0] for title in ("used", "not used", "Gates"))
    assert "- accuracy, by A. Person, without a date: the first release has no champion\n" in used
    assert used.endswith("- accuracy, by B. Person, until 2999-12-31: the floor is above what is demanded of a pilot")
    assert unused == "- the waiver for parity by C. Person was not used: it expired on 2020-02-29"
    assert "- accuracy: 2 waived; " in gates
    trailers = git(project, "log", "-1", "--format=%(trailers:only)")
    assert f"Release: {released.digest}" in trailers


def test_the_commit_names_the_verdict_that_it_was_drawn_from(lockgate, project, released):
    assert lockgate("promote", "staging")[0] == 0
    trailers = git(project, "log", "-1", "--format=%(trailers:key=Verdict,valueonly)")
    kept = builders.instruments(project).release_store().record(Digest.parse(trailers.strip()))
    verdict = builders.DOCUMENTS.parse(kept, "verdict", Verdict)
    assert (verdict.environment, verdict.content) == ("staging", released.content)


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


def test_a_change_while_models_are_asked_is_not_committed_with(project, lockgate, released, deployed, monkeypatch):
    def ask(instruments, case, *_):
        (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + "  # in the meantime\n")
        return case

    monkeypatch.setattr(judge_promotion, "answered_again", ask)
    code, said = lockgate("promote", "staging")
    assert (code, "deploy/waivers.yaml is not as in" in said) == (2, True), said
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


def test_a_champion_whose_release_is_gone_leaves_the_next_one_undecided(lockgate, project, released, own_store):
    lockgate("promote", "staging")
    shutil.rmtree(own_store)
    builders.write_candidate(project)
    (project / "build/releases" / released.version / MANIFEST).unlink()
    code, said = lockgate("gate")
    assert code == 4
    assert "cannot be had" in said


def test_a_champion_that_nobody_has_is_told_with_who_was_asked(lockgate, project, released, own_store):
    lockgate("promote", "staging")
    shutil.rmtree(own_store)
    builders.write_candidate(project)
    (project / "build/releases" / released.version / MANIFEST).unlink()
    code, said = lockgate("gate")
    assert code == 4
    assert f"is not in the store {own_store}" in said
    assert f"in the clone that made it: lockgate store put {released.version}" in said
    code, said = lockgate("check", "champion")
    assert (code, "the champion of staging cannot be asked" in said) == (4, True), said


def test_a_champion_that_another_clone_made_is_had_from_the_store(lockgate, project, released, tmp_path):
    lockgate("promote", "staging")
    assert lockgate("store", "put")[0] == 0
    builders.write_candidate(project)
    shutil.rmtree(project / "build/releases")
    assert "is not in the store" not in lockgate("gate")[1]
    assert (project / "build/releases" / released.version / MANIFEST).exists()


@pytest.mark.parametrize("form", ["{hex:.4}", "{hex:.12}", "sha256:{hex}", "example:{hex:.12}", "{hex:.30}"])
def test_a_release_is_named_as_lockgate_shows_it(lockgate, released, form):
    code, said = lockgate("promote", "staging", "--release", form.format(hex=released.digest.hex))
    assert (code, f"staging names example {released.version}" in said) == (0, True), said


def test_every_digit_of_a_release_counts(lockgate, released):
    wrong = released.digest.hex[:12] + ("0" if released.digest.hex[12] != "0" else "1")
    code, said = lockgate("promote", "staging", "--release", wrong)
    assert (code, f"0 releases match '{wrong}'\n  there are: {released.version}" in said) == (2, True), said


def test_a_content_in_the_place_of_a_release_is_told_with_the_releases_that_have_it(lockgate, released):
    code, said = lockgate("promote", "staging", "--release", released.content.short)
    assert (code, f"is a content, no release\n  its releases: {released.version}" in said) == (2, True), said
