"""The drill's forgeries: a release signed by nobody whom anybody trusts, and tags that are no approvals."""

import shutil
from dataclasses import replace
from pathlib import Path

import builders
import pytest
from builders import git

from lockgate.adapters.git.stranger import GitStranger
from lockgate.adapters.signing.key_files import make_private
from lockgate.cli.main import run
from lockgate.domain.judging.deciding.drill_report import Fate
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.errors import MissingTool, Undecided
from lockgate.ports import Stranger
from lockgate.testing import FakePlugin, FakeRuntime
from lockgate.testing.examples import COLUMNS
from lockgate.usecases.judging.drill.forgery import forged
from lockgate.usecases.judging.drill.plant import NotAsked
from lockgate.usecases.releasing.drill.drill_all import drill_all
from lockgate.usecases.releasing.drill.forgeries import forgeries

DOCS = Path(__file__).parents[3] / "docs"
RELEASE, UNSIGNED, FOREIGN = (each.name for each in forgeries(None))
POLICY = """\
approvals:
  staging: {by: [anna@example.org]}
"""


@pytest.fixture(scope="session")
def passed_project(made_project, tmp_path_factory):
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("passed") / "project")
    assert run(["-C", str(root), "gate"]) == 0
    return root


@pytest.fixture
def project(passed_project, tmp_path):
    """A project whose candidate has passed its gates, and of which nothing was released."""
    return shutil.copytree(passed_project, tmp_path / "project")


def attempted(project, name, instruments=None, **changes):
    """What became of the forgery of that name."""
    opened = builders.opened(project)
    verdict = replace(opened.documents.read(opened.layout.verdict, Verdict), **changes)
    every = {each.name: each for each in forgeries(instruments or builders.instruments(project))}
    return forged(opened, "fake", verdict, every[name])


