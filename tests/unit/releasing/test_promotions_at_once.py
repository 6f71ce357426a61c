"""Two promotions at once: one wins, the other is told who and what; a promotion that is killed is completed."""

import multiprocessing
import re
import shutil

import builders
import pytest
from builders import git

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.errors import Busy
from lockgate.usecases.releasing.desired_state.change import Change, commit_state
from lockgate.usecases.releasing.desired_state.target import Target, push_state

pytestmark = pytest.mark.slow

STAGING = "deploy/staging.yaml"
RACES = 50  # in one working copy, and as many of two that push
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def project(released_project, tmp_path):
    return shutil.copytree(released_project, tmp_path / "project")


@pytest.fixture
def origin(project, tmp_path):
    """What both clones push to."""
    git(tmp_path, "clone", "--quiet", "--bare", str(project), "origin.git")
    git(project, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return tmp_path / "origin.git"


def change(root, name):
    """A promotion of a release of that name, decided on what is the latest commit there now."""
    digest = sha256(name.encode())
    desired = Deployment("staging", ReleaseReference(name, digest, digest))
    return Change(desired, f"Promote {name} to staging\n", git(root, "rev-parse", "HEAD"), f"lockgate promote {name}")


def racer(barrier, asked, told):
    """Commits, and pushes, at the same moment as the other one, whenever it is asked to."""
    for root, name, branch in iter(asked.get, None):
        instruments, decided = builders.instruments(root), change(root, name)
        barrier.wait()
        try:
            made = commit_state(instruments, decided)
            push_state(instruments, decided, made, Target(decided.onto, "main", branch))
        except Busy as error:
            told.put((name, str(error)))
        else:
            told.put((name, ""))


@pytest.fixture
def race():
    """Two processes that race: who won, and what the other one was told."""
    barrier, told = FORK.Barrier(2), FORK.Queue()
    asked = [FORK.Queue() for _ in range(2)]
    runners = [FORK.Process(target=racer, args=(barrier, each, told), daemon=True) for each in asked]
    for runner in runners:
        runner.start()

    def begin(roots, names, branch):
        for each, root, name in zip(asked, roots, names, strict=True):
            each.put((root, name, branch))
        found = dict(told.get(timeout=60) for _ in runners)
        (winner,) = [name for name, said in found.items() if not said]
        (loser,) = [name for name, said in found.items() if said]
        return winner, loser, found[loser]

    yield begin
    for each, runner in zip(asked, runners, strict=True):
        each.put(None)
        runner.join()


def test_of_two_in_one_working_copy_one_wins_each_time(project, race):
    for number in range(RACES):
        before = git(project, "rev-parse", "HEAD")
        winner, loser, said = race([project, project], (f"a{number}", f"b{number}"), None)
        assert f"name: {winner}\n" in git(project, "show", f"HEAD:{STAGING}") + "\n"
        assert git(project, "rev-parse", "HEAD~1") == before
        assert re.search(
            rf"somebody committed meanwhile: \w{{12}} by Lock Keeper, 'Promote {winner} to staging'", said
        ), said
        assert f"then: lockgate promote {loser}" in said
        assert git(project, "status", "--porcelain", "--untracked-files=no") == ""


def test_of_two_clones_that_push_one_wins_each_time(project, origin, race, tmp_path):
    git(tmp_path, "clone", "--quiet", str(origin), "other")
    roots = [project, tmp_path / "other"]
    git(roots[1], "config", "user.name", "Lock Keeper")
    git(roots[1], "config", "user.email", "keeper@example.org")
    for number in range(RACES):
        before = git(origin, "rev-parse", "main")
        winner, loser, said = race(roots, (f"a{number}", f"b{number}"), "main")
        assert git(origin, "rev-parse", "main~1") == before
        assert f"name: {winner}\n" in git(origin, "show", f"main:{STAGING}") + "\n"
        assert re.search(rf"main of origin has what is not here: \w{{12}} by Lock Keeper, 'Promote {winner}", said), (
            said
        )
        assert f"git pull --ff-only && lockgate status; then: lockgate promote {loser}" in said
        lost = roots[loser.startswith("b")]
        assert git(lost, "rev-parse", "HEAD") == before
        assert git(lost, "status", "--porcelain", "--untracked-files=no") == ""
        git(lost, "pull", "--quiet", "--ff-only", "origin", "main")
