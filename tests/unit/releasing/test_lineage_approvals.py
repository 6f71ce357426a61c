"""`lockgate lineage` on approvals: real tags, signed and forged, and whether each counts."""

import json
import re
import shutil
from datetime import datetime

import builders
import pytest
from builders import git
from signers import Person

from lockgate.cli.main import run
from lockgate.domain.releasing.approving.approval import PREFIX
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.lineage.moments import moment_of_git

pytestmark = pytest.mark.slow

POLICY = """\
approvals:
  production: {count: 1, second_person: true}
"""


@pytest.fixture(scope="session")
def anna(tmp_path_factory):
    return Person(tmp_path_factory.mktemp("people"), "Anna")


@pytest.fixture(scope="session")
def approved_project(made_project, anna, tmp_path_factory):
    """Its release is approved for production by Anna, and by a tag that somebody forged in her name."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("approved") / "project")
    anna.at(root)
    (root / "params.yaml").write_text(builders.PARAMS + POLICY)
    (root / "deploy/allowed_signers").write_text(anna.allowed)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "Who may approve")
    builders.write_candidate(root)
    assert run(["-C", str(root), "gate"]) == 0
    release, _ = builders.sealed(root)
    assert run(["-C", str(root), "approve", release.version, "--environment", "production"]) == 0
    forged = f"{PREFIX}/production/{release.digest.hex}/mallory"
    git(root, "tag", "--annotate", "-m", "Approve", forged, release.verdict.source.commit)
    return root


@pytest.fixture
def project(approved_project, tmp_path):
    return shutil.copytree(approved_project, tmp_path / "project")


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))


def told(project, capfd):
    (version,) = builders.opened(project).releases.versions()
    capfd.readouterr()
    assert run(["-C", str(project), "lineage", version, "--json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_who_approved_when_for_which_environment_and_what_does_not_count(project, capfd):
    good, forged = told(project, capfd)["approvals"]
    assert (good["environment"], good["person"], good["valid"], good["why"]) == (
        "production",
        "anna@example.org",
        True,
        "",
    )
    assert good["key"].startswith("SHA256:")
    at = git(project, "for-each-ref", "--format=%(taggerdate:iso-strict)", f"refs/tags/{good['tag']}").strip()
    assert datetime.fromisoformat(good["tagged_at"]) == datetime.fromisoformat(at)
    assert (forged["person"], forged["valid"]) == ("", False)
    assert "no signature: anybody could have written it" in forged["why"]
    assert forged["tagger"].endswith("<anna@example.org>")


def test_the_console_says_it_in_a_line_each(lockgate, project):
    (version,) = builders.opened(project).releases.versions()
    code, said = lockgate("lineage", version)
    assert code == 0
    assert re.search(r"production: anna@example.org, 20\S+, counts\n", said), said
    assert re.search(
        r"production: nobody known, tagged by Anna <anna@example.org>, 20\S+, does not count: it has", said
    )


def test_a_key_that_was_revoked_since_counts_no_more(project, anna, capfd):
    (project / "deploy/revoked_signers").write_text(f"{anna.public} it was lost\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Revoke a key")
    approvals = told(project, capfd)["approvals"]
    assert {each["valid"] for each in approvals} == {False}
    assert any("is revoked: it was lost" in each["why"] for each in approvals)


def test_of_a_release_that_does_not_verify_tags_are_told_and_not_whether_they_count(project, capfd):
    (folder,) = (project / "build/releases").iterdir()
    (folder / "README.md").write_text("another")
    for each in told(project, capfd)["approvals"]:
        assert (each["valid"], each["person"], each["why"]) == (None, "", "the release cannot be verified here")


def test_a_policy_that_cannot_be_read_is_a_doubt(project, capfd):
    (project / "deploy/revoked_signers").write_text("nonsense\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "A file that says nothing")
    lineage = told(project, capfd)
    assert {each["valid"] for each in lineage["approvals"]} == {None}
    assert any(each["about"] == "approvals for production" for each in lineage["doubts"])


def test_a_release_that_nobody_approved_says_so(lockgate, project):
    for tag in git(project, "tag", "--list", f"{PREFIX}/*").split():
        git(project, "tag", "--delete", tag)
    (version,) = builders.opened(project).releases.versions()
    assert re.search(r"production, by the rule of commit \w{12}: 0 of 1: \S+", lockgate("lineage", version)[1])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1764436521 +0100", "2025-11-29T18:15:21+01:00"),
        ("0 -0330", "1969-12-31T20:30:00-03:30"),
        ("999999999999 +0000", ""),
        ("1764436521 +9999", ""),
        ("", ""),
        ("yesterday", ""),
    ],
)
def test_a_time_of_gits_objects(text, moment):
    assert moment_of_git(text) == moment


def test_whether_they_suffice_is_told_by_the_rule_of_the_commit(lockgate, project, capfd):
    (version,) = builders.opened(project).releases.versions()
    head = git(project, "rev-parse", "HEAD")
    (together,) = told(project, capfd)["approved"]
    assert (together["environment"], together["commit"], together["needed"]) == ("production", head, 1)
    assert (together["counted"], together["suffices"]) == (1, False)
    assert "wrote" in together["why"] or "author" in together["why"]
    said = lockgate("lineage", version)[1]
    assert f"production, by the rule of commit {head[:12]}: 1 of 1: {together['why']}" in said
    (project / "params.yaml").write_text(builders.PARAMS + POLICY.replace("true", "false"))
    git(project, "commit", "--quiet", "-am", "One alone may")
    (together,) = told(project, capfd)["approved"]
    assert (together["suffices"], together["why"]) == (True, "")
    assert "1 of 1, they suffice" in lockgate("lineage", version)[1]


def by_another(project, anna, tmp_path):
    """A release whose last commit is Ben's alone, approved by Anna, who wrote all before it."""
    Person(tmp_path, "Ben").at(project)
    builders.committed(project, "model.py", "depth = 3\n")
    builders.write_candidate(project)
    assert run(["-C", str(project), "gate"]) == 0
    release, _ = builders.sealed(project)
    anna.at(project)
    assert run(["-C", str(project), "approve", release.version, "--environment", "production"]) == 0
    return release


