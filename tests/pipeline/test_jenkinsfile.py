"""The repository's Jenkinsfile is executed, not read: with a stand-in for the tool, then (slow) with the tool."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from jenkins import run_jenkinsfile
from ruamel.yaml import YAML

from lockgate.usecases.judging.drill.plants.registry import PLANTS
from lockgate.usecases.releasing.drill.forgeries import forgeries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jenkins import Build

ROOT = Path(__file__).parents[2]
JENKINSFILE = ROOT / "Jenkinsfile"
WORKFLOW = ROOT / ".github/workflows/ci.yml"
VERB = re.compile(r"\.venv/bin/lockgate [^'\n]+")
ON_MAIN = ["Release", "Register", "Package"]
TO_AN_ENVIRONMENT = ["Approve", "Promote"]
BACK = ROOT / "Jenkinsfile.rollback"


PASSED = '{"outcome": "passed"}'


def writing(name: str, text: str | None) -> str:
    """Shell code that leaves a document under `build`, or nothing."""
    return f"mkdir -p build; printf '%s' '{text}' > build/{name};" if text is not None else ""


def stand_in(
    workspace: Path,
    *,
    gate_exit: int = 0,
    verdict: str | None = PASSED,
    drill_exit: int = 0,
    drilled: str | None = '{"results": []}',
) -> Path:
    """A workspace whose `make` and `lockgate` only write down how they were called, in `calls`."""
    tool = workspace / ".venv/bin/lockgate"
    tool.parent.mkdir(parents=True)
    tool.write_text(
        '#!/bin/sh\necho "$@" >> calls\ncase $1 in\n'
        f"gate) {writing('verdict.json', verdict)} exit {gate_exit};;\n"
        f"drill) {writing('drill.json', drilled)} exit {drill_exit};;\nesac\n"
    )
    tool.chmod(0o755)
    (workspace / "Makefile").write_text("environment:\n\t@echo environment >> calls\n")
    return workspace


def calls(workspace: Path) -> list[str]:
    """How `make` and the tool were called, in order."""
    return (workspace / "calls").read_text().splitlines()


def workflow_steps(kind: str = "run") -> list[dict[str, Any]]:
    """The steps of the workflow's delivery that run a command; of the kind `uses`, those that are somebody's action."""
    workflow = YAML(typ="safe", pure=True).load(WORKFLOW)
    return [step for step in workflow["jobs"]["deliver"]["steps"] if kind in step]


def test_a_promotion_goes_the_whole_way_in_order(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "main", "PROMOTE_TO=staging")
    statuses = build.statuses
    assert (build.exit_code, statuses.pop("Approve"), set(statuses.values())) == (0, "SKIPPED", {"SUCCESS"})
    assert calls(workspace) == [
        "environment", "run", "check tests champion latency", "gate", "drill", "release", "register", "package",
        "promote staging --push main",
    ]  # fmt: skip


PROMOTING = ["main", "PROMOTE_TO=production", "ASK_APPROVAL=true"]


def test_a_person_who_approves_by_name_leaves_an_approval_before_the_promotion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is data to the shell, whatever is in it."""
    monkeypatch.setenv("LOCKGATE_TEST_ANSWERS", "anna; touch hole")
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, *PROMOTING)
    assert (build.exit_code, set(build.statuses.values())) == (0, {"SUCCESS"})
    assert calls(workspace)[-2:] == [
        "approve --environment production --on-behalf-of anna; touch hole --push",
        "promote production --push main",
    ]
    assert not (workspace / "hole").exists()


def test_where_nobody_approves_nothing_is_promoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKGATE_TEST_ANSWERS", raising=False)
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, *PROMOTING)
    assert build.exit_code == 1
    assert [build.statuses[name] for name in TO_AN_ENVIRONMENT] == ["ABORTED", "SKIPPED"]
    assert calls(workspace)[-1] == "package"


@pytest.mark.parametrize("more", [["PROMOTE_TO=production"], ["ASK_APPROVAL=true"]])
def test_nobody_is_asked_where_nothing_is_to_be_approved(more: list[str], tmp_path: Path) -> None:
    build = run_jenkinsfile(JENKINSFILE, stand_in(tmp_path / "workspace"), tmp_path, "main", *more)
    assert (build.exit_code, build.statuses["Approve"]) == (0, "SKIPPED")


