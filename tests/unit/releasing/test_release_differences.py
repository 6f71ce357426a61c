"""`lockgate diff`: what two releases do not have alike, from the first to the second."""

import json
import shutil
from dataclasses import replace

import builders
import pytest
from builders import git
from whole import STRICT

from lockgate.adapters.dvc.pipeline import DvcPipeline
from lockgate.adapters.git.repository import GitRepository
from lockgate.cli.main import run
from lockgate.domain.identity import md5
from lockgate.domain.judging.gates.accuracy.policy import SlicesPolicy
from lockgate.domain.releasing.lineage.difference import flat, policy_changes
from lockgate.testing import FakePipeline
from lockgate.usecases.releasing.seal import seal


def release(root, weight, separation):
    builders.write_candidate(root, weight=weight, separation=separation)
    assert run(["-C", str(root), "gate"]) == 0
    measured = {"build/candidates/fake/validation.json": md5(str(weight).encode())}
    data = {**DvcPipeline(root).hashes(), **measured}
    tools = replace(builders.sealing_tools(root), pipeline=FakePipeline(data=data))
    return seal(builders.opened(root), "fake", GitRepository(root), tools)[0].version


@pytest.fixture(scope="session")
def two_releases(made_project, tmp_path_factory):
    """A project with two releases; between them the policy and a param changed, and so did the model."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("two") / "project")
    first = release(root, 0.01, 2.2)
    params = (
        (root / "params.yaml").read_text().replace("floor: 0.9", "floor: 0.8").replace("data: {}", "data: {rows: 5}")
    )
    (root / "params.yaml").write_text(params.replace("min_tests: 10", "min_tests: 11"))
    git(root, "commit", "--quiet", "-am", "Ask for less, and more")
    return root, first, release(root, 0.02, 2.4)


@pytest.fixture
def project(two_releases, tmp_path):
    return shutil.copytree(two_releases[0], tmp_path / "project")


@pytest.fixture
def told(capfd, project):
    def ask(*arguments, root=project):
        capfd.readouterr()
        assert run(["-C", str(root), "diff", *arguments, "--json"]) == 0
        return json.loads(capfd.readouterr().out)

    return ask


def by_name(changes):
    return {each["name"]: (each["first"], each["second"]) for each in changes}


def test_every_part_that_differs_is_told(told, two_releases):
    _, first, second = two_releases
    found = told(first, second)
    assert not found["same_content"]
    assert found["same_rows"]
    assert by_name(found["params"]) == {"data.rows": (None, 5)}
    assert [each["subject"] for each in found["code"]["commits"]] == ["Record the results", "Ask for less, and more"]
    assert (found["code"]["files"], found["code"]["undone"]) == (["dvc.lock", "params.yaml"], [])
    policy = {each["name"]: each["loosened"] for each in found["policy"]}
    assert policy == {"gates.accuracy.floor": True, "gates.tests.min_tests": False}
    floor = next(each for each in found["measures"] if (each["gate"], each["rule"]) == ("accuracy", "floor"))
    assert floor["second"]["value"] > floor["first"]["value"]
    assert floor["first"]["interval"]["low"] < floor["first"]["value"] < floor["first"]["interval"]["high"]
    assert by_name(found["data"]) == {}  # what stages made of a candidate is none
    assert found["columns"] == []
    assert found["doubts"] == []


def test_the_way_back_is_the_same_the_other_way(told, two_releases):
    _, first, second = two_releases
    found = told(second, first)
    assert by_name(found["params"]) == {"data.rows": (5, None)}
    assert found["code"]["commits"] == []
    assert [each["subject"] for each in found["code"]["undone"]] == ["Record the results", "Ask for less, and more"]
    assert {each["name"]: each["loosened"] for each in found["policy"]}["gates.accuracy.floor"] is False


def test_nothing_differs_from_itself(lockgate, two_releases):
    code, said = lockgate("diff", two_releases[1], two_releases[1])
    assert (code, "no part of them differs" in said) == (0, True), said


def test_the_console_says_what_was_loosened(lockgate, two_releases):
    code, said = lockgate("diff", *two_releases[1:])
    assert code == 0
    assert "gates.accuracy.floor: 0.9 -> 0.8, LOOSENED" in said
    assert "gates.tests.min_tests: 10 -> 11, tightened" in said
    assert "data.rows: absent -> 5" in said


def test_an_environment_without_a_release_and_one_that_is_not_here_are_refused(lockgate, two_releases, project):
    _, first, second = two_releases
    code, said = lockgate("diff", first, "staging")
    assert (code, "staging names no release" in said) == (2, True), said
    shutil.rmtree(project / "build/releases" / second)
    code, said = lockgate("diff", first, second)
    assert (code, f"0 releases match '{second}'" in said) == (2, True), said


def test_params_of_a_commit_that_is_not_here_are_doubted(told, two_releases, project, tmp_path):
    _, first, second = two_releases
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "clone")
    shutil.copytree(project / "build/releases", tmp_path / "clone/build/releases")
    found = told(first, second, root=tmp_path / "clone")
    assert (found["params"], found["code"]["commits"]) == ([], None)
    assert {each["about"] for each in found["doubts"]} >= {"params", "code"}


def other_policies():
    accuracy, fairness = STRICT.accuracy, STRICT.fairness
    yield replace(STRICT, accuracy=replace(accuracy, margin=0.5)), "gates.accuracy.margin", True
    yield replace(STRICT, accuracy=replace(accuracy, alpha=0.01)), "gates.accuracy.alpha", False
    yield replace(STRICT, accuracy=replace(accuracy, metric="f1")), "gates.accuracy.metric", None
    yield (
        replace(STRICT, accuracy=replace(accuracy, slices=SlicesPolicy(("job",), 0.5))),
        "gates.accuracy.slices",
        False,
    )
    yield replace(STRICT, latency=None), "gates.latency", True
    yield replace(STRICT, fairness=replace(fairness, mode="warn")), "gates.fairness.mode", True
    yield (
        replace(STRICT, fairness=replace(fairness, attributes=(*fairness.attributes, "age"))),
        "gates.fairness.attributes",
        False,
    )
    yield replace(STRICT, fairness=replace(fairness, min_rows=fairness.min_rows + 1)), "gates.fairness.min_rows", True
    yield replace(STRICT, parity=replace(STRICT.parity, max_flips=9)), "gates.parity.max_flips", True


@pytest.mark.parametrize(
    ("policy", "name", "loosened"), [*other_policies()], ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_setting_that_asks_less_is_said_to_be_loosened(policy, name, loosened):
    found = {each.name: each.loosened for each in policy_changes(STRICT, policy)}
    assert found[name] is loosened
    back = {each.name: each.loosened for each in policy_changes(policy, STRICT)}
    assert back[name] is (None if loosened is None else not loosened)


def test_a_floor_of_a_metric_that_falls_is_loosened_upwards():
    brier = replace(STRICT, accuracy=replace(STRICT.accuracy, metric="brier", floor=0.1))
    (change,) = policy_changes(brier, replace(brier, accuracy=replace(brier.accuracy, floor=0.2)))
    assert change.loosened is True


def test_a_tree_is_told_by_its_paths():
    assert flat({"a": {"b": 1, "c": [1, 2]}, "d": None}) == {"a.b": 1, "a.c": [1, 2], "d": None}
