"""The whole way, for real: a fresh clone, data pulled and trained on, gated, released, registered, packaged, served."""

import filecmp
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow


CANDIDATES = ("sklearn", "fairlearn", "torch", "tensorflow")


def git(folder, *arguments):
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def test_a_first_delivery_really_trains_and_says_what_it_decided(first_delivery):
    _, done = first_delivery
    for stage in (
        "prepare",
        "reference",
        *(f"{verb}@{name}" for verb in ("train", "export", "check") for name in CANDIDATES),
    ):
        assert f"ran      {stage} in " in done.stdout
    assert "-> sklearn" in done.stdout
    assert "PASSED" in done.stdout
    assert "labels and probabilities equal the judged model's" in done.stdout
    assert "build/verdict.json" in done.stdout


def test_training_again_gives_the_same_bytes(delivered_clone):
    """The networks; scikit-learn's and fairlearn's trees and the glassbox are fitted twice in tests of their own."""
    locked = (delivered_clone / "dvc.lock").read_text()
    stages = [f"train@{name}" for name in ("torch", "tensorflow")]
    command = ["dvc", "repro", "--force", "--single-item", *stages]
    done = subprocess.run(command, cwd=delivered_clone, check=True, capture_output=True, text=True)
    assert all(f"Running stage '{stage}'" in done.stdout for stage in stages)
    assert (delivered_clone / "dvc.lock").read_text() == locked


@pytest.mark.parametrize(
    ("candidate", "least"), [("sklearn", 0.92), ("fairlearn", 0.92), ("torch", 0.90), ("tensorflow", 0.90)]
)
def test_the_evidence_meets_the_stated_figures(first_delivery, candidate, least):
    evidence = first_delivery[0] / f"build/candidates/{candidate}/evidence"
    accuracy = json.loads((evidence / "accuracy.json").read_text())
    parity = json.loads((evidence / "parity.json").read_text())
    assert accuracy["rows"] == parity["rows"] == 16_281
    assert accuracy["metrics"]["roc_auc"] >= least
    assert parity["flips"] == 0
    (probabilities,) = (output for output in parity["outputs"] if output["name"] == "probabilities")
    assert probabilities["max_absolute"] < 1e-5


def different(one, other, below):
    """The files of two working copies that are not the same below a folder."""
    names = sorted({path.relative_to(root) for root in (one, other) for path in (root / below).rglob("*")})
    return [
        str(name)
        for name in names
        if not (one / name).is_dir()
        and not (
            (one / name).is_file() and (other / name).is_file() and filecmp.cmp(one / name, other / name, shallow=False)
        )
    ]


def test_a_second_delivery_retrains_nothing_and_makes_nothing_twice(first_delivery, delivered_clone, run_lockgate):
    done = run_lockgate(delivered_clone, "deliver", "--json")
    delivery = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {stage["state"] for stage in delivery["run"]["stages"]} == {"cached"}
    assert delivery["release"] in first_delivery[1].stdout, first_delivery[1].stdout + done.stderr
    assert delivery["registered"]["created"] is False
    assert delivery["package"]["created"] is False, "\n".join(different(first_delivery[0], delivered_clone, "build"))
    assert "nothing was retrained" in done.stderr


def test_the_server_is_stopped_when_the_delivery_ends(first_delivery):
    url = next(line for line in first_delivery[1].stdout.splitlines() if "POST http" in line)
    port = int(url.split(":")[-1].split("/")[0])
    listening = Path("/proc/net/tcp").read_text()
    assert f":{port:04X} 00000000:0000 0A" not in listening


def test_registered_versions_carry_both_digests_and_the_alias(first_delivery):
    folder, _ = first_delivery
    with sqlite3.connect(folder / "mlflow.db") as database:
        tags = dict(database.execute("select key, value from model_version_tags"))
        (alias,) = database.execute("select alias from registered_model_aliases").fetchone()
    database.close()
    manifest = next((folder / "build/releases").glob("*/manifest.json"))
    assert tags["lockgate.release"].startswith(f"sha256:{manifest.parent.name}")
    assert tags["lockgate.verdict"] == "passed"
    assert alias == "challenger"


def test_a_release_holds_no_row_of_anybody(first_delivery):
    release = next((first_delivery[0] / "build/releases").glob("*/manifest.json")).parent
    (table,) = release.rglob("*.parquet")
    assert pq.read_schema(table).names == ["row", "label", "predicted", "score of >50K"]


