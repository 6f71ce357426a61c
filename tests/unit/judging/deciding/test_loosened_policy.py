"""A policy that is loosened by the commit that changes the candidate opens no gate; one of its own does."""

import json

import builders
import pytest
from builders import git

LOOSE = builders.PARAMS.replace("floor: 0.9", "floor: 0.8")
TRAINED = "  fake: {}\n", "  fake: {rate: 2}\n"


@pytest.fixture
def project(serving):
    return serving


@pytest.fixture
def gate(lockgate, project):
    """Judge what is made of the project by now: the findings that block, by rule."""

    def judge(root=project):
        lockgate("gate", "--against", "staging", root=root)
        verdict = json.loads((root / "build/verdict.json").read_text())
        open_ = ("passed", "waived", "warned")
        return {each["rule"]: each for each in verdict["findings"] if each["outcome"] not in open_}

    return judge


def commit(project, params, **files):
    (project / "params.yaml").write_text(params)
    for name, text in files.items():
        (project / name).write_text(text)
    git(project, "add", "--all")
    git(project, "commit", "-qm", "A change")
    made = git(project, "rev-parse", "HEAD")[:12]
    builders.write_candidate(project)
    return made


def test_a_floor_that_is_lowered_with_the_training_is_told_with_the_commit(project, gate):
    made = commit(project, LOOSE.replace(*TRAINED))
    found = gate()["policy"]
    assert (found["outcome"], found["reason"]) == ("undecided", "policy-loosened")
    assert (
        f"gates.accuracy.floor (0.9 then, 0.8 now) by the commit {made}, which changed train as well"
        in (found["message"])
    )


def test_a_file_that_the_stages_read_counts_and_another_does_not(project, gate):
    commit(project, LOOSE, **{"notes.txt": "why"})
    assert gate() == {}
    made = commit(project, LOOSE.replace("margin: 0.001", "margin: 0.5"), **{".gitignore": "build/\nmore\n"})
    found = gate()["policy"]["message"]
    assert f"gates.accuracy.margin (0.001 then, 0.5 now) by the commit {made}, which changed .gitignore" in found
    assert "floor" not in found


def test_loosened_in_a_commit_of_its_own_and_merged_with_the_model_it_counts_for_itself(project, gate):
    git(project, "switch", "-qc", "change")
    commit(project, LOOSE)
    commit(project, LOOSE.replace(*TRAINED))
    git(project, "switch", "-qf", "main")
    git(project, "merge", "-q", "--no-ff", "change")
    builders.write_candidate(project)
    assert gate() == {}


def test_what_was_tightened_again_since_is_nobodys_matter(project, gate):
    commit(project, LOOSE.replace(*TRAINED))
    commit(project, builders.PARAMS.replace(*TRAINED))
    assert gate() == {}


def test_a_named_person_may_want_it_so(lockgate, project, gate):
    waiver = "  - {gate: integrity, candidate: %s, reason: a pilot, name: B. Person, expires: 2999-12-31}\n"
    commit(project, LOOSE.replace(*TRAINED))
    gate()
    content = json.loads((project / "build/verdict.json").read_text())["content"]
    (project / "deploy/waivers.yaml").write_text(builders.WAIVERS + waiver % content)
    commit(project, LOOSE.replace(*TRAINED))
    assert gate() == {}


def test_a_clone_without_the_history_says_how_to_get_it(project, gate, tmp_path):
    commit(project, LOOSE)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project}", "shallow")
    shallow = tmp_path / "shallow"
    (project / "build").rename(shallow / "build")
    builders.write_candidate(shallow)
    assert "does not have the commits since: git fetch --unshallow" in gate(shallow)["policy"]["message"]
    git(shallow, "fetch", "-q", "--unshallow")
    assert gate(shallow) == {}
