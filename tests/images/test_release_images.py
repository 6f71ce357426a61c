"""A release's image, for real: it answers what was judged, says what it holds, and gets no name where it does not."""

import contextlib
import json
import subprocess
import time
import urllib.request

import numpy as np
import onnxruntime
import pytest

from lockgate.adapters.docker.images import DockerImages

pytestmark = pytest.mark.slow
ROW = {
    "age": 39, "education-num": 13, "capital-gain": 2174, "capital-loss": 0, "hours-per-week": 40,
    "workclass": "State-gov", "education": "Bachelors", "marital-status": "Never-married",
    "occupation": "Adm-clerical", "relationship": "Not-in-family", "native-country": "United-States",
}  # fmt: skip
ROWS = [ROW, ROW | {"age": 52, "capital-gain": 15024}, ROW | {"age": 17, "education-num": 6, "workclass": "Private"}]
DTYPES = {"float32": np.float32, "int64": np.int64, "string": np.object_}


@contextlib.contextmanager
def running(engine, image, **options):
    container = engine.containers.run(image, detach=True, init=True, **options)
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def released_clone(copy_delivered, tmp_path_factory):
    """A delivered clone that these tests only read."""
    return copy_delivered(tmp_path_factory.mktemp("released") / "clone")


@pytest.fixture(scope="module")
def release_image(engine, serving_environment, released_clone, run_lockgate):
    tag = "lockgate-test/census:release"
    done = run_lockgate(released_clone, "image", "release", "--tag", tag, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    yield json.loads(done.stdout)
    engine.images.remove(tag, force=True)


def test_the_release_image_answers_what_the_released_model_answers(engine, release_image, released_clone):
    release = _release(released_clone)
    with running(
        engine, release_image["id"], read_only=True, tmpfs={"/tmp": ""}, ports={"3000/tcp": ("127.0.0.1", 0)}
    ) as container:
        _wait_until_healthy(container)
        answer = _predict(container, ROWS)
        assert container.exec_run("id -u").output.strip() == b"1034"
        assert container.exec_run("touch /home/bentoml/bento/new").exit_code != 0
        assert not [line for line in container.logs().decode().splitlines() if "Traceback" in line]
    expected = _onnx(release, ROWS)
    found = [list(prediction["probabilities"].values()) for prediction in answer["predictions"]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert answer["release"] == release_image["labels"]["lockgate.release"]


def test_the_release_image_answers_every_held_out_row_as_judged(release_image, released_clone, run_lockgate):
    done = run_lockgate(released_clone, "parity", "--image", release_image["tag"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 16281 labels flip" in done.stdout


def test_an_image_that_answers_otherwise_than_its_bento_gets_no_tag(
    engine, serving_environment, delivered_clone, run_lockgate
):
    service = delivered_clone / "serving/service.py"
    answers = "self.session.run(FORM.outputs, feed)"
    inverted = f"[a if a.ndim == 1 or str(BUNDLE.folder)[:6] != '/home/' else a[:, ::-1] for a in {answers}]"
    service.write_text(service.read_text().replace(answers, inverted))
    subprocess.run(["git", "commit", "--quiet", "--all", "-m", "In an image alone"], cwd=delivered_clone, check=True)
    before = {image.id for image in engine.images.list(all=True)}
    done = run_lockgate(delivered_clone, "image", "release", "--tag", "lockgate-test/census:inverted")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "to the typical row" in done.stderr
    assert DockerImages().find("lockgate-test/census:inverted") is None
    assert {image.id for image in engine.images.list(all=True)} == before
    assert not [each for each in engine.containers.list() if "inverted" in str(each.image.tags)]


def test_an_image_that_is_no_release_is_not_compared(serving_environment, delivered_clone, run_lockgate):
    done = run_lockgate(delivered_clone, "parity", "--image", serving_environment.tag)
    assert done.returncode != 0
    assert "has no label lockgate.release" in done.stderr


def test_the_release_image_says_what_it_holds(engine, release_image, serving_environment, released_clone, run_lockgate):
    labels = engine.images.get(release_image["id"]).labels
    source = json.loads((_release(released_clone) / "provenance.json").read_text())["source"]
    assert labels["org.opencontainers.image.revision"] == source["commit"]
    assert labels["org.opencontainers.image.title"] == "census"
    assert labels["lockgate.release"].removeprefix("sha256:").startswith(_release(released_clone).name)
    assert labels["lockgate.environment"] == serving_environment.id
    assert release_image["labels"].items() <= labels.items()
    done = run_lockgate(released_clone, "verify", release_image["tag"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_altered_release_becomes_no_image(delivered_clone, run_lockgate):
    with (_release(delivered_clone) / "model.onnx").open("ab") as file:
        file.write(b"\0")
    done = run_lockgate(delivered_clone, "image", "release")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "was changed" in done.stderr


def test_without_its_serving_environment_a_release_becomes_no_image(engine, delivered_clone, run_lockgate):
    done = run_lockgate(delivered_clone, "image", "release", "--environment", "nobody/nothing")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "lockgate image serving" in done.stderr


def _release(clone):
    (folder,) = (path.parent for path in (clone / "build" / "releases").glob("*/manifest.json"))
    return folder


def _wait_until_healthy(container):
    deadline = time.monotonic() + 90
    state = ""
    while state != "healthy" and time.monotonic() < deadline:
        time.sleep(0.2)
        container.reload()
        assert container.status == "running", container.logs().decode()
        state = container.attrs["State"]["Health"]["Status"]
    assert state == "healthy", container.logs().decode()


def _predict(container, rows):
    (address,) = container.attrs["NetworkSettings"]["Ports"]["3000/tcp"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{address['HostPort']}/predict",
        json.dumps({"rows": rows}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _onnx(release, rows):
    signature = json.loads((release / "signature.json").read_text())
    feed = {
        column["name"]: np.array([[row[column["name"]]] for row in rows], dtype=DTYPES[column["dtype"]])
        for column in signature["inputs"]
    }
    session = onnxruntime.InferenceSession(release / "model.onnx", providers=["CPUExecutionProvider"])
    return session.run([signature["probabilities"]], feed)[0]
