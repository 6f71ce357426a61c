"""`mlflow run .` delivers: its run is the delivery, each training a child of it. One candidate cannot be exported."""

import json
import os
import sqlite3
import subprocess

import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow
ANSWER = "torch.softmax(self.logits(features), dim=1)"
WITHOUT_CONVERTER = f"{ANSWER} + 0 * torch.special.i0(features).sum()"
"""An operator that ONNX does not have."""
QUICK = "tests/census/test_stages.py"
"""Of the project's own tests those that need no library."""


def alter(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def delivered_by_mlflow(copy_delivered, tmp_path_factory):
    """The clone, and what `mlflow run` said."""
    clone = copy_delivered(tmp_path_factory.mktemp("mlflow") / "clone")
    # `make deliver` makes the environment anew where it is of another lock file: it would be that of all other tests.
    subprocess.run(["make", "--question", "environment"], cwd=clone, check=True)
    alter(clone / "params.yaml", "epochs: 30", "epochs: 2")
    alter(clone / "src/census/torch_candidate.py", ANSWER, WITHOUT_CONVERTER)
    alter(clone / "params.yaml", "pytest tests/census ", f"pytest {QUICK} ")
    subprocess.run(["git", "-C", str(clone), "commit", "-qam", "A network that cannot be exported"], check=True)
    code, said = mlflow_run(clone)
    assert code == 0, said
    return clone, said


def mlflow_run(clone, *arguments):
    """The exit code of `mlflow run`, and what it said."""
    done = subprocess.run(
        ["mlflow", "run", ".", "--env-manager", "local", "--experiment-name", "census", *arguments],
        cwd=clone,
        env=os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{clone}/mlflow.db"},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    return done.returncode, done.stdout + done.stderr


def test_mlflow_run_delivers(delivered_by_mlflow):
    clone, said = delivered_by_mlflow
    assert "PASSED" in said
    with sqlite3.connect(clone / "mlflow.db") as database:
        runs = {run: told for run, *told in database.execute("select run_uuid, name, status from runs")}
        tags = database.execute("select run_uuid, key, value from tags").fetchall()
    database.close()
    (delivery,) = (run for run, key, value in tags if (key, value) == ("mlflow.project.backend", "local"))
    assert runs[delivery][1] == "FINISHED"
    children = [run for run, key, value in tags if (key, value) == ("mlflow.parentRunId", delivery)]
    assert [runs[run] for run in children] == [["torch", "FINISHED"]]


def test_a_candidate_whose_export_fails_is_out_and_the_verdict_says_so(delivered_by_mlflow):
    clone, said = delivered_by_mlflow
    assert "export@torch with exit code 2" in said
    assert "candidate torch is out" in said
    verdict = json.loads((clone / "build/verdict.json").read_text())
    standings = {standing["candidate"]: standing for standing in verdict["selection"]["standings"]}
    assert standings["torch"]["value"] is None
    assert "export failed" in standings["torch"]["reason"]
    assert standings["sklearn"]["value"] > 0.9


def test_the_steps_are_entry_points_one_after_another(delivered_by_mlflow):
    clone, _ = delivered_by_mlflow
    (clone / "build/verdict.json").unlink()
    code, said = mlflow_run(clone, "-e", "run", "-P", "candidate=sklearn")
    assert (code, "export@sklearn" in said, "torch" in said) == (0, True, False), said
    assert not (clone / "build/verdict.json").exists()
    code, said = mlflow_run(clone, "-e", "gate", "-P", "candidate=sklearn", "-P", "environment=staging")
    assert (code, "PASSED" in said) == (0, True), said
    verdict = json.loads((clone / "build/verdict.json").read_text())
    assert (verdict["candidate"]["subject"]["candidate"], verdict["environment"]) == ("sklearn", "staging")
    steps = YAML(typ="safe", pure=True).load(clone / "MLproject")["entry_points"]
    assert steps["deliver"] == steps["main"]


def test_an_environment_that_there_is_not_fails_the_step(delivered_by_mlflow):
    code, said = mlflow_run(delivered_by_mlflow[0], "-e", "gate", "-P", "environment=nowhere; true")
    assert (code, "no environment is called 'nowhere; true'" in said) == (1, True), said
