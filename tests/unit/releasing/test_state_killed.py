"""SIGKILL at every step of approve, promote and rollback: running it again completes it, and does nothing twice."""

import os
import shutil
import signal
import subprocess
import sys

import builders
import pytest
from builders import git
from signers import Person

from lockgate.cli.main import run
from lockgate.domain.releasing.deployment import Deployment
from lockgate.processes import temporary

pytestmark = pytest.mark.slow

STAGING = "deploy/staging.yaml"
CHANGING = {"commit", "update-ref", "reset", "checkout", "update-index", "tag", "push", "fetch"}
"""The commands of git that change something here or there."""
MOST = 60


class Fatal:
    """Kills this process at the step of that number; a step is a moment before or after something changes."""

    def __init__(self, at):
        self.at, self.reached = at, 0

    def step(self):
        self.reached += 1
        if self.reached == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function):
        def called(*args, **kwargs):
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return called


def armed(fatal):
    """Every change of a file, and every command of git that changes something, is a step before it and one after."""
    real = subprocess.Popen

    class Popen(real):
        def __init__(self, command, *args, **kwargs):
            self.changes = command[0] == "git" and bool(CHANGING & {*command})
            if self.changes:
                fatal.step()
            super().__init__(command, *args, **kwargs)

        def communicate(self, *args, **kwargs):
            result = super().communicate(*args, **kwargs)
            if self.changes:
                fatal.step()
            return result

    subprocess.Popen = Popen
    for name in ("replace", "rename"):
        setattr(os, name, fatal.around(getattr(os, name)))


def killed_at(number, root, arguments):
    """Run a verb in a process of its own that is killed at that step; whether it was, and the steps it has."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the process ends soon
        fatal = Fatal(number)
        armed(fatal)
        code = run(["-C", str(root), *arguments])
        os.write(writing, str(fatal.reached).encode())
        os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        reached = pipe.read()
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, (arguments, number)
    return os.WIFSIGNALED(status), int(reached or 0)


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    return Person(tmp_path_factory.mktemp("key"), "Anna")


@pytest.fixture(scope="session")
def prepared(released_project, key, tmp_path_factory):
    """A project and its origin: a release is in production, and another one could be promoted to staging."""
    home, patch = tmp_path_factory.mktemp("killed"), pytest.MonkeyPatch()
    patch.setenv("XDG_DATA_HOME", str(home / "data"))
    root = shutil.copytree(released_project, home / "project")
    key.at(root)
    (root / "deploy/allowed_signers").write_text(key.allowed)
    git(root, "add", "deploy")
    git(root, "commit", "--quiet", "-m", "Who may approve")
    for weight in (0.01, 0.02):
        if weight > 0.01:
            builders.write_candidate(root, weight=weight, separation=2.4)
            builders.write_champion(root, named(root, "production"))
            assert run(["-C", str(root), "gate", "--against", "production"]) == 0
            builders.sealed(root)
        assert run(["-C", str(root), "promote", "production"]) == 0
    git(home, "clone", "--quiet", "--bare", str(root), "origin.git")
    git(root, "remote", "add", "origin", "../origin.git")
    git(root, "fetch", "--quiet", "origin")
    yield home
    patch.undo()


def named(root, environment, revision="HEAD"):
    content = git(root, "show", f"{revision}:deploy/{environment}.yaml").encode()
    return builders.DOCUMENTS.parse_settings(content, environment, Deployment).champion.release


def everything(home):
    """All that a change leaves: commits, what they say, tags, and what lies uncommitted; here and in origin."""
    root, origin = home / "project", home / "origin.git"
    commits = [git(each, "log", "--format=%T %s", "main") for each in (root, origin)]
    tags = [
        git(each, "for-each-ref", "--format=%(refname) %(contents:subject)", "refs/tags") for each in (root, origin)
    ]
    kept = sorted(path.relative_to(home).as_posix() for path in (home / "data").rglob("*") if path.is_file())
    return commits, tags, kept, git(root, "status", "--porcelain"), (root / STAGING).read_text()


VERBS = {
    "promote": ["promote", "staging", "--push", "main"],
    "rollback": ["rollback", "production", "--push", "main"],
    "approve": ["approve", "{release}", "--environment", "production", "--push"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_step_it_is_completed_by_running_it_again(prepared, tmp_path, verb, monkeypatch):
    monkeypatch.setattr(temporary, "OLD_SECONDS", 0)  # what was half written is removed a minute later
    arguments = [part.format(release=named(prepared / "project", "production").hex) for part in VERBS[verb]]
    whole = shutil.copytree(prepared, tmp_path / "whole")
    monkeypatch.setenv("XDG_DATA_HOME", str(whole / "data"))
    was_killed, steps = killed_at(0, whole / "project", arguments)
    assert not was_killed
    assert 4 <= steps < MOST
    expected = everything(whole)
    for number in range(1, steps + 1):
        home = shutil.copytree(prepared, tmp_path / str(number))
        monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
        was_killed, _ = killed_at(number, home / "project", arguments)
        assert was_killed
        for _ in range(2):
            assert run(["-C", str(home / "project"), *arguments]) == 0, number
            assert everything(home) == expected, number
        shutil.rmtree(home)