def test_authors_are_those_of_what_was_new_to_the_champion_of_then(project, anna, tmp_path, capfd):
    """Once it is the champion itself, nothing in it is new, and all who wrote it would be strangers to it."""
    release = by_another(project, anna, tmp_path)
    named = ReleaseReference(release.name, release.digest, release.content)
    path = project / "deploy/production.yaml"
    builders.DOCUMENTS.write_settings(path, Deployment("production", named), heading="By hand")
    git(project, "commit", "--quiet", "-am", "Let it serve")
    promoted = git(project, "rev-parse", "HEAD")
    builders.committed(project, "more.py", "\n")
    capfd.readouterr()
    assert run(["-C", str(project), "lineage", release.version, "--json"]) == 0
    (together,) = json.loads(capfd.readouterr().out)["approved"]
    assert (together["commit"], together["counted"], together["suffices"]) == (promoted, 1, False)
    assert "wrote" in together["why"] or "author" in together["why"]


def test_in_a_clone_that_lacks_what_was_before_that_is_said(project, anna, tmp_path, capfd):
    release = by_another(project, anna, tmp_path)
    named = ReleaseReference(release.name, release.digest, release.content)
    path = project / "deploy/production.yaml"
    builders.DOCUMENTS.write_settings(path, Deployment("production", named), heading="By hand")
    git(project, "commit", "--quiet", "-am", "Let it serve")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", f"file://{project}", str(shallow))
    shutil.copytree(project / "build", shallow / "build")
    capfd.readouterr()
    assert run(["-C", str(shallow), "lineage", release.version, "--json"]) == 0
    (together,) = json.loads(capfd.readouterr().out)["approved"]
    assert (together["suffices"], "shallow clone" in together["why"]) == (None, True), together
