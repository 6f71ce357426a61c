"""docs/your-model.md takes a reader from an empty repository to a gated model: this does exactly what it says."""

import ast
import json
import re
import subprocess

import pytest
import tutorial
from tutorial import PAGE, QUICK, WRITTEN, sh

import lockgate
from lockgate.domain.model.request_rows import read_rows


def test_the_page_makes_an_environment_of_this_version_and_nothing_else():
    assert tutorial.ENVIRONMENT.splitlines() == [
        "python3.11 -m venv .venv",
        ". .venv/bin/activate",
        "pip install --quiet --requirement requirements.txt",
    ]
    assert WRITTEN["requirements.txt"].startswith(
        f"lockgate[dvc,mlflow,release,serve,sklearn]=={lockgate.__version__}\n"
    )


def test_the_request_of_the_page_is_rows_of_its_model():
    (columns,) = re.findall(r"^COLUMNS = (.*)$", WRITTEN["tumours.py"], re.MULTILINE)
    (body,) = re.findall(r"--data '\n(.*?)'$", PAGE, re.MULTILINE | re.DOTALL)
    columns = ast.literal_eval(columns)
    assert list(read_rows(json.loads(body)["rows"], dict.fromkeys(columns, "float32"))) == columns


@pytest.mark.slow
def test_a_reader_gets_from_an_empty_repository_to_a_gated_model(first_tutorial):
    folder, said = first_tutorial
    assert "verdict on logistic" in said
    assert "PASSED" in said
    assert "champion of staging: release" in said
    changes = subprocess.run(["git", "status", "--porcelain"], cwd=folder, capture_output=True, text=True, check=True)
    assert changes.stdout == "", "the page leaves something uncommitted"


@pytest.mark.slow
def test_what_the_page_names_in_passing_works_too(tutorial):
    for command in {*re.findall(r"`(lockgate (?:train|policy) .*?)`", PAGE)}:
        done = sh(tutorial, command)
        assert done.returncode == 0, command + done.stdout + done.stderr
    assert (tutorial / "build/tries/logistic/trained/trained.json").exists()


@pytest.mark.slow
def test_what_serves_already_is_delivered_again_without_anything_new(tutorial):
    (tutorial / "tests/test_tumours.py").write_text(QUICK)
    done = sh(tutorial, "git commit --quiet --all --message Test; lockgate deliver; lockgate status; lockgate register")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "staging serves this content already" in done.stdout
    assert "make it champion" not in done.stdout
    assert "served by staging, verdict passed" in done.stdout
    assert "blocked" not in done.stdout
    assert done.stdout.count("tumours version 1, alias challenger, in sqlite:///mlflow.db: registered before") == 2
