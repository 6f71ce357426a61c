"""Nothing phones home: one list of what is switched off, and every file that starts something names it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lockgate.domain.project.telemetry import OFF, SERVING

ROOT = Path(__file__).parents[3]
# ONNX Runtime keeps silent where it sees a variable of a CI server (`CI`, `BUILD_ID`, ...), and would prove nothing.
NEEDED = ("PATH", "LD_LIBRARY_PATH", "LANG")


def text(name):
    return (ROOT / name).read_text()


def set_in_dockerfile(name):
    joined = text(name).replace("\\\n", " ")
    return dict(
        pair.split("=", 1) for line in joined.splitlines() if line.startswith("ENV ") for pair in line.split()[1:]
    )


def test_the_makefile_switches_off_every_name_of_the_list():
    assert OFF.items() <= dict(re.findall(r"^export (\w+) := (.*)$", text("Makefile"), re.MULTILINE)).items()


@pytest.mark.parametrize("name", ["Jenkinsfile", "src/lockgate/template/Jenkinsfile"])
def test_the_jenkinsfile_switches_off_every_name_of_the_list(name):
    environment = re.search(r"^    environment \{\n(.*?)^    \}", text(name), re.MULTILINE | re.DOTALL)[1]
    assert dict(re.findall(r"(\w+) = '(.*)'", environment)) == OFF


@pytest.mark.parametrize("folder", ["", "src/lockgate/template/"])
def test_the_workflow_switches_off_every_name_of_the_list(folder):
    assert yaml.safe_load(text(f"{folder}.github/workflows/ci.yml"))["env"] == OFF


def test_the_training_image_switches_off_every_name_of_the_list():
    assert OFF.items() <= set_in_dockerfile("docker/train/Dockerfile").items()


@pytest.mark.parametrize("name", ["docker/serving/Dockerfile", "docker/serving/release.Dockerfile"])
def test_the_images_that_serve_switch_off_what_is_in_them(name):
    assert {key: OFF[key] for key in SERVING}.items() <= set_in_dockerfile(name).items()


def test_a_bento_that_is_containerised_by_hand_switches_off_what_is_in_it():
    entries = yaml.safe_load(text("serving/bentofile.yaml"))["envs"]
    assert {entry["name"]: entry["value"] for entry in entries} == {key: OFF[key] for key in SERVING}


def test_whoever_imports_lockgate_has_it_off_whatever_was_set_before():
    code = f"import os, lockgate; print({{name: os.environ[name] for name in {list(OFF)}}} == {dict(OFF)})"
    done = fresh(code, DVC_NO_ANALYTICS="", MLFLOW_DISABLE_TELEMETRY="false", ORT_DISABLE_TELEMETRY="0")
    assert done.stdout == "True\n", done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("import lockgate.adapters.onnxruntime.worker", False),
        # Without the variable a process keeps what it will send: the line above can fail.
        ("import onnxruntime; onnxruntime.disable_telemetry_events()", True),
    ],
)
def test_onnx_runtime_keeps_nothing_to_send_in_the_home_folder(tmp_path, code, kept):
    assert fresh(code, HOME=str(tmp_path)).returncode == 0
    assert any(tmp_path.rglob("onnxruntime.db")) is kept


def test_the_service_is_silent_under_a_plain_bentoml_serve_too():
    before_the_import, _, _ = text("serving/service.py").partition("\nimport bentoml")
    assert f'os.environ["ORT_DISABLE_TELEMETRY"] = "{OFF["ORT_DISABLE_TELEMETRY"]}"' in before_the_import


def fresh(code, **environment):
    """Run code in a new process that inherits only what it needs: nothing switched off, no sign of a CI server."""
    inherited = {name: os.environ[name] for name in NEEDED if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code], env=inherited | environment, capture_output=True, text=True, check=False
    )
