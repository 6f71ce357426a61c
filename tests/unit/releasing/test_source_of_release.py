"""A release is promoted where its source is in the history, and nowhere else."""

import builders
import pytest
from builders import git

from lockgate.errors import Refused, SourceError
from lockgate.usecases.releasing.source_of_release import demand_source


@pytest.fixture
def released(lockgate, project):
    """A release of a commit that a branch of its own has."""
    git(project, "switch", "-qc", "private")
    builders.committed(project, "model.py", "better = True\n")
    assert lockgate("gate")[0] == 0
    return builders.sealed(project)[0]


@pytest.fixture
def demand(project, released):
    """As a process of its own each time: what git has is asked once in each."""
    return lambda onto, name="main": demand_source(builders.instruments(project).commit_log(), released, onto, name)


def test_a_commit_that_is_in_the_history_is_none_too_few(project, demand):
    demand("HEAD")
    git(project, "commit", "-q", "--allow-empty", "-m", "More")
    demand("HEAD")


def test_a_commit_of_another_branch_is_refused_with_that_branch(project, demand, released):
    commit = released.verdict.source.commit[:12]
    with pytest.raises(Refused, match=f"of the commit {commit}, which main does not have in its history; private of"):
        demand("main")
    git(project, "switch", "-q", "main")
    git(project, "merge", "-q", "private")
    demand("main")


def test_a_commit_that_no_branch_has_is_refused(project, demand):
    git(project, "switch", "-q", "main")
    git(project, "branch", "-qD", "private")
    with pytest.raises(Refused, match="no branch of this clone has it"):
        demand("HEAD")
    git(project, "reflog", "expire", "--expire=now", "--all")
    git(project, "gc", "-q", "--prune=now")
    with pytest.raises(Refused, match="no branch of this clone has it"):
        demand("HEAD")


def test_a_clone_without_that_branch_or_the_history_says_how_to_get_it(project, released, tmp_path):
    git(project, "commit", "-q", "--allow-empty", "-m", "More")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project}", "shallow")
    shallow = tmp_path / "shallow"
    log = builders.instruments(shallow).commit_log()
    with pytest.raises(SourceError, match="this clone cannot tell") as raised:
        demand_source(log, released, "HEAD", "private")
    assert "git fetch --unshallow" in raised.value.hint
    git(shallow, "fetch", "-q", "--unshallow")
    demand_source(log, released, "HEAD", "private")
    with pytest.raises(SourceError, match="whether main of origin") as raised:
        demand_source(log, released, "refs/remotes/origin/main", "main of origin")
    assert raised.value.hint == "get the history: git fetch origin"