def test_a_refused_candidate_is_not_released(delivered_clone, run_lockgate):
    params = delivered_clone / "params.yaml"
    quick = params.read_text().replace("pytest tests/census ", "pytest tests/census/test_stages.py ")
    params.write_text(quick.replace("floor: 0.92", "floor: 0.999"))
    git(delivered_clone, "commit", "-qam", "Raise the floor")
    done = run_lockgate(delivered_clone, "deliver")
    assert done.returncode == 3, done.stderr
    assert "better by 0.07" in done.stdout
    assert "Nothing was released" in done.stdout
    for verb in ("release", "register", "package", "serve"):
        assert run_lockgate(delivered_clone, verb).returncode == 3, verb


def test_uncommitted_changes_leave_the_verdict_undecided(delivered_clone, run_lockgate):
    with (delivered_clone / "src/census/__init__.py").open("a") as file:
        file.write("# Not committed.\n")
    (delivered_clone / "notes.txt").write_text("Nobody reads this.\n")
    done = run_lockgate(delivered_clone, "gate")
    assert done.returncode == 4
    assert "uncommitted changes: src/census/__init__.py" in done.stdout
    assert "notes.txt" not in done.stdout


@pytest.fixture(scope="module")
def first_promotion(first_delivery, tmp_path_factory, run_lockgate):
    """A delivered release that became the champion of staging; no test ran again for that commit."""
    clone = shutil.copytree(first_delivery[0], tmp_path_factory.mktemp("promoted") / "clone", symlinks=True)
    assert run_lockgate(clone, "promote", "staging").returncode == 0
    assert git(clone, "show", "--name-only", "--format=").split() == ["deploy/keys.yaml", "deploy/staging.yaml"]
    return clone


@pytest.fixture
def promoted_clone(first_promotion, tmp_path):
    return shutil.copytree(first_promotion, tmp_path / "clone", symlinks=True)


def test_a_champion_is_compared_with_and_lapses_the_waiver(promoted_clone, run_lockgate):
    done = run_lockgate(promoted_clone, "gate", "--json")
    verdict = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert verdict["waivers"] == []
    assert any("the model is that of the champion" in finding["message"] for finding in verdict["findings"])
    assert "champion of staging: release" in run_lockgate(promoted_clone, "status").stdout


def test_another_candidate_meets_the_champion_on_the_same_rows_and_is_judged_again_without_a_model(
    promoted_clone, run_lockgate
):
    assert run_lockgate(promoted_clone, "check", "champion", "latency", "--candidate", "torch").returncode == 0
    done = run_lockgate(promoted_clone, "gate", "--candidate", "torch", "--json")
    assert done.returncode == 3
    found = {(f["gate"], f["rule"]): f for f in json.loads(done.stdout)["findings"]}
    against = found["accuracy", "champion"]
    assert (against["outcome"], against["rows"]) == ("refused", 16_281)
    assert against["interval"]["high"] < -0.002
    assert found["accuracy", "slice sex=Male: champion"]["interval"]["method"] == "delong"
    # The champion was asked what it depends on, on these rows.
    assert list((promoted_clone / "build/champions").glob("*/evidence/explanation.json"))
    # A number that is missing is imputed inside the graph.
    assert found["robustness", "finite"]["outcome"] == "passed"
    # A network in place of 500 trees: smaller, and timed beside them in one process.
    assert found["latency", "size ratio"]["measured"] < 1
    assert found["latency", "ratio, 1000 rows"]["interval"]["method"] == "order statistics"
    params = (promoted_clone / "params.yaml").read_text()
    wider = promoted_clone / "build/wider.yaml"
    wider.write_text(params[params.index("gates:") :].replace("margin: 0.002", "margin: 0.03"))
    done = run_lockgate(promoted_clone, "gate", "-v", "--candidate", "torch", "--policy", str(wider), "--json")
    assert "passed    accuracy, champion: roc_auc" in done.stderr


def test_a_champion_comes_from_the_registry_where_neither_disk_nor_store_has_it(
    promoted_clone, run_lockgate, monkeypatch, tmp_path
):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))
    release = next((promoted_clone / "build/releases").glob("*/manifest.json")).parent
    subprocess.run(["rm", "-r", str(release)], check=True)
    assert run_lockgate(promoted_clone, "gate").returncode == 0
    assert (release / "manifest.json").exists()


