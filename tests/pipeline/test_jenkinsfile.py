"""The Jenkinsfile is executed, not read: `jenkins.groovy` gives its words real behaviour, in a real workspace.

The harness is tested first, then the repository's Jenkinsfile with a stand-in for the tool, then (slow) with the tool.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
HARNESS = Path(__file__).with_name("jenkins.groovy")
JENKINSFILE = ROOT / "Jenkinsfile"
WORKFLOW = ROOT / ".github/workflows/ci.yml"
INSTALL = "install them with: apt-get install -y --no-install-recommends groovy default-jre-headless"
VERB = re.compile(r"\.venv/bin/lockgate [^'\n]+")
ON_MAIN = ["Release", "Register", "Package"]


@pytest.fixture(scope="module", autouse=True)
def groovy(needs: Callable[..., None]) -> None:
    needs(there=bool(shutil.which("groovy") and shutil.which("java")), how=f"groovy or java is missing; {INSTALL}")


@dataclass(frozen=True)
class Build:
    """What a run of the harness left behind; `record` is empty when the Jenkinsfile was refused."""

    exit_code: int
    console: str
    record: dict[str, Any]
    artifacts: Path

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each stage by its name, in the order of the run."""
        return {stage["name"]: stage["status"] for stage in self.record["stages"]}

    def commands(self, stage: str) -> list[tuple[str, int]]:
        """The commands that a stage ran, each with its exit code."""
        (found,) = (each for each in self.record["stages"] if each["name"] == stage)
        return [(command["script"], command["exit"]) for command in found["commands"]]


def required(program: str) -> str:
    """The path of a program that these tests cannot do without."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is missing, so the Jenkinsfile cannot be run; {INSTALL}")
    return path


def java_home() -> str:
    """The Java that Debian's groovy starts; its own default often names a package that is not installed."""
    return os.environ.get("JAVA_HOME") or str(Path(required("java")).resolve().parents[1])


