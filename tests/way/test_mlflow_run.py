"""`mlflow run .` delivers: its run is the delivery, each training a child of it. One candidate cannot be exported."""

import json
import sqlite3
import subprocess

import pytest
from one_process import OneProcess
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow
STEP = '("columns", columns)'
WITHOUT_CONVERTER = f'{STEP}, ("positive", FunctionTransformer(np.abs))'
"""A step that skl2onnx cannot convert."""
QUICK = "tests/census/test_stages.py"
"""Of the project's own tests those that need no library."""


def alter(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


class Clone(OneProcess):
    """A clone in which `mlflow run` is called."""

    def __init__(self, folder):
        super().__init__("mlflow.cli:cli", folder, MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db")

    def mlflow_run(self, *arguments):
        """The exit code of `mlflow run`, and what it said."""
        return self.call("run", ".", "--env-manager", "local", "--experiment-name", "census", *arguments)


@pytest.fixture(scope="module")
def delivered_by_mlflow(copy_delivered, tmp_path_factory):
    """The clone, and what `mlflow run` said."""
    clone = copy_delivered(tmp_path_factory.mktemp("mlflow") / "clone")
    # `make deliver` makes the environment anew where it is of another lock file: it would be that of all other tests.
    subprocess.run(["make", "--question", "environment"], cwd=clone, check=True)
    alter(clone / "params.yaml", "max_iter: 60", "max_iter: 2")
    alter(clone / "params.yaml", "grid_size: 5", "grid_size: 2")
    candidate = clone / "src/census/fairlearn_candidate.py"
    alter(candidate, "import Pipeline\n", "import Pipeline\nfrom sklearn.preprocessing import FunctionTransformer\n")
    alter(candidate, STEP, WITHOUT_CONVERTER)
    alter(clone / "params.yaml", "pytest tests/census ", f"pytest {QUICK} ")
    subprocess.run(["git", "-C", str(clone), "commit", "-qam", "A model that cannot be exported"], check=True)
    started = Clone(clone)
    code, said = started.mlflow_run()
    assert code == 0, said
    yield started, said
    started.end()


def test_mlflow_run_delivers(delivered_by_mlflow):
    clone, said = delivered_by_mlflow
    assert "PASSED" in said
    with sqlite3.connect(clone.folder / "mlflow.db") as database:
        runs = {run: told for run, *told in database.execute("select run_uuid, name, status from runs")}
        tags = database.execute("select run_uuid, key, value from tags").fetchall()
    database.close()
    (delivery,) = (run for run, key, value in tags if (key, value) == ("mlflow.project.backend", "local"))
    assert runs[delivery][1] == "FINISHED"
    children = [run for run, key, value in tags if (key, value) == ("mlflow.parentRunId", delivery)]
    assert [runs[run] for run in children] == [["fairlearn", "FINISHED"]]


def test_a_candidate_whose_export_fails_is_out_and_the_verdict_says_so(delivered_by_mlflow):
    clone, said = delivered_by_mlflow
    assert "export@fairlearn with exit code 2" in said
    assert "candidate fairlearn is out" in said
    verdict = json.loads((clone.folder / "build/verdict.json").read_text())
    standings = {standing["candidate"]: standing for standing in verdict["selection"]["standings"]}
    assert standings["fairlearn"]["value"] is None
    assert "export failed" in standings["fairlearn"]["reason"]
    assert standings["sklearn"]["value"] > 0.9


def test_the_steps_are_entry_points_one_after_another(delivered_by_mlflow):
    clone, _ = delivered_by_mlflow
    (clone.folder / "build/verdict.json").unlink()
    code, said = clone.mlflow_run("-e", "run", "-P", "candidate=sklearn")
    assert (code, "export@sklearn" in said, "fairlearn" in said) == (0, True, False), said
    assert not (clone.folder / "build/verdict.json").exists()
    code, said = clone.mlflow_run("-e", "gate", "-P", "candidate=sklearn", "-P", "environment=staging")
    assert (code, "PASSED" in said) == (0, True), said
    verdict = json.loads((clone.folder / "build/verdict.json").read_text())
    assert (verdict["candidate"]["subject"]["candidate"], verdict["environment"]) == ("sklearn", "staging")
    steps = YAML(typ="safe", pure=True).load(clone.folder / "MLproject")["entry_points"]
    assert steps["deliver"] == steps["main"]


def test_an_environment_that_there_is_not_fails_the_step(delivered_by_mlflow):
    code, said = delivered_by_mlflow[0].mlflow_run("-e", "gate", "-P", "environment=nowhere; true")
    assert (code, "no environment is called 'nowhere; true'" in said) == (1, True), said
