"""`mlflow run .` delivers: its run is the delivery, each training a child of it."""

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.slow


def test_mlflow_run_delivers(delivered_clone):
    # `make deliver` makes the environment anew where it is of another lock file: it would be that of all other tests.
    subprocess.run(["make", "--question", "environment"], cwd=delivered_clone, check=True)
    params = delivered_clone / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 30", "epochs: 2", 1))
    subprocess.run(["git", "-C", str(delivered_clone), "commit", "-qam", "Fewer epochs of torch"], check=True)
    uri = f"sqlite:///{delivered_clone}/mlflow.db"
    done = subprocess.run(
        ["mlflow", "run", ".", "--env-manager", "local", "--experiment-name", "census"],
        cwd=delivered_clone,
        env=os.environ | {"MLFLOW_TRACKING_URI": uri},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED" in done.stdout + done.stderr
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