def run_jenkinsfile(jenkinsfile: Path, workspace: Path, scratch: Path, branch: str = "main", *parameters: str) -> Build:
    """Run a Jenkinsfile in a workspace; without parameters it is the job's first build."""
    record = scratch / "record.json"
    command = [required("groovy"), str(HARNESS), str(jenkinsfile), str(workspace), str(record), branch, *parameters]
    # The optimizing compiler never pays for itself in a process this short.
    environment = os.environ | {"JAVA_HOME": java_home(), "JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    content = json.loads(record.read_text()) if record.exists() else {}
    return Build(done.returncode, done.stdout + done.stderr, content, scratch / "artifacts")


def run_text(text: str, tmp_path: Path, branch: str = "main", *parameters: str) -> Build:
    """Run a Jenkinsfile given as text in an empty workspace, `tmp_path / "workspace"`."""
    jenkinsfile = tmp_path / "Jenkinsfile"
    jenkinsfile.write_text(text)
    workspace = tmp_path / "workspace"
    workspace.mkdir(exist_ok=True)
    return run_jenkinsfile(jenkinsfile, workspace, tmp_path, branch, *parameters)


def pipeline(sections: str) -> str:
    """A pipeline of these sections on any agent."""
    return f"pipeline {{\nagent any\n{sections}\n}}"


def one_stage(sections: str) -> str:
    """A pipeline of one stage with these sections."""
    return pipeline(f"stages {{\nstage('A') {{\n{sections}\n}}\n}}")


# The harness


def test_a_missing_program_fails_and_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt-get install"):
        required("groovy")


NEVER_RUN = """
    when {
        branch 'never'
    }
    steps {
        sh 'touch ran'
        bat 'dir'
    }
"""
IN_SCRIPT = """
    steps {
        sh 'touch ran'
        script {
            if (params.X) { bat 'dir' }
        }
    }
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (pipeline("tools {\n}"), "unknown word 'tools' in 'pipeline'"),
        (one_stage(NEVER_RUN), "unknown word 'bat' in 'steps'"),
        (one_stage(IN_SCRIPT), "unknown word 'bat' in 'script'"),
        (one_stage("steps {\nsh script: 'touch ran', encoding: 'x'\n}"), "'sh' does not know encoding"),
        (
            one_stage("environment { X = '1' } steps { sh 'touch ran' }"),
            "'stage' holds words, each on a line of its own",
        ),
        (one_stage("environment {\nX = 1\n}"), "'environment' holds lines of NAME = 'value'"),
    ],
    ids=["section", "step of a skipped stage", "step in script", "argument", "two sections on a line", "bare value"],
)
def test_what_the_harness_does_not_know_is_refused_before_anything_runs(text: str, reason: str, tmp_path: Path) -> None:
    build = run_text(text, tmp_path)
    assert (build.exit_code, build.record) == (2, {})
    assert reason in build.console
    assert not (tmp_path / "workspace/ran").exists()


FAILING = pipeline("""
    stages {
        stage('First') {
            steps { sh 'touch first' }
        }
        stage('Second') {
            steps {
                sh 'false; touch unreached'
                sh 'touch unreached'
            }
            post {
                always { sh 'touch after' }
            }
        }
        stage('Third') {
            steps { sh 'touch unreached' }
        }
    }
    post {
        success { sh 'touch unreached' }
        failure { sh 'touch failed' }
    }
""")


def test_a_failing_command_stops_the_way_and_runs_post(tmp_path: Path) -> None:
    build = run_text(FAILING, tmp_path)
    assert (build.exit_code, build.record["result"]) == (1, "FAILURE")
    assert build.statuses == {"First": "SUCCESS", "Second": "FAILURE", "Third": "SKIPPED"}
    assert build.commands("Second") == [("false; touch unreached", 1), ("touch after", 0)]
    assert sorted(path.name for path in (tmp_path / "workspace").iterdir()) == ["after", "failed", "first"]


CONDITIONS = {
    "branch 'feature/*'": "SUCCESS",
    "branch 'main'": "SKIPPED",
    "not { branch 'main' }": "SUCCESS",
    "allOf {\nbranch 'feature/*'\nbranch 'main'\n}": "SKIPPED",
    "anyOf {\nbranch 'feature/*'\nbranch 'main'\n}": "SUCCESS",
    "environment name: 'E', value: 'e'": "SUCCESS",
    "expression { params.X == 'x' }": "SKIPPED",
    "branch 'feature/*'\nexpression { false }": "SKIPPED",
}


def test_when_skips_a_stage_whose_conditions_do_not_hold(tmp_path: Path) -> None:
    stages = [
        f"stage('{number}') {{\nwhen {{\n{condition}\n}}\nsteps {{ echo 'ran' }}\n}}"
        for number, condition in enumerate(CONDITIONS)
    ]
    text = pipeline("environment { E = 'e' }\nstages {\n" + "\n".join(stages) + "\n}")
    build = run_text(text, tmp_path, "feature/x")
    assert dict(zip(CONDITIONS, build.statuses.values(), strict=True)) == CONDITIONS


PARAMETERS = pipeline("""
    parameters {
        choice(name: 'COLOUR', choices: ['red', 'blue'])
        string(name: 'WORD', defaultValue: 'hello')
    }
    stages {
        stage('Say') {
            steps {
                sh 'printf "[$COLOUR]" > shell'
                sh "printf ${params.COLOUR} > groovy"
            }
        }
    }
""")


def test_the_first_build_has_its_parameters_in_params_but_not_in_the_shell(tmp_path: Path) -> None:
    assert run_text(PARAMETERS, tmp_path).exit_code == 0
    assert (tmp_path / "workspace/shell").read_text() == "[]"
    assert (tmp_path / "workspace/groovy").read_text() == "red"


def test_a_later_build_has_its_parameters_in_both(tmp_path: Path) -> None:
    build = run_text(PARAMETERS, tmp_path, "main", "COLOUR=blue")
    assert build.record["parameters"] == {"COLOUR": "blue", "WORD": "hello"}
    assert (tmp_path / "workspace/shell").read_text() == "[blue]"
    assert (tmp_path / "workspace/groovy").read_text() == "blue"


ARCHIVING = pipeline("""
    stages {
        stage('Lenient') {
            steps { archiveArtifacts artifacts: 'missing', allowEmptyArchive: true }
        }
        stage('Present') {
            steps {
                sh 'mkdir -p a/b && touch a/b/c.txt a/d.txt a/e.md'
                archiveArtifacts 'a/**/*.txt'
            }
        }
        stage('Strict') {
            steps { echo 'archive' }
            post {
                always { archiveArtifacts artifacts: 'missing' }
            }
        }
        stage('Last') {
            steps { echo 'unreached' }
        }
    }
""")


def test_archiving_a_missing_file_fails_unless_it_may_be_missing(tmp_path: Path) -> None:
    build = run_text(ARCHIVING, tmp_path)
    assert build.exit_code == 1
    assert build.statuses == {"Lenient": "SUCCESS", "Present": "SUCCESS", "Strict": "FAILURE", "Last": "SKIPPED"}
    assert build.record["artifacts"] == ["a/b/c.txt", "a/d.txt"]
    assert (build.artifacts / "a/b/c.txt").is_file()


OTHER_STEPS = pipeline("""
    environment { GREETING = 'hello' }
    stages {
        stage('Script') {
            environment { NAME = "${GREETING}-${env.BRANCH_NAME}" }
            steps {
                script {
                    def name = sh(script: 'echo $NAME', returnStdout: true).trim()
                    def code = sh script: 'exit 7', returnStatus: true
                    sh "echo ${name} ${code} > said"
                }
                stash name: 'words', includes: 'sai*'
                sh 'rm said'
                unstash 'words'
            }
        }
        stage('Both') {
            parallel {
                stage('Left') {
                    steps { sh 'touch left; until [ -e right ]; do sleep 0.05; done' }
                }
                stage('Right') {
                    steps { sh 'touch right; until [ -e left ]; do sleep 0.05; done' }
                }
            }
        }
        stage('Report') {
            steps {
                sh "echo '<testsuite><testcase><failure/></testcase></testsuite>' > report.xml"
                junit 'report.xml'
            }
        }
        stage('Late') {
            steps {
                timeout(time: 1, unit: 'SECONDS') { sh 'sleep 60' }
            }
        }
    }
    post {
        aborted { sh 'touch aborted' }
    }
""")


def test_the_other_steps_do_what_they_do_on_jenkins(tmp_path: Path) -> None:
    build = run_text(OTHER_STEPS, tmp_path)
    assert (tmp_path / "workspace/said").read_text() == "hello-main 7\n"
    assert build.statuses == {
        "Script": "SUCCESS",
        "Both": "SUCCESS",
        "Left": "SUCCESS",
        "Right": "SUCCESS",
        "Report": "UNSTABLE",
        "Late": "ABORTED",
    }
    assert build.record["junit"] == ["report.xml"]
    assert (build.exit_code, build.record["result"]) == (1, "ABORTED")
    assert (tmp_path / "workspace/aborted").exists()


# The repository's Jenkinsfile, with a stand-in for the tool


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
    assert (build.exit_code, set(build.statuses.values())) == (0, {"SUCCESS"})
    assert calls(workspace) == [
        "environment", "run", "check tests champion latency", "gate", "drill", "release", "register", "package",
        "promote staging --push main",
    ]  # fmt: skip


def test_a_first_build_of_a_branch_proves_its_gates_and_ends_there(tmp_path: Path) -> None:
    workspace = stand_in(tmp_path / "workspace")
    build = run_jenkinsfile(JENKINSFILE, workspace, tmp_path, "feature")
    assert build.exit_code == 0
    assert calls(workspace) == ["environment", "run", "check tests champion latency", "gate", "drill"]
    assert [name for name, status in build.statuses.items() if status == "SKIPPED"] == [*ON_MAIN, "Promote"]


def test_a_first_build_of_main_promotes_nothing(tmp_path: Path) -> None:
    build = run_jenkinsfile(JENKINSFILE, stand_in(tmp_path / "workspace"), tmp_path)
    assert build.exit_code == 0
    assert [name for name, status in build.statuses.items() if status == "SKIPPED"] == ["Promote"]


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
    assert [build.statuses[name] for name in [*ON_MAIN, "Promote"]] == ["SKIPPED"] * 4
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
    assert verbs == VERB.findall(JENKINSFILE.read_text())


def test_the_workflow_and_the_jenkinsfile_deliver_from_main_only() -> None:
    guarded = [step["name"] for step in workflow_steps() if "github.ref == 'refs/heads/main'" in step.get("if", "")]
    assert guarded == [*ON_MAIN, "Promote"]


def test_the_workflow_keeps_what_the_jenkinsfile_archives_and_demands_it() -> None:
    uploads = [step["with"] for step in workflow_steps("uses") if "upload-artifact" in step["uses"]]
    demanded = [upload["path"] for upload in uploads if upload["if-no-files-found"] == "error"]
    archived = re.findall(r"archiveArtifacts artifacts: '([^']+)', allowEmptyArchive: false", JENKINSFILE.read_text())
    assert demanded == archived == ["build/verdict.json", "build/drill.json"]


# The repository's Jenkinsfile, with the tool


def raise_accuracy_floor(clone: Path) -> None:
    """Commit a policy that no candidate passes."""
    yaml = YAML()
    params = yaml.load(clone / "params.yaml")
    params["gates"]["accuracy"]["floor"] = 0.999
    yaml.dump(params, clone / "params.yaml")
    author = ["-c", "user.name=Platform Engineer", "-c", "user.email=platform@example.org"]
    subprocess.run(["git", *author, "commit", "-qam", "Raise the floor of accuracy"], cwd=clone, check=True)


def archived_outcome(build: Build) -> str:
    """The outcome in the verdict that the build archived."""
    assert "build/verdict.json" in build.record["artifacts"], build.console
    return str(json.loads((build.artifacts / "build/verdict.json").read_text())["outcome"])


SECONDS = 300  # on every build, so that nobody waits for it; two cores need about a third of that
PLANTS = {
    "shuffled labels": "accuracy",
    "unfair to one group": "fairness",
    "one slice broken, the total stays": "accuracy",
    "a constant": "accuracy",
    "NaN in one weight": "accuracy",
    "two classes swapped": "accuracy",
    "overconfident": "calibration",
    "perturbed ONNX weights": "parity",
    "an ONNX output missing": "parity",
    "an ONNX output renamed": "parity",
    "an ONNX output of another type": "parity",
    "preprocessing fitted on other data": "parity",
    "harmful int8 quantization": "parity",
    "float16 overflow": "parity",
    "dependent on its neighbours in the batch": "parity",
    "different from run to run": "parity",
    "no answer without a number": "robustness",
    "5 times slower": "latency",
    "10 times larger": "latency",
    "a feature that leaks the label": "data",
    "test rows in training": "data",
    "evidence edited by hand": "accuracy",
    "evidence of another model": "accuracy",
    "evidence of another commit": "tests",
    "an empty test report": "tests",
    "a missing slice": "accuracy",
    "a forbidden feature": "explanation",
    "a forbidden proxy": "explanation",
}


def assert_every_plant_is_stopped(drilled: list[dict[str, Any]]) -> None:
    """By the gate meant for it, while the candidate itself and a twin pass."""
    assert [(found["plant"], found["fate"]) for found in drilled[:2]] == [
        ("the candidate itself", "passed"),
        ("a retrained twin", "passed"),
    ]
    assert {found["plant"]: found["gate"] for found in drilled[2:]} == PLANTS
    assert {found["fate"] for found in drilled[2:]} == {"stopped"}, drilled
    assert sum(found["seconds"] for found in drilled) < SECONDS


@pytest.mark.slow
def test_a_good_candidate_is_delivered(delivered_clone: Path, tmp_path: Path) -> None:
    build = run_jenkinsfile(JENKINSFILE, delivered_clone, tmp_path)
    assert build.exit_code == 0, build.console
    assert list(build.statuses.items()) == [
        *((name, "SUCCESS") for name in ["Environment", "Reproduce", "Check", "Gate", "Drill", *ON_MAIN]),
        ("Promote", "SKIPPED"),
    ]
    assert archived_outcome(build) == "passed"
    assert_every_plant_is_stopped(json.loads((build.artifacts / "build/drill.json").read_text())["results"])
    assert build.record["junit"] == ["build/tests/junit.xml", "build/verdict.xml"]


@pytest.mark.slow
def test_a_candidate_below_the_policy_is_never_released(delivered_clone: Path, tmp_path: Path) -> None:
    raise_accuracy_floor(delivered_clone)
    build = run_jenkinsfile(JENKINSFILE, delivered_clone, tmp_path)
    assert build.exit_code == 1, build.console
    assert build.commands("Gate") == [(".venv/bin/lockgate gate", 3)]
    assert archived_outcome(build) == "refused"
    assert [build.statuses[name] for name in ["Drill", *ON_MAIN]] == ["SKIPPED"] * 4
    assert build.record["artifacts"] == ["build/verdict.json"]
