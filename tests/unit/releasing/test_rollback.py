"""Going back: a commit to what was named before, without judging, and the same as reverting a promotion."""

import shutil

import builders
import pytest
from builders import git

from lockgate.cli.main import run
from lockgate.domain.identity import sha256
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.history import Named, way_back

STAGING = "deploy/staging.yaml"


@pytest.fixture(scope="session")
def served_project(released_project, tmp_path_factory):
    """Made once: three releases were promoted to staging, one after the other."""
    root = shutil.copytree(released_project, tmp_path_factory.mktemp("served") / "project")
    named = []
    for weight, separation, before in ((0.01, 2.2, 0), (0.02, 2.3, 2.2), (0.03, 2.4, 2.3)):
        if named:
            builders.write_candidate(root, weight=weight, separation=separation)
            builders.write_champion(root, named[-1], separation=before)
            assert run(["-C", str(root), "gate"]) == 0
            builders.sealed(root)
        assert run(["-C", str(root), "promote", "staging"]) == 0
        named.append(builders.DOCUMENTS.read_settings(root / STAGING, Deployment).champion.release)
    assert len({*named}) == 3
    return root


@pytest.fixture
def project(served_project, tmp_path):
    return shutil.copytree(served_project, tmp_path / "project")


@pytest.fixture
def served(project):
    """The releases that staging has named, the oldest first."""
    return [named_at(project, revision) for revision in ("HEAD~4", "HEAD~2", "HEAD")]


def named_at(project, revision="HEAD"):
    content = git(project, "show", f"{revision}:{STAGING}").encode()
    return builders.DOCUMENTS.parse_settings(content, STAGING, Deployment).champion.release


def test_it_goes_back_to_what_was_served_before_by_a_commit_that_says_why(lockgate, project, served):
    code, said = lockgate("rollback", "staging", "--reason", "answers take\n  a second")
    assert (code, f"staging names example {served[1].short}: commit" in said) == (0, True), said
    assert named_at(project) == served[1]
    assert git(project, "show", "--name-only", "--format=", "HEAD") == STAGING
    message = git(project, "log", "-1", "--format=%B")
    assert message.startswith(f"Roll staging back to example {served[1].short}\n\nanswers take a second\n\n")
    assert f"From: {served[2]}" in git(project, "log", "-1", "--format=%(trailers)")
    code, said = lockgate("log", "staging")
    assert "rollback" in said
    assert "answers take a second" in said


def test_it_is_what_reverting_the_promotion_makes(lockgate, project):
    reverted = shutil.copytree(project, project.parent / "reverted")
    git(reverted, "revert", "--no-edit", "HEAD")
    assert lockgate("rollback", "staging")[0] == 0
    assert (project / STAGING).read_bytes() == (reverted / STAGING).read_bytes()
    assert lockgate("status", root=reverted)[1].count(named_at(project).short) == 1


def test_nothing_is_judged_again(lockgate, project, served):
    """Neither rows, evidence nor a policy that it would meet are needed; the registry is not asked."""
    shutil.rmtree(project / "build/candidates")
    (project / "build/test.parquet").unlink()
    strict = builders.PARAMS.replace("floor: 0.9", "floor: 0.999")
    (project / "params.yaml").write_text(strict)
    git(project, "commit", "--all", "--quiet", "-m", "A floor that nothing meets")
    assert lockgate("rollback", "staging")[0] == 0
    assert named_at(project) == served[1]


@pytest.mark.parametrize("by", ["rollback", "revert"])
def test_going_back_again_goes_no_further_by_itself(lockgate, project, served, by):
    """Whoever does not know whether it was done runs it again."""
    if by == "revert":
        git(project, "revert", "--no-edit", "HEAD")
    else:
        assert lockgate("rollback", "staging")[0] == 0
    code, said = lockgate("rollback", "staging")
    assert (code, "it did already; nothing to commit" in said) == (0, True), said
    assert "further back: lockgate rollback staging --to RELEASE" in said
    assert named_at(project) == served[1]
    assert lockgate("rollback", "staging", "--to", served[0].short)[0] == 0


def test_where_nothing_was_served_before_there_is_nothing_to_go_back_to(lockgate, project):
    assert lockgate("promote", "production")[0] == 0
    code, said = lockgate("rollback", "production")
    assert (code, "there is nothing to go back to" in said) == (3, True), said


def test_a_release_that_was_served_can_be_named(lockgate, project, served):
    assert lockgate("rollback", "staging", "--to", f"sha256:{served[0].hex[:20]}")[0] == 0
    assert named_at(project) == served[0]
    code, said = lockgate("rollback", "staging", "--to", served[0].short)
    assert (code, "it did already; nothing to commit" in said) == (0, True), said


def test_what_was_never_served_there_is_a_promotion(lockgate, project, served):
    code, said = lockgate("rollback", "production", "--to", served[0].short)
    assert (code, f"lockgate promote production {served[0].short}" in said) == (3, True), said


def test_a_release_that_does_not_verify_is_not_gone_back_to(lockgate, project, served, monkeypatch, tmp_path):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "empty"))  # where it is whole, it is had from there
    model = project / "build/releases" / served[1].short / "model.onnx"
    model.write_bytes(model.read_bytes() + b" ")
    before = git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")
    code, said = lockgate("rollback", "staging")
    assert code in {2, 3}, said
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")) == before


def test_a_dry_run_says_the_commit_and_makes_none(lockgate, project, served):
    head = git(project, "rev-parse", "HEAD")
    code, said = lockgate("rollback", "staging", "--dry-run")
    assert (code, f"Roll staging back to example {served[1].short}" in said) == (0, True), said
    assert git(project, "rev-parse", "HEAD") == head


def test_a_way_back_that_was_ended_before_its_push_is_pushed_and_goes_no_further(lockgate, project, served, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(project), "origin.git")
    git(project, "remote", "add", "origin", str(tmp_path / "origin.git"))
    assert lockgate("rollback", "staging")[0] == 0
    code, said = lockgate("rollback", "staging", "--push", "main")
    assert (code, "main has it" in said) == (0, True), said
    assert named_at(project) == served[1]
    assert git(tmp_path / "origin.git", "rev-parse", "main") == git(project, "rev-parse", "HEAD")


def test_a_file_that_somebody_changed_is_not_written_over(lockgate, project):
    with (project / STAGING).open("a") as file:
        file.write("# mine\n")
    code, said = lockgate("rollback", "staging")
    assert (code, "has uncommitted changes" in said) == (2, True), said


def test_a_shallow_clone_says_that_it_may_not_know(lockgate, project, tmp_path):
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "shallow")
    code, said = lockgate("rollback", "staging", root=tmp_path / "shallow")
    assert (code, "git fetch --unshallow" in said) == (2, True), said


def reference(letter):
    return ReleaseReference("example", sha256(letter.encode()), sha256(letter.encode()))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("", None),
        ("A", None),
        ("AB", "A"),
        ("ABC", "B"),
        ("ABCb", "B"),
        ("ABCba", "A"),
        ("ABCbD", "B"),
        ("ABCB", "C"),
        ("A-B", "A"),
        ("AB-", "B"),
        ("ABaCaD", "A"),
        ("aB", "A"),
    ],
)
def test_what_is_gone_back_to(states, expected):
    """Capitals are promotions; what is none goes back, or names something new by hand."""
    named = [Named(None if state == "-" else reference(state.upper()), state) for state in states]
    assert way_back(named[::-1], str.isupper) == (reference(expected) if expected else None)