@pytest.mark.parametrize(
    ("parameters", "called"),
    [
        ([], "rollback staging --reason  --push main"),
        (["ENVIRONMENT=production", "REASON=it's slow"], "rollback production --reason it's slow --push main"),
        (["TO=39a82f; touch hole"], "rollback staging --to 39a82f; touch hole --reason  --push main"),
    ],
)
def test_the_job_that_goes_back_makes_and_judges_nothing(parameters: list[str], called: str, tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(BACK, workspace, tmp_path, "main", *parameters)
    assert build.exit_code == 0, build.console
    assert calls(workspace) == ["environment", called]
    assert not (workspace / "hole").exists()


def test_a_first_build_of_a_branch_proves_its_gates_and_ends_there(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "feature")
    assert build.exit_code == 0
    assert calls(workspace) == ["environment", "run", "check tests champion latency", "gate", "drill"]
    assert [name for name, status in build.statuses.items() if status == "SKIPPED"] == [*ON_MAIN, *TO_AN_ENVIRONMENT]


def test_a_first_build_of_main_promotes_nothing(tmp_path: Path) -> None:
    build = run_jenkinsfile(JENKINSFILE, stand_in(tmp_path / "workspace"), tmp_path)
    assert build.exit_code == 0
    assert [name for name, status in build.statuses.items() if status == "SKIPPED"] == TO_AN_ENVIRONMENT


def test_a_build_without_its_own_verdict_fails_though_the_gate_said_yes(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace", verdict=None)
    (workspace / "build").mkdir()
    (workspace / "build/verdict.json").write_text('{"outcome": "passed", "of": "an earlier build"}')
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path)
    assert build.exit_code == 1
    assert (build.statuses["Gate"], build.statuses["Release"]) == ("FAILURE", "SKIPPED")
    assert build.commands("Gate") == [(".venv/bin/lockgate gate", 0)]
    assert build.record["artifacts"] == []


def test_a_refusal_stops_the_way_and_keeps_its_verdict(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace", gate_exit=3, verdict='{"outcome": "refused"}')
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "main", "PROMOTE_TO=production")
    assert build.exit_code == 1
    assert calls(workspace)[-1] == "gate"
    assert json.loads((build.artifacts / "build/verdict.json").read_text()) == {"outcome": "refused"}
    assert build.record["artifacts"] == ["build/verdict.json"]


@pytest.mark.parametrize("exit_code", [1, 3, 4])
def test_gates_that_are_not_proved_to_hold_release_nothing_and_the_report_is_kept(
    exit_code: int, tmp_path: Path
) -> None:
    workspace = stand_in(tmp_path / "workspace", drill_exit=exit_code, drilled='{"results": ["through"]}')
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "main", "PROMOTE_TO=production")
    assert build.exit_code == 1
    assert calls(workspace)[-2:] == ["gate", "drill"]
    assert build.commands("Drill") == [(".venv/bin/lockgate drill", exit_code)]
    assert [build.statuses[name] for name in [*ON_MAIN, *TO_AN_ENVIRONMENT]] == ["SKIPPED"] * 5
    assert json.loads((build.artifacts / "build/drill.json").read_text()) == {"results": ["through"]}


def test_a_build_without_its_own_drill_fails_though_the_drill_said_yes(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace", drilled=None)
    (workspace / "build").mkdir()
    (workspace / "build/drill.json").write_text('{"results": [], "of": "an earlier build"}')
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path)
    assert build.exit_code == 1
    assert (build.statuses["Drill"], build.statuses["Release"]) == ("FAILURE", "SKIPPED")
    assert build.record["artifacts"] == ["build/verdict.json"]


def test_an_environment_that_is_no_choice_is_refused(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "main", "PROMOTE_TO=staging; touch hole")
    assert build.exit_code == 2
    assert "is no choice of PROMOTE_TO" in build.console
    assert not (workspace / "calls").exists()


def test_the_workflow_and_the_jenkinsfile_call_the_same_verbs_in_the_same_order() -> None:
    verbs = [verb for step in workflow_steps() for verb in VERB.findall(step["run"])]
    assert len(verbs) == 8
    # On GitHub a person approves by the verb: a run does not know who let it go on.
    assert verbs == [verb for verb in VERB.findall(JENKINSFILE.read_text()) if " approve " not in verb]


def test_the_workflow_and_the_jenkinsfile_deliver_from_main_only() -> None:
    guarded = [step["name"] for step in workflow_steps() if "github.ref == 'refs/heads/main'" in step.get("if", "")]
    assert guarded == [*ON_MAIN, "Promote"]


def test_the_workflow_keeps_what_the_jenkinsfile_archives_and_demands_it() -> None:
    uploads = [step["with"] for step in workflow_steps("uses") if "upload-artifact" in step["uses"]]
    demanded = [upload["path"] for upload in uploads if upload["if-no-files-found"] == "error"]
    archived = re.findall(r"archiveArtifacts artifacts: '([^']+)', allowEmptyArchive: false", JENKINSFILE.read_text())
    assert demanded == archived == ["build/verdict.json", "build/drill.json"]