def test_a_clone_with_git_and_the_store_alone_packages_and_serves_the_champion(first_promotion, tmp_path, run_lockgate):
    """Shallow and detached, as Jenkins makes it: nothing was trained there, and no data are there."""
    bare = tmp_path / "bare"
    bare.mkdir()
    git(bare, "init", "--quiet")
    git(bare, "fetch", "--quiet", "--depth=1", f"file://{first_promotion}", "HEAD")
    git(bare, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    done = run_lockgate(bare, "package", "--release", "staging", "--json")
    assert done.returncode == 0, done.stderr
    proof = json.loads(done.stdout)["proof"]
    assert proof["release"].removeprefix("sha256:").startswith(next((bare / "build/releases").iterdir()).name)
    command = [str(Path(sys.executable).parent / "lockgate"), "serve", "--release", "staging", "--port", "0"]
    process = subprocess.Popen(command, cwd=bare, stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().split(" at ")[1].split(";")[0]
    with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGHUP)  # its terminal is gone
    assert process.wait(60) == 130
    process.stdout.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/healthz", timeout=5)
    assert run_lockgate(bare, "verify", "staging").returncode == 0


def test_a_champion_that_cannot_be_had_leaves_the_verdict_undecided(
    promoted_clone, run_lockgate, monkeypatch, tmp_path
):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))
    release = next((promoted_clone / "build/releases").glob("*/manifest.json")).parent
    subprocess.run(["rm", "-r", str(release), str(promoted_clone / "mlflow.db")], check=True)
    done = run_lockgate(promoted_clone, "gate")
    assert done.returncode == 4
    assert "the scores of the champion" in done.stdout
    assert f"is not in the store {tmp_path / 'store'}" in done.stdout


@pytest.mark.parametrize("name", ["model.onnx", "verdict.json", "evidence/parity.json"])
def test_a_changed_release_is_neither_registered_nor_packaged_nor_promoted(
    delivered_clone, run_lockgate, monkeypatch, tmp_path, name
):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))  # where it is whole, a promotion takes it from there
    release = next((delivered_clone / "build/releases").glob("*/manifest.json")).parent
    path = release / name
    path.write_bytes(path.read_bytes() + b" ")
    for arguments in (["register"], ["package"], ["promote", "staging"]):
        done = run_lockgate(delivered_clone, *arguments, "--release", release.name)
        assert done.returncode == 2, arguments
        assert f"{name} was changed" in done.stderr


def test_every_training_is_a_child_of_the_delivery_that_asked_for_it(first_delivery):
    with sqlite3.connect(first_delivery[0] / "mlflow.db") as database:
        rows = database.execute(
            "select key, value, run_uuid from tags where key like 'lockgate.%' or key like 'mlflow.p%'"
        )
        tags = {}
        for key, value, run in rows:
            tags.setdefault(run, {})[key] = value
    database.close()
    (delivery,) = (run for run, found in tags.items() if found.get("lockgate.stage") == "delivery")
    trainings = [found for found in tags.values() if found.get("lockgate.stage") == "train"]
    assert {found["lockgate.candidate"] for found in trainings} == set(CANDIDATES)
    assert {found["mlflow.parentRunId"] for found in trainings} == {delivery}


def test_the_registered_model_answers_a_data_frame_of_raw_columns_as_onnx_runtime_does(delivered_clone):
    code = (
        "import mlflow, numpy as np, onnxruntime, pandas as pd\n"
        "model = mlflow.pyfunc.load_model('models:/census@challenger')\n"
        "names = model.metadata.get_input_schema().input_names()\n"
        "frame = pd.read_parquet('build/data/test.parquet')[names]\n"
        "session = onnxruntime.InferenceSession('build/candidates/sklearn/export/model.onnx')\n"
        "label, probabilities = session.run(None, {n: frame[n].to_numpy().reshape(-1, 1) for n in names})\n"
        "for given in (frame, frame.astype({n: 'float64' for n in names if frame[n].dtype == 'float32'})):\n"
        "    answer = model.predict(given)\n"
        "    assert np.array_equal(answer['probabilities'], probabilities)\n"
        "    assert answer['label'].tolist() == label.tolist()\n"
    )
    done = subprocess.run(
        ["python", "-W", "ignore", "-c", code],
        cwd=delivered_clone,
        env={**os.environ, "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_where_every_training_has_failed_there_is_no_verdict(delivered_clone, run_lockgate):
    params = delivered_clone / "params.yaml"
    params.write_text(
        params.read_text()
        .replace("dropout: 0.3", "dropout: 0.31")
        .replace("learning_rate: 0.002", "learning_rate: 1.0e+30")
    )
    done = run_lockgate(delivered_clone, "run", "--candidate", "torch")
    assert done.returncode == 2
    assert "in epoch 1" in done.stdout
    assert "lower its learning rate" in done.stdout
    assert "stage 'train@torch' failed" in done.stderr
