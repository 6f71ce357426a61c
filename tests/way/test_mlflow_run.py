"""`mlflow run .` delivers: its run is the delivery, each training a child of it. One candidate cannot be exported."""

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.slow
ANSWER = "torch.softmax(self.logits(features), dim=1)"
WITHOUT_CONVERTER = f"{ANSWER} + 0 * torch.special.i0(features).sum()"
"""An operator that ONNX does not have."""


def alter(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def delivered_by_mlflow(copy_delivered, tmp_path_factory):
    """The clone, MLflow's address, and what `mlflow run` said."""
    clone = copy_delivered(tmp_path_factory.mktemp("mlflow") / "clone")
    # `make deliver` makes the environment anew where it is of another lock file: it would be that of all other tests.
    subprocess.run(["make", "--question", "environment"], cwd=clone, check=True)
    alter(clone / "params.yaml", "epochs: 30", "epochs: 2")
    alter(clone / "src/census/torch_candidate.py", ANSWER, WITHOUT_CONVERTER)
    subprocess.run(["git", "-C", str(clone), "commit", "-qam", "A network that cannot be exported"], check=True)
    uri = f"sqlite:///{clone}/mlflow.db"
    done = subprocess.run(
        ["mlflow", "run", ".", "--env-manager", "local", "--experiment-name", "census"],
        cwd=clone,
        env=os.environ | {"MLFLOW_TRACKING_URI": uri},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return clone, uri, said


def test_mlflow_run_delivers(delivered_by_mlflow):
    _, uri, said = delivered_by_mlflow
    assert "PASSED" in said
    code = (
        "import json, sys, mlflow\n"
        f"runs = mlflow.MlflowClient({uri!r}).search_runs(['1'], order_by=['start_time DESC'])\n"
        "print(json.dumps([[r.info.run_id, r.info.run_name, r.info.status, r.data.tags] for r in runs]))\n"
    )
    found = json.loads(subprocess.run(["python", "-W", "ignore", "-c", code], check=True, capture_output=True).stdout)
    (delivery,) = (run for run in found if run[3].get("mlflow.project.backend") == "local")
    assert delivery[2] == "FINISHED"
    children = [run for run in found if run[3].get("mlflow.parentRunId") == delivery[0]]
    assert {(name, status) for _, name, status, _ in children} == {("torch", "FINISHED")}


def test_a_candidate_whose_export_fails_is_out_and_the_verdict_says_so(delivered_by_mlflow):
    clone, _, said = delivered_by_mlflow
    assert "export@torch with exit code 2" in said
    assert "candidate torch is out" in said
    verdict = json.loads((clone / "build/verdict.json").read_text())
    standings = {standing["candidate"]: standing for standing in verdict["selection"]["standings"]}
    assert standings["torch"]["value"] is None
    assert "export failed" in standings["torch"]["reason"]
    assert standings["sklearn"]["value"] > 0.9
