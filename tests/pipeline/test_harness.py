"""The harness that runs Jenkinsfiles does what Jenkins does, and refuses what it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jenkins import Build, required, run_jenkinsfile

if TYPE_CHECKING:
    from pathlib import Path


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
