"""The served model answers raw rows, and bad rows with 400 and the reason."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lockgate.adapters.bentoml.packager import BentoPackager
from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.errors import ToolError
from lockgate.testing.examples import write_bundle

pytestmark = pytest.mark.slow
DOCUMENTS = TypedDocuments(LocalFiles())
SERVING = Path(__file__).parents[2] / "serving"

ROW = {
    "age": 39, "education-num": 13, "capital-gain": 2174, "capital-loss": 0, "hours-per-week": 40,
    "workclass": "State-gov", "education": "Bachelors", "marital-status": "Never-married",
    "occupation": "Adm-clerical", "relationship": "Not-in-family", "native-country": "United-States",
}  # fmt: skip


@pytest.fixture(scope="module")
def serving(first_delivery):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "lockgate"), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=first_delivery[0], stdout=subprocess.PIPE, text=True)
    try:
        assert "Ctrl-C stops it" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}", process.stdout
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        process.stdout.close()
    assert code == 130
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
        pass


@pytest.fixture
def server(serving):
    return serving[0]


def ask(url, rows):
    body = rows if isinstance(rows, bytes) else json.dumps({"rows": rows}).encode()
    request = urllib.request.Request(f"{url}/predict", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_row_is_answered_with_label_probabilities_and_the_release(server, first_delivery):
    status, answer = ask(server, [ROW])
    manifest = next((first_delivery[0] / "build/releases").glob("*/manifest.json"))
    assert status == 200
    assert answer["release"].startswith(f"sha256:{manifest.parent.name}")
    (prediction,) = answer["predictions"]
    assert prediction["label"] == "<=50K"
    assert sum(prediction["probabilities"].values()) == pytest.approx(1.0, abs=1e-6)


def test_each_request_is_a_line_without_a_value_of_its_rows(serving):
    url, said = serving
    ask(url, [ROW] * 7)
    ask(url, [ROW | {"workclass": 12}] * 8)
    lines = []
    while not lines or "8 rows" not in lines[-1]:
        lines.append(said.readline())
    assert re.search(r"^  20\S+Z POST /predict  7 rows  200  \d+\.\d ms$", lines[-2].rstrip("\n"))
    assert "POST /predict  8 rows  400" in lines[-1]
    assert not any("State-gov" in line or "workclass" in line or "INFO" in line for line in lines)


def test_null_is_missing_and_an_unseen_category_is_answered(server):
    status, answer = ask(server, [ROW | {"workclass": None, "age": None}, ROW | {"native-country": "Atlantis"}])
    assert status == 200
    assert len(answer["predictions"]) == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW | {"age": "old"}], "age"),
        ([ROW | {"aeg": 3}], "aeg"),
        ([{key: value for key, value in ROW.items() if key != "age"}], "age"),
        ([ROW | {"capital-gain": 1e300}], "capital-gain"),
        ([], "rows"),
        (b"not json", ""),
    ],
)
def test_a_bad_row_is_answered_with_400_and_the_reason(server, rows, said):
    status, answer = ask(server, rows)
    assert status == 400, answer
    assert said in str(answer)


def test_a_taken_port_is_said_so(server, first_delivery, run_lockgate):
    done = run_lockgate(first_delivery[0], "serve", "--port", server.rsplit(":", 1)[1])
    assert done.returncode == 1
    assert "cannot listen on" in done.stderr
    assert "--port" in done.stderr


def bento(project):
    (made,) = (project / "build/bentoml/bentos/tumours").glob("[0-9a-f]*")
    return made


def test_a_service_that_ends_the_build_makes_no_package(tmp_path, monkeypatch):
    monkeypatch.delenv("BENTOML_HOME", raising=False)
    shutil.copytree(SERVING, tmp_path / "serving")
    (tmp_path / "serving/service.py").write_text("raise SystemExit(0)\n")
    bundle = write_bundle(tmp_path / "release", DOCUMENTS, LocalFiles())
    earlier = tmp_path / "build/bentoml/bentos" / bundle.name / bundle.version / "src/service.py"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("the one that serves\n")
    packager = BentoPackager(tmp_path)
    with (
        pytest.raises(ToolError, match="bentoml build made no"),
        packager.build(bundle, tmp_path / "release", tmp_path / "serving"),
    ):
        pass
    assert earlier.read_text() == "the one that serves\n", "the package of before is gone"
    assert not [*(tmp_path / "build/bentoml").glob(".building-*")]


def invert(service):
    answers = "self.session.run(FORM.outputs, feed)"
    changed = service.read_text().replace(answers, f"[a if a.ndim == 1 else a[:, ::-1] for a in {answers}]")
    assert changed != service.read_text()
    service.write_text(changed)


def test_a_service_that_was_changed_after_the_gate_is_neither_packaged_nor_served(
    tutorial, run_lockgate, in_this_process
):
    before = LocalFiles().tree(bento(tutorial))
    invert(tutorial / "serving/service.py")
    for verb in ("package", "serve"):
        done = in_this_process(tutorial, verb)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "serving/service.py is not as in the latest commit" in done.stderr
    subprocess.run(["git", "commit", "--quiet", "--all", "-m", "Answer otherwise"], cwd=tutorial, check=True)
    done = run_lockgate(tutorial, "package")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "to the typical row" in done.stderr
    assert LocalFiles().tree(bento(tutorial)) == before


def test_a_package_that_answers_otherwise_is_refused_and_one_that_was_changed_is_made_and_asked_again(
    tutorial, run_lockgate, in_this_process
):
    made = bento(tutorial)
    assert in_this_process(tutorial, "package").stdout.count("made before") == 1
    invert(made / "src/service.py")
    done = run_lockgate(tutorial, "parity", "--bento", str(made))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "packaged probabilities: largest difference" in done.stdout
    done = run_lockgate(tutorial, "package", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["created"]
    assert told["proof"]["held_out"] == 171
    assert (made / "src/service.py").read_bytes() == (tutorial / "serving/service.py").read_bytes()
    done = run_lockgate(tutorial, "parity", "--bento", str(made))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 171 labels flip" in done.stdout
    evidence = max((tutorial / "build/packaged").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    served = json.loads(evidence.read_text())["served"]
    assert served["onnxruntime"]
    assert "cpu_features" in served


def test_the_parity_verb_draws_a_page_and_refuses_what_it_cannot_do(delivered_clone, in_this_process, tmp_path):
    done = in_this_process(delivered_clone, "parity", "--candidate", "torch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<svg" in (delivered_clone / "build/candidates/torch/parity.html").read_text()
    assert in_this_process(delivered_clone, "parity", "--bento", str(tmp_path)).returncode == 2
    both = in_this_process(delivered_clone, "parity", "--bento", str(tmp_path), "--image", "x")
    assert both.returncode == 2
    assert "exclude each other" in both.stderr