def everything(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_whole_release_with_a_good_signature_is_refused_by_its_key_and_nothing_is_left(
    project, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    before = everything(project)
    found = attempted(project, RELEASE)
    assert (found.fate, found.outcome, found.reason) == (Fate.STOPPED, Outcome.REFUSED, "foreign-key")
    assert "it is signed by a foreign key, " in found.message
    assert everything(project) == before
    assert not (tmp_path / "nobody").exists()


def test_it_is_a_strangers_key_whatever_the_environment_names(project, tmp_path, monkeypatch):
    make_private(tmp_path / "own.pem")
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(tmp_path / "own.pem"))
    assert attempted(project, RELEASE).fate is Fate.STOPPED


@pytest.mark.parametrize(("name", "reason", "said"), [
    (UNSIGNED, "not-signed", "it has no signature: anybody could have written it"),
    (FOREIGN, "foreign-key", "is nobody's: neither deploy/allowed_signers nor"),
])  # fmt: skip
def test_a_tag_that_nobody_known_has_signed_is_no_approval(project, name, reason, said):
    before = everything(project)
    found = attempted(project, name)
    assert (found.fate, found.outcome, found.reason) == (Fate.STOPPED, Outcome.REFUSED, reason)
    assert found.message.startswith("for production: it")
    assert said in found.message
    assert everything(project) == before


def test_it_is_asked_of_each_environment_that_demands_approvals(project):
    with (project / "params.yaml").open("a") as file:
        file.write(POLICY)
    git(project, "commit", "--all", "--quiet", "-m", "Anna approves")
    found = attempted(project, UNSIGNED)
    assert (found.fate, found.message.startswith("for staging: it")) == (Fate.STOPPED, True)


def test_a_door_that_takes_any_signature_lets_the_release_through(project, monkeypatch):
    monkeypatch.setattr("lockgate.usecases.project.release_folders.trusted", lambda _, __, release: release)
    found = attempted(project, RELEASE)
    assert (found.fate, found.message, found.right) == (Fate.THROUGH, "the release let it pass", False)


@pytest.mark.parametrize("name", [UNSIGNED, FOREIGN])
def test_approvals_that_are_counted_by_their_name_alone_let_the_tag_through(project, monkeypatch, name):
    approvals = "lockgate.usecases.releasing.desired_state.approvals.look_at"
    real = __import__("lockgate.domain.releasing.approving.approval", fromlist=["look_at"]).look_at
    monkeypatch.setattr(approvals, lambda *of: replace(real(*of), problem="", person="Anna"))
    assert attempted(project, name).fate is Fate.THROUGH


def test_what_is_refused_for_something_else_is_not_stopped(project, monkeypatch):
    with pytest.raises(Undecided):
        attempted(project, RELEASE, evidence={})
    approvals = "lockgate.usecases.releasing.desired_state.approvals.look_at"
    real = __import__("lockgate.domain.releasing.approving.approval", fromlist=["look_at"]).look_at
    monkeypatch.setattr(approvals, lambda *of: replace(real(*of), problem="it is Sunday"))
    with pytest.raises(Undecided, match="it was refused, yet not for what it is: it is Sunday"):
        attempted(project, UNSIGNED)


def test_without_the_tools_nothing_is_asked_unless_approvals_are_demanded(project):
    def missing():
        raise MissingTool("ssh-keygen")

    bare = replace(builders.instruments(project), strangers=lambda _: Stranger(missing, missing))
    with pytest.raises(NotAsked, match="nothing can be signed here: ssh-keygen is not installed"):
        attempted(project, RELEASE, bare)
    with pytest.raises(NotAsked, match="no environment demands approvals, and none can be forged here"):
        attempted(project, FOREIGN, bare)
    with (project / "params.yaml").open("a") as file:
        file.write(POLICY)
    git(project, "commit", "--all", "--quiet", "-m", "Anna approves")
    bare = replace(builders.instruments(project), strangers=lambda _: Stranger(missing, missing))
    with pytest.raises(MissingTool):
        attempted(project, FOREIGN, bare)


def test_who_approves_is_not_known_before_a_commit_says_it(project):
    git(project, "rm", "--quiet", "--cached", "params.yaml")
    git(project, "commit", "--quiet", "-m", "No policy")
    with pytest.raises(NotAsked, match=r"no commit says who approves: this commit has no params.yaml"):
        attempted(project, UNSIGNED)


def test_a_stranger_tags_whatever_git_is_told_to_do(tmp_path, monkeypatch):
    """Settings of whoever runs it, such as to sign all tags, make no signature of an unsigned one."""
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[tag]\n\tgpgSign = true\n[commit]\n\tgpgSign = true\n[core]\n\thooksPath = {tmp_path}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    stranger = GitStranger(tmp_path / "stranger")
    stranger.tag("unsigned", stranger.commit, "Approve\n")
    stranger.sign("signed", stranger.commit, "Approve\n")
    signed, unsigned = stranger.find("")
    assert stranger.signature(unsigned, stranger.signers).state == "none"
    good = stranger.signature(signed, stranger.signers)
    assert (good.state, good.keys) == ("good", (stranger.fingerprint,))


def test_the_drill_plants_them_after_the_gates(project):
    rows = {**COLUMNS, "outcome": ["yes", "no"] * (len(COLUMNS["age"]) // 2)}
    tables = builders.instruments(project).tables()
    tables.write(project / "build/train.parquet", rows)
    real = builders.instruments(project)
    instruments = replace(real, plugin=FakePlugin, runtime=lambda **_: FakeRuntime())
    told = []
    report = drill_all(instruments, None, "foreign key", told.append)
    assert [(each.plant, each.gate, each.fate) for each in report.results] == [
        ("the candidate itself", "every gate", Fate.PASSED),
        (RELEASE, "release", Fate.STOPPED),
        (FOREIGN, "approvals", Fate.STOPPED),
    ]


def test_every_forgery_is_told_in_the_docs_with_its_reason():
    drill = (DOCS / "drill.md").read_text()
    for each in forgeries(None):
        (row,) = (line for line in drill.splitlines() if line.startswith("|") and each.name in line)
        assert f"`{each.gate}`" in row
        assert f"| `{each.reason}` |" in drill