def commit_params(clone: Path, changes: Iterable[tuple[str, str, dict[str, Any]]], message: str) -> None:
    yaml = YAML()
    params = yaml.load(clone / "params.yaml")
    for part, section, values in changes:
        params[part][section].update(values)
    yaml.dump(params, clone / "params.yaml")
    author = ["-c", "user.name=Platform Engineer", "-c", "user.email=platform@example.org"]
    subprocess.run(["git", *author, "commit", "-qam", message], cwd=clone, check=True)


FEWER_TREES = {"learning_rate": 0.3, "max_iter": 70, "min_samples_leaf": 40}


@pytest.fixture(scope="module")
def workspace(copy_delivered: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with a candidate that passes as well, and that a drill trains and asks in a fraction of the time.

    Of the project's own tests it runs those that load no library.
    """
    clone = copy_delivered(tmp_path_factory.mktemp("jenkins") / "clone")
    params = (clone / "params.yaml").read_text()
    (clone / "params.yaml").write_text(params.replace("pytest tests/census ", "pytest tests/census/test_stages.py "))
    commit_params(clone, [("train", "sklearn", FEWER_TREES)], "Train fewer trees, and test quickly")
    return clone


def archived_outcome(build: Build) -> str:
    """The outcome in the verdict that the build archived."""
    assert "build/verdict.json" in build.record["artifacts"], build.console
    return str(json.loads((build.artifacts / "build/verdict.json").read_text())["outcome"])


SECONDS = 300  # on every build, so that nobody waits for it; two cores need about a third of that


def assert_every_plant_is_stopped(drilled: list[dict[str, Any]]) -> None:
    """By the gate meant for it, while the candidate itself and a twin pass."""
    assert [(found["plant"], found["fate"]) for found in drilled[:2]] == [
        ("the candidate itself", "passed"),
        ("a retrained twin", "passed"),
    ]
    ours = [plant for plant in PLANTS if "binary" in plant.tasks]
    planted = (*ours, *forgeries(cast("Any", None)))
    assert {found["plant"]: found["gate"] for found in drilled[2:]} == {plant.name: plant.gate for plant in planted}
    # The rows of the census are each of one person.
    off = [found["plant"] for found in drilled if found["fate"] == "off"]
    assert off == ["persons that training knows"]
    assert {found["fate"] for found in drilled[2:] if found["fate"] != "off"} == {"stopped"}, drilled
    assert sum(found["seconds"] for found in drilled) < SECONDS


def assert_its_stages_alone_ran(console: str) -> None:
    """And why is said; the data and the other candidates are as they were."""
    ran, cached = (re.findall(rf"^ +{state} +(\S+?):? ", console, re.MULTILINE) for state in ("ran", "cached"))
    assert "train@sklearn runs: params.yaml train.sklearn modified" in console
    assert ran == ["train@sklearn", "export@sklearn", "check@sklearn"], console
    others = (
        f"{verb}@{name}" for verb in ("train", "export", "check") for name in ("fairlearn", "torch", "tensorflow")
    )
    assert set(cached) == {"prepare", "reference", *others}, console


@pytest.mark.slow
def test_a_good_candidate_is_delivered(workspace: Path, tmp_path: Path) -> None:
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path)
    assert build.exit_code == 0, build.console
    assert list(build.statuses.items()) == [
        *((name, "SUCCESS") for name in ["Environment", "Reproduce", "Check", "Gate", "Drill", *ON_MAIN]),
        *((name, "SKIPPED") for name in TO_AN_ENVIRONMENT),
    ]
    assert_its_stages_alone_ran(build.console)
    assert archived_outcome(build) == "passed"
    assert_every_plant_is_stopped(json.loads((build.artifacts / "build/drill.json").read_text())["results"])
    assert build.record["junit"] == ["build/tests/junit.xml", "build/verdict.xml"]


@pytest.mark.slow
def test_a_candidate_below_the_policy_is_never_released(workspace: Path, tmp_path: Path) -> None:
    commit_params(workspace, [("gates", "accuracy", {"floor": 0.999})], "Raise the floor of accuracy")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path)
    assert build.exit_code == 1, build.console
    assert build.commands("Gate") == [(".venv/bin/lockgate gate", 3)]
    assert archived_outcome(build) == "refused"
    assert {build.statuses[name] for name in ["Drill", *ON_MAIN, *TO_AN_ENVIRONMENT]} == {"SKIPPED"}
    assert build.record["artifacts"] == ["build/verdict.json"]
