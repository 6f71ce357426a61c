"""The projects in examples/: each is copied into an empty folder, delivered, promoted, served, and run again."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tutorial import BEGIN, SERVICE

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.model.request_rows import write_rows
from lockgate.domain.model.signature import Signature

DOCUMENTS = TypedDocuments(LocalFiles())
EXAMPLES = Path(__file__).parents[2] / "examples"
LINES = 150
TASKS = {"digits": "multiclass", "language": "multiclass", "diamonds": "regression", "demand": "regression"}


def test_every_example_is_delivered_here():
    assert {path.parent.name for path in EXAMPLES.glob("*/params.yaml")} == set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_an_example_is_short(name):
    """Of the plug-in, the settings, the stages and the tests; empty lines do not count."""
    files = [path for path in (EXAMPLES / name).rglob("*") if path.suffix in {".py", ".yaml"}]
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    assert len(files) >= 5
    assert len(lines) < LINES


def run(folder, commands):
    """Run commands of the environment that runs the tests: a minute where nothing else runs, several beside others."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-e", "-c", commands]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def served(folder, rows):
    """What the released model answers, served as its users serve it."""
    command = [str(Path(sys.executable).parent / "lockgate"), "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().split(" at ")[1].split(";")[0]
        request = urllib.request.Request(f"{url}/predict", json.dumps({"rows": rows}).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["predictions"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_an_example_is_delivered_promoted_and_served(name, tmp_path):
    folder = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "build"))
    run(folder, f"{BEGIN}\n{SERVICE}\ngit add --all; git commit -qm {name}")
    said = run(folder, "lockgate deliver")
    assert re.search("verdict on .*: PASSED", said), said

    run(folder, "git add dvc.lock measuring.yaml; git commit -qm stages; lockgate promote staging")
    assert "champion of staging: release" in run(folder, "lockgate status")
    again = run(folder, "lockgate run; lockgate gate -v")
    assert "  cached   check@" in again
    assert "the model is that of the champion" in again
    assert "  ran   " not in again
    demand_served_as_judged(folder, TASKS[name])


def demand_served_as_judged(folder, task):
    (release,) = (path.parent for path in (folder / "build/releases").glob("*/manifest.json"))
    signature = DOCUMENTS.read(release / "signature.json", Signature)
    assert signature.task.kind == task
    columns = ParquetTables(LocalFiles()).read(folder / "build/data/test.parquet")
    kinds = {each.name: each.type for each in signature.inputs}
    answers = served(folder, write_rows({column: columns[column][:20] for column in kinds}, kinds))
    scores = pq.read_table(release / "evidence/scores.parquet").slice(0, 20).to_pylist()
    if task == "regression":
        columns = [column for column in scores[0] if column.startswith("score of ")]
        judged = [[row[column] for column in columns] for row in scores]
        assert [pytest.approx([*each["values"].values()], rel=1e-5) for each in answers] == judged
    else:
        assert [each["label"] for each in answers] == [row["predicted"] for row in scores]
