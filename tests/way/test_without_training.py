"""A bought ONNX file of which nobody has the training rows is a candidate, and its gates say what is unknown."""

import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

pytestmark = pytest.mark.slow

PLUGIN = """\
import shutil

import numpy as np

from lockgate.project import Column, Plugin, Trained


class Bought(Plugin):
    def data(self):
        return {split: rows(seed) for seed, split in enumerate(("validation", "test"))}

    def inputs(self):
        return [Column("size", "float32"), Column("weight", "float32")]

    def train(self, run):
        shutil.copy("bought.onnx", run.folder / "model.onnx")
        return Trained("onnx", "model.onnx", tuple(self.inputs()), ("no", "yes"))


def rows(seed):
    known = np.random.default_rng(seed).normal(size=(2, 800)).astype(np.float32)
    return {"size": known[0], "weight": known[1], "ripe": np.where(known.sum(axis=0) > 0, "yes", "no").astype(object)}
"""
PARAMS = """\
model: fruit
plugin: bought:Bought
candidates: [file]
environments: [staging]
data: {}
train: {file: {}}
tables:
  validation: build/data/validation.parquet
  test: build/data/test.parquet
  label: ripe
  positive: "yes"
tests: {command: python -m pytest -q --junitxml=build/junit.xml tests, report: build/junit.xml}
gates:
  tests: {min_tests: 1}
  accuracy: {metric: accuracy, floor: 0.9, margin: 0.05}
  data: {without_training: allowed}
  parity: {max_absolute: 1.0e-5, max_relative: 1.0, without_source: variation_only}
"""
STAGES = """\
stages:
  prepare:
    cmd: lockgate prepare
    deps: [bought.py]
    params: [data, plugin, tables]
    outs: [build/data/validation.parquet, build/data/test.parquet]
  train:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate train --candidate ${item.candidate}
    deps: [build/data/validation.parquet, bought.py, bought.onnx]
    params: [plugin, tables, "train.${item.candidate}"]
    outs: ["build/candidates/${item.candidate}/trained"]
    metrics: ["build/candidates/${item.candidate}/validation.json"]
    plots: ["build/candidates/${item.candidate}/epochs.csv"]
  export:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate export --candidate ${item.candidate}
    deps: [build/data/validation.parquet, "build/candidates/${item.candidate}/trained", bought.py]
    params: [plugin, tables]
    outs: ["build/candidates/${item.candidate}/export"]
  check:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate check --candidate ${item.candidate}
    deps: [build/data/validation.parquet, build/data/test.parquet, serving/requirements.txt,
           "build/candidates/${item.candidate}/trained", "build/candidates/${item.candidate}/export", bought.py]
    params: [plugin, tables, {measuring.yaml: [data, accuracy, parity, explanation, robustness]}]
    outs: ["build/candidates/${item.candidate}/evidence"]
"""
WAIVER = "waivers:\n  - {gate: accuracy, scope: no-champion-yet, reason: the first release, name: The growers}\n"


def bought():
    """A file that says how likely a fruit is ripe, of two numbers in one tensor."""
    weights = numpy_helper.from_array(np.array([[-4, 4], [-4, 4]], dtype=np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["X", "weights"], ["sums"]), helper.make_node("Softmax", ["sums"], ["likely"])],
        "fruit",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("likely", TensorProto.FLOAT, [None, 2])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def project(tmp_path, own_data):
    root = tmp_path / "fruit"
    files = {"bought.py": PLUGIN, "params.yaml": PARAMS, "dvc.yaml": STAGES, "deploy/waivers.yaml": WAIVER}
    files |= {"deploy/staging.yaml": "environment: staging\n", "tests/test_it.py": "def test_it():\n    pass\n"}
    files |= {".gitignore": "/build/\n/mlflow.db*\n/mlartifacts/\n__pycache__/\n"}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    onnx.save(bought(), root / "bought.onnx")
    with resources.as_file(resources.files("lockgate") / "template/serving") as service:
        shutil.copytree(service, root / "serving")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    subprocess.run(["dvc", "init", "--quiet"], cwd=root, check=True, env=os.environ)
    committed(root)
    return root


def committed(root: Path) -> None:
    for arguments in (("add", "--all"), ("commit", "--quiet", "--message", "As it lies here")):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def test_a_file_without_training_rows_passes_where_the_policy_says_so(project, run_lockgate):
    done = run_lockgate(project, "deliver")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "validation 800 rows, test 800 rows" in done.stdout
    assert "file: no training rows here; on 800 validation rows: " in done.stdout
    assert "rows and 800 held-out rows are answered as judged" in done.stdout
    card = next((project / "build/releases").glob("*/README.md")).read_text()
    assert "as gates.data.without_training allows" in card
    assert "| in the validation rows |" in card
    assert "`profile.json` says what the validation rows looked like" in card

    drilled = run_lockgate(project, "drill")
    assert drilled.returncode == 2
    assert "a drill makes bad candidates of training rows" in drilled.stderr

    settings = project / "params.yaml"
    settings.write_text(settings.read_text().replace("data: {without_training: allowed}", "data: {}"))
    committed(project)
    judged = run_lockgate(project, "gate", "-v")
    assert judged.returncode == 4, judged.stdout + judged.stderr
    assert "undecided data, measured: nobody has the training rows: " in judged.stdout
    assert "set gates.data.without_training: allowed" in judged.stdout
    assert "passed    data, duplicates: 0 of 800 test rows are exact duplicates of rows in validation" in judged.stdout
