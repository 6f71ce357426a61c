"""What depends on history says so in a shallow clone, with a remedy that works."""

import shutil
from dataclasses import replace

import builders
import pytest
from builders import git
from made_before import ENGINES, unpacked
from signers import Person

from lockgate.cli.main import run
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.project.layout import Layout
from lockgate.domain.releasing.deployment import Deployment
from lockgate.errors import Undecided
from lockgate.testing import FakeRuntime
from lockgate.usecases.releasing.judge_again import judge_candidate_again

POLICY = "approvals:\n  production: {second_person: true}\n"
UNSHALLOW = "git fetch --unshallow"


def shallow(project, into):
    """A clone of the latest commit, with the folder of results and releases."""
    git(into.parent, "clone", "-q", "--depth=1", f"file://{project}", into.name)
    shutil.copytree(project / "build", into / "build")
    return into


def more(project, count=1):
    """Commits that change nothing."""
    for number in range(count):
        git(project, "commit", "-q", "--allow-empty", "-m", f"Another commit, {number}")


def complete(clone):
    git(clone, "fetch", "-q", "--unshallow")


@pytest.fixture(scope="session")
def sealed_project(made_project, tmp_path_factory):
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("sealed") / "project")
    (root / "params.yaml").write_text(builders.PARAMS + POLICY)
    git(root, "commit", "-q", "--all", "-m", "Two persons")
    builders.write_candidate(root)
    assert run(["-C", str(root), "gate"]) == 0
    builders.sealed(root)
    return root


@pytest.fixture
def project(sealed_project, tmp_path):
    return shutil.copytree(sealed_project, tmp_path / "project")


@pytest.fixture
def version(project):
    (folder,) = (project / "build/releases").iterdir()
    return folder.name


def test_a_release_made_deep_in_history_is_promoted_with_all_of_it(lockgate, project, version, tmp_path):
    more(project)
    clone = shallow(project, tmp_path / "clone")
    code, said = lockgate("promote", "staging", "--release", version, root=clone)
    assert (code, "this clone cannot tell whether main has that" in said, UNSHALLOW in said) == (
        2,
        True,
        True,
    )
    complete(clone)
    code, said = lockgate("promote", "staging", "--release", version, root=clone)
    assert code == 0, said


def test_a_record_of_results_deep_in_history_is_found_with_all_of_it(lockgate, project, tmp_path):
    """The source of the release is the latest commit but one; the `dvc.lock` that it was made by was replaced since."""
    paths = Layout(project).candidate("fake")
    builders.rewrite(paths.evidence / "parity.json", ParityEvidence, tools={"fake": "2"})
    builders.lock(project)
    (project / "dvc.lock").write_bytes((project / "dvc.lock").read_bytes() + b"# by another\n")
    git(project, "commit", "-q", "--all", "-m", "Other results")
    more(project)
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{project}", "clone")
    clone = tmp_path / "clone"
    shutil.copytree(project / "build", clone / "build")
    (folder,) = (clone / "build/releases").iterdir()
    code, said = lockgate("promote", "staging", "--dry-run", root=clone)
    wanted = f"release {folder.name} was made by a dvc.lock, and this shallow clone cannot tell whether main has"
    assert (code, wanted in said, UNSHALLOW in said) == (2, True, True), said
    complete(clone)
    assert wanted not in lockgate("promote", "staging", "--dry-run", root=clone)[1]


def test_a_verdict_of_a_commit_that_is_not_there_is_no_base(project, tmp_path):
    more(project)
    clone = shallow(project, tmp_path / "clone")
    asked = replace(builders.instruments(clone), runtime=lambda **_: FakeRuntime())
    with pytest.raises(Undecided, match=rf"not in the history of \w+; this clone is shallow: {UNSHALLOW}"):
        judge_candidate_again(asked, None, FakeRuntime())
    complete(clone)
    assert judge_candidate_again(asked, None, FakeRuntime()).outcome == "passed"


def test_who_wrote_the_model_is_told_with_all_of_history_alone(lockgate, project, version, tmp_path):
    anna = Person(tmp_path, "Anna")
    (project / "deploy/allowed_signers").write_text(anna.allowed)
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "Who may approve")
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{project}", "clone")
    clone = tmp_path / "clone"
    shutil.copytree(project / "build", clone / "build")
    anna.at(clone)
    code, said = lockgate("approve", version, "--environment", "production", root=clone)
    assert (code, "does not have the commits from which" in said, UNSHALLOW in said) == (2, True, True), said
    complete(clone)
    assert lockgate("approve", version, "--environment", "production", root=clone)[0] == 0
    assert lockgate("promote", "production", root=clone)[0] == 0


def test_a_release_that_was_named_deep_in_history_is_gone_back_to_with_all_of_it(lockgate, project, version, tmp_path):
    assert lockgate("promote", "staging")[0] == 0
    builders.DOCUMENTS.write_settings(Layout(project).environment("staging"), Deployment("staging"), heading="None")
    git(project, "commit", "-q", "--all", "-m", "Nothing serves")
    clone = shallow(project, tmp_path / "clone")
    code, said = lockgate("rollback", "staging", "--to", version, root=clone)
    assert (code, f"this clone is shallow: in its commits staging has not named a release '{version}'" in said) == (
        2,
        True,
    ), said
    assert UNSHALLOW in said
    complete(clone)
    code, said = lockgate("rollback", "staging", "--to", version, root=clone)
    assert (code, f"staging names example {version}" in said) == (0, True), said


def test_a_release_without_a_signature_that_was_named_deep_in_history_is_known_with_all_of_it(lockgate, tmp_path):
    before = unpacked(ENGINES[0], tmp_path) / "project"
    said = {path.name: lockgate("verify", path.name, root=before) for path in (before / "build/releases").iterdir()}
    (named,) = (name for name, (code, _) in said.items() if code == 0)
    builders.DOCUMENTS.write_settings(Layout(before).environment("staging"), Deployment("staging"), heading="None")
    git(before, "config", "user.name", "Lock Keeper")
    git(before, "config", "user.email", "keeper@example.org")
    git(before, "commit", "-q", "--all", "-m", "Nothing serves")
    clone = shallow(before, tmp_path / "clone")
    code, words = lockgate("verify", named, root=clone)
    assert (code, f"no commit in this shallow clone has named it: {UNSHALLOW}" in words) == (4, True), words
    code, words = lockgate("promote", "production", "--release", named, root=clone)
    assert (code, "this clone is shallow, and may lack the commit that named it" in words) == (3, True), words
    complete(clone)
    assert lockgate("verify", named, root=clone)[0] == 0
