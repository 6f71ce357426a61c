"""Container images: both environments build and run, and a release's image answers what was judged.

The serving environment is this repository's. The training environment is that of a smaller project, the one of
docs/your-model.md: whole, it is five times as large, and `make environment` installs the same lock file for every test.
Both stay on the engine under the verb's own tags, so that the next build takes seconds.
"""

import gc
import json
import os
import shutil
from pathlib import Path

import docker
import docker.errors
import pytest
import requests
import urllib3
from small_project import a_project_of_the_page, own_index, sources_with_a_small_lock

from lockgate.adapters.docker.engine import explained
from lockgate.adapters.docker.images import DockerImages, _follow
from lockgate.adapters.python.pip_wheels import PipWheelhouse
from lockgate.cli.wiring.project import find_project
from lockgate.errors import DocumentError, InputError, ToolError
from lockgate.usecases.serving import images as imaging

REPOSITORY = Path(__file__).parents[2]
NO_ENGINE = "tcp://127.0.0.1:1"


@pytest.fixture(scope="module")
def training_environment(engine, tmp_path_factory):
    """The same of the smaller project."""
    project = find_project(sources_with_a_small_lock(tmp_path_factory.mktemp("sources")))
    with own_index():
        return imaging.train(project, None, DockerImages(), PipWheelhouse(), print)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("lockgate --version", "lockgate "),
        ("lockgate --help", "Verbs"),
        ("git --version", "git version "),
        ("dvc --version", "3."),
        ("id -u", "1000"),
    ],
)
def test_the_training_image_has_the_tools_and_is_not_root(engine, training_environment, command, says):
    said = engine.containers.run(training_environment.id, command, init=True, remove=True, network_disabled=True)
    assert says in said.decode()


@pytest.mark.slow
def test_the_training_image_works_in_a_mounted_project_as_its_owner(engine, training_environment, tmp_path):
    project = a_project_of_the_page(tmp_path / "project")
    said = engine.containers.run(
        training_environment.id,
        "lockgate run --json",
        init=True,
        remove=True,
        network_disabled=True,
        environment={"OMP_NUM_THREADS": "1"},
        user=f"{os.getuid()}:{os.getgid()}",
        volumes={str(project): {"bind": "/work", "mode": "rw"}},
    )
    stages = {stage["stage"]: stage["state"] for stage in json.loads(said)["stages"]}
    assert stages == dict.fromkeys(["prepare", "train@logistic", "export@logistic", "check@logistic"], "ran")
    parity = project / "build/candidates/logistic/evidence/parity.json"
    assert (parity.stat().st_uid, parity.stat().st_gid) == (os.getuid(), os.getgid())


@pytest.mark.slow
def test_building_an_environment_again_gives_the_same_image(serving_environment):
    again = imaging.serving(find_project(REPOSITORY), None, DockerImages(), PipWheelhouse(), print)
    assert again == serving_environment


@pytest.mark.slow
def test_a_failed_step_is_told_with_the_end_of_its_log(engine, tmp_path):
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM python:3.11-slim\nRUN echo the reason; exit 3\n")
    with pytest.raises(ToolError, match="non-zero code: 3") as caught:
        DockerImages().build({".": tmp_path}, dockerfile, "lockgate-test/failed", {}, {}, print)
    assert "the reason" in caught.value.hint


@pytest.mark.slow
def test_a_bad_tag_is_bad_input(engine, tmp_path):
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\n")
    with pytest.raises(InputError, match="not an image tag"):
        DockerImages().build({".": tmp_path}, dockerfile, "Bad Tag", {}, {}, print)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["train", "serving"])
def test_an_engine_that_does_not_answer_is_a_fault_with_advice(run_lockgate, verb):
    done = run_lockgate(REPOSITORY, "image", verb, DOCKER_HOST=NO_ENGINE)
    assert done.returncode == 1
    assert f"no Docker engine answers at DOCKER_HOST={NO_ENGINE}" in done.stderr
    assert "start one" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", [NO_ENGINE, "unix:///nowhere.sock", "garbage://x"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_address_escapes_as_a_foreign_error(monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ToolError, match="no Docker engine answers"):
        DockerImages().find("python:3.11-slim")
    # The SDK leaves a socket behind that could not connect; its warning must come here, not in a later test.
    gc.collect()


@pytest.mark.parametrize("missing", ["Dockerfile", "wheels"])
def test_a_missing_part_of_the_context_is_bad_input(tmp_path, missing):
    for name in {"Dockerfile", "wheels"} - {missing}:
        (tmp_path / name).touch()
    with pytest.raises(DocumentError, match=f"{missing}: missing"):
        DockerImages().build({"wheels": tmp_path / "wheels"}, tmp_path / "Dockerfile", "a:b", {}, {}, print)


@pytest.mark.parametrize(
    ("raised", "kind", "says"),
    [
        (docker.errors.APIError("x", explanation="no space left on device"), ToolError, "no space left"),
        (docker.errors.APIError("x", explanation="invalid reference format"), InputError, "not an image tag"),
        (docker.errors.DockerException("odd"), ToolError, "odd"),
        (requests.ReadTimeout("slow"), ToolError, "stopped answering"),
        (urllib3.exceptions.ReadTimeoutError(None, "", "slow"), ToolError, "stopped answering"),
        (requests.ConnectionError("gone"), ToolError, "connection to the engine broke"),
        (urllib3.exceptions.ProtocolError("gone"), ToolError, "connection to the engine broke"),
        (BrokenPipeError("gone"), ToolError, "connection to the engine broke"),
        (PermissionError("closed"), ToolError, "closed"),
    ],
)
def test_every_error_of_the_sdk_becomes_one_of_ours(raised, kind, says):
    error = explained("build it", raised)
    assert type(error) is kind
    assert says in error.message


def test_the_log_comes_line_by_line_without_colours_and_noise():
    lines = []
    _follow(
        [{"stream": "Step 1/1 : FROM x\n"}, {"stream": " ---> 0123456789ab\n"}, {"stream": "\x1b[91moops\x1b[0m\n"}],
        "a:b",
        lines.append,
    )
    assert lines == ["Step 1/1 : FROM x", "oops"]


def test_a_missing_lock_file_is_bad_input(tmp_path):
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    with pytest.raises(DocumentError, match=r"requirements\.lock: missing"):
        imaging.train(find_project(tmp_path), None, _Engine(), PipWheelhouse(), print)


@pytest.mark.slow
def test_wheels_that_cannot_be_collected_leave_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"nowhere-to-be-found==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(ToolError, match="pip download failed") as caught:
        PipWheelhouse().collect(lock, tmp_path / "wheels" / "new", sources=False)
    assert "nowhere-to-be-found" in caught.value.hint
    assert not list((tmp_path / "wheels").iterdir())


def test_wheels_that_were_collected_stay_as_they_are(tmp_path):
    assert not PipWheelhouse().collect(tmp_path / "no.lock", tmp_path, sources=True)


class _Engine:
    def ping(self):
        return "1"
