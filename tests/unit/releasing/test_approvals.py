"""Approvals: real signed tags of git, and everything that must not count as one."""

import shutil
import subprocess

import builders
import pytest
from builders import git
from signers import Person, gpg_person

from lockgate.cli.main import run
from lockgate.domain.releasing.approving.approval import PREFIX, SHOWN
from lockgate.domain.releasing.release import MANIFEST, Manifest

pytestmark = pytest.mark.slow

POLICY = """\
approvals:
  production:
    count: 2
  staging:
    by: [anna@example.org, carol@example.org]
    second_person: true
    on_behalf: [ci@example.org]
"""


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return {name: Person(folder, name.capitalize()) for name in ("anna", "ben", "carol", "ci", "mallory")}


@pytest.fixture(scope="session")
def gina():
    with gpg_person("Gina") as person:
        yield person


@pytest.fixture(scope="session")
def guarded_project(made_project, people, tmp_path_factory):
    """Made once: its policy demands approvals, it names whose keys may sign them, and it has a release."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("guarded") / "project")
    people["anna"].at(root)
    (root / "params.yaml").write_text(builders.PARAMS + POLICY)
    signers = "".join(people[name].allowed for name in ("anna", "ben", "carol", "ci"))
    (root / "deploy/allowed_signers").write_text(signers)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "Who may approve")
    builders.write_candidate(root)
    assert run(["-C", str(root), "gate"]) == 0
    builders.sealed(root)
    return root


@pytest.fixture
def project(guarded_project, tmp_path):
    return shutil.copytree(guarded_project, tmp_path / "project")


@pytest.fixture
def released(project):
    (folder,) = (project / "build/releases").iterdir()
    return builders.DOCUMENTS.read(folder / MANIFEST, Manifest).release


@pytest.fixture
def approve(lockgate, project, people, released):
    """Approve as a person: the exit code, and what was said."""

    def call(name, environment="production", *more, person=None):
        (person or people[name]).at(project)
        return lockgate("approve", released.short, "--environment", environment, *more)

    return call


def tags(root):
    return git(root, "for-each-ref", "--format=%(refname:strip=2)", f"refs/tags/{PREFIX}").split()


def refused(lockgate, environment="production"):
    """What a promotion is refused with."""
    code, said = lockgate("promote", environment)
    assert code == 3, said
    return said


def test_without_approvals_nothing_is_promoted_and_the_remedy_is_said(lockgate, project, released):
    head = git(project, "rev-parse", "HEAD")
    said = refused(lockgate)
    assert f"production demands 2 approvals, and example {released.short} has none" in said
    assert f"lockgate approve {released.short} --environment production --push" in said
    assert git(project, "rev-parse", "HEAD") == head


def test_a_release_that_enough_persons_approved_is_promoted_and_the_commit_says_who(lockgate, project, approve):
    code, said = approve("anna")
    assert (code, "anna@example.org approves example" in said) == (0, True), said
    assert "still missing: production demands 2 approvals, and example" in said
    assert "has anna@example.org" in refused(lockgate)
    assert approve("ben")[0] == 0
    assert lockgate("promote", "production")[0] == 0
    message = git(project, "log", "-1", "--format=%B")
    assert "- anna@example.org (SHA256:" in message
    assert "- ben@example.org (SHA256:" in message


def test_an_approval_names_environment_and_whole_digest_and_git_verifies_it(project, approve, people, released):
    approve("anna")
    (name,) = tags(project)
    assert name.startswith(f"lockgate/approved/production/{released.hex}/anna-example-org-")
    message = git(project, "for-each-ref", "--format=%(contents)", f"refs/tags/{name}")
    assert "Environment: production\n" in message
    assert f"Release: {released}\n" in message
    signers = ["-c", f"gpg.ssh.allowedSignersFile={project}/deploy/allowed_signers"]
    subprocess.run(["git", "-C", str(project), *signers, "verify-tag", name], check=True, capture_output=True)


def test_approving_again_changes_nothing(project, approve):
    approve("anna")
    before = git(project, "for-each-ref")
    code, said = approve("anna")
    assert (code, "has approved" in said) == (0, True), said
    assert git(project, "for-each-ref") == before


def test_a_dry_run_signs_nothing(project, approve):
    code, said = approve("anna", "production", "--dry-run")
    assert (code, "would approve" in said, tags(project)) == (0, True, []), said


def test_a_person_counts_once(lockgate, project, approve, people):
    """By name, and by key: the same key under another address of git is no second person."""
    approve("anna")
    other = people["anna"].allowed.replace("anna@", "anna,anna@")
    with (project / "deploy/allowed_signers").open("a") as file:
        file.write(other)
    git(project, "commit", "--all", "--quiet", "-m", "Anna under two names")
    git(project, "config", "user.email", "anna")
    release = git(project, "for-each-ref", "--format=%(refname)", f"refs/tags/{PREFIX}").split("/")[-2]
    assert lockgate("approve", release[:12], "--environment", "production")[0] == 0
    assert len(tags(project)) == 2
    assert "it is of the same person or key as" in refused(lockgate)


def test_a_signer_whom_nobody_named_is_refused_and_leaves_no_tag(project, approve):
    code, said = approve("mallory")
    assert (code, "would not count, and was not made" in said, "is nobody's" in said) == (3, True, True), said
    assert tags(project) == []


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("user.signingKey", "absent.pub", "without a signature"),
        ("gpg.ssh.program", "false", "without a signature"),
        ("gpg.format", "openpgp", "git tag failed"),
    ],
)
def test_where_git_cannot_sign_there_is_no_tag_and_its_words_are_told(
    project, people, released, lockgate, setting, value, why
):
    people["anna"].at(project)
    git(project, "config", setting, value)
    code, said = lockgate("approve", released.short, "--environment", "production")
    assert (code, why in said, "user.signingKey" in said) == (1, True, True), said
    assert tags(project) == []


def lightweight(project, name):
    git(project, "tag", "--force", name, "HEAD")


def unsigned(project, name):
    message = git(project, "for-each-ref", "--format=%(contents)", f"refs/tags/{name}")
    git(project, "tag", "--force", "--annotate", "--no-sign", "-m", message.partition("-----BEGIN")[0], name, "HEAD")


def edited(project, name):
    """The words are of another release, the signature is real."""
    content = git(project, "cat-file", "tag", name).replace("Approve example", "Approve of example") + "\n"
    written = subprocess.run(
        ["git", "-C", str(project), "hash-object", "-t", "tag", "-w", "--stdin"],
        input=content, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    git(project, "update-ref", f"refs/tags/{name}", written)


def other_environment(project, name):
    """A real approval for staging under the name of one for production."""
    approved = name.replace("production", "staging")
    git(project, "update-ref", f"refs/tags/{name}", f"refs/tags/{approved}")


def other_commit(project, name):
    """Signed by the same person, of another commit."""
    message = git(project, "for-each-ref", "--format=%(contents)", f"refs/tags/{name}").partition("-----BEGIN")[0]
    git(project, "commit", "--allow-empty", "--quiet", "-m", "Another commit")
    git(project, "tag", "--force", "--sign", "-m", message, name, "HEAD")


def other_digest(project, name):
    """Signed by the same person under this name, and says another release."""
    message = git(project, "for-each-ref", "--format=%(contents)", f"refs/tags/{name}").partition("-----BEGIN")[0]
    digest = name.split("/")[-2]
    commit = git(project, "rev-parse", f"{name}^{{commit}}")
    git(project, "tag", "--force", "--sign", "-m", message.replace(digest, "0" * 64), name, commit)


FORGED = {
    lightweight: "it is a lightweight tag, without a signature",
    unsigned: "it has no signature",
    edited: "its signature does not fit what it says",
    other_environment: "it was signed as lockgate/approved/staging/",
    other_commit: "it tags the commit",
    other_digest: "it says Release: sha256:0000",
}


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_a_forged_tag_does_not_count_and_is_named_with_why(lockgate, project, approve, people, forge):
    approve("anna", "staging")
    approve("ben")
    approve("anna")
    name = next(name for name in tags(project) if "/production/" in name and "/anna" in name)
    forge(project, name)
    said = refused(lockgate)
    assert f"{name} does not count: {FORGED[forge]}" in said
    code, said = approve("anna")
    assert (code, f"git tag --delete {name}" in said) == (3, True), said


@pytest.mark.parametrize("form", ["key", "fingerprint"])
def test_a_revoked_key_counts_no_more(lockgate, project, approve, people, form):
    approve("anna")
    approve("ben")
    key = people["ben"].public if form == "key" else refused_print(people["ben"])
    (project / "deploy/revoked_signers").write_text(f"# lost\n\n{key} # stolen on a train\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Ben's key was stolen")
    said = refused(lockgate)
    assert "is revoked: " in said
    assert "stolen on a train" in said
    assert "has anna@example.org" in said


def refused_print(person):
    said = subprocess.run(["ssh-keygen", "-lf", f"{person.key}.pub"], capture_output=True, text=True, check=True).stdout
    return said.split()[1]


def test_a_line_of_revoked_signers_that_is_no_key_stops_everything(lockgate, project, approve):
    (project / "deploy/revoked_signers").write_text("# lost\nben's old key\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "A line that revokes nothing")
    code, said = lockgate("promote", "production")
    assert (code, "deploy/revoked_signers of this commit: line 2" in said) == (2, True), said


def test_an_author_of_the_model_is_not_the_only_one_where_the_policy_says_so(lockgate, project, approve):
    """Anna wrote the commits of this model."""
    assert approve("anna", "staging")[0] == 0
    assert "staging demands a second person, and anna@example.org wrote commits of example" in refused(
        lockgate, "staging"
    )
    assert approve("carol", "staging")[0] == 0
    assert lockgate("promote", "staging")[0] == 0


def test_only_those_whom_the_policy_names_count(project, approve):
    code, said = approve("ben", "staging")
    assert (code, "ben@example.org is none of those whom the policy names" in said) == (3, True), said


def test_a_pipeline_records_the_approval_of_a_person_whom_it_names(lockgate, project, approve):
    assert approve("ci", "staging", "--on-behalf-of", "carol@example.org")[0] == 0
    assert lockgate("promote", "staging")[0] == 0
    message = git(project, "log", "-1", "--format=%B")
    assert "- carol@example.org, recorded by ci@example.org (SHA256:" in message


@pytest.mark.parametrize(
    ("who", "more", "why"),
    [
        ("ci", [], "records approvals of others, and names nobody"),
        ("ci", ["--on-behalf-of", "ben@example.org"], "ben@example.org is none of those"),
        ("anna", ["--on-behalf-of", "carol@example.org"], "anna@example.org may not record approvals of others"),
    ],
)
def test_who_records_for_whom_is_the_policys(project, approve, who, more, why):
    code, said = approve(who, "staging", *more)
    assert (code, why in said, tags(project)) == (3, True, []), said


def test_a_name_of_two_lines_is_no_name(approve):
    code, said = approve("ci", "staging", "--on-behalf-of", "carol@example.org\nEnvironment: production")
    assert (code, "is no name of a person" in said) == (2, True), said


def test_a_gpg_key_approves_as_an_ssh_key_does(lockgate, project, approve, gina, monkeypatch):
    monkeypatch.setenv("GNUPGHOME", str(gina.home))
    assert "is nobody's" in approve("gina", person=gina)[1]
    (project / "deploy/allowed_keys.asc").write_text(gina.public)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Gina approves as well")
    assert approve("gina", person=gina)[0] == 0
    monkeypatch.delenv("GNUPGHOME")
    approve("anna")
    assert lockgate("promote", "production")[0] == 0
    assert f"gina@example.org ({gina.fingerprint[:SHOWN]})" in git(project, "log", "-1", "--format=%B")


def test_a_gpg_key_that_its_owner_revoked_counts_no_more(lockgate, project, approve, gina, monkeypatch):
    monkeypatch.setenv("GNUPGHOME", str(gina.home))
    (project / "deploy/allowed_keys.asc").write_text(gina.public)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Gina approves as well")
    assert approve("gina", person=gina)[0] == 0
    (project / "deploy/allowed_keys.asc").write_text(gina.revoked())
    git(project, "commit", "--all", "--quiet", "-m", "Gina's key is gone")
    assert f"its key {gina.fingerprint} is revoked" in refused(lockgate)


def test_an_environment_that_demands_none_is_promoted_without(released_project, tmp_path, lockgate):
    root = shutil.copytree(released_project, tmp_path / "free")
    assert lockgate("promote", "production", root=root)[0] == 0


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("approvals: {live: {count: 1}}", "approvals.live: no environment is called so"),
        ("approvals: {production: {count: 0}}", "count is too small"),
        ("approvals: {production: {count: 3, by: [a, b]}}", "3 approvals are demanded of 2 persons"),
        ("approvals: {production: {by: [a, A]}}", "a person is listed twice"),
        ("approvals: {production: {by: [a], on_behalf: [A]}}", "who records for others approves nothing"),
        ("approvals: {production: {cuont: 2}}", "cuont"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_an_error(lockgate, project, section, problem):
    lines = builders.PARAMS + section + "\n"
    (project / "params.yaml").write_text(lines)
    code, said = lockgate("status")
    assert (code, problem in said) == (2, True), said
