"""DVC as its users know it, on this repository, without Lockgate's own verbs."""

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.slow


def dvc(folder, *arguments):
    done = subprocess.run(["dvc", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_reading_commands_work(delivered_clone):
    assert "Data and pipelines are up to date" in dvc(delivered_clone, "repro")
    assert "metrics.roc_auc" in dvc(delivered_clone, "metrics", "show")
    assert "train@torch" in dvc(delivered_clone, "dag")
    assert "index.html" in dvc(delivered_clone, "plots", "show")
    dvc(delivered_clone, "metrics", "diff")
    assert dvc(delivered_clone, "params", "diff") == ""


def test_an_experiment_shows_what_it_changed(delivered_clone):
    dvc(delivered_clone, "exp", "run", "-S", "train.sklearn.max_iter=20", "train@sklearn")
    assert "train.sklearn.max_iter" in dvc(delivered_clone, "params", "diff")
    changed = dvc(delivered_clone, "metrics", "diff")
    assert "candidates/sklearn/validation.json" in changed
    assert "candidates/torch" not in changed
    dvc(delivered_clone, "exp", "show", "--csv")


def test_what_was_pushed_can_be_pulled_where_nothing_is(delivered_clone):
    dvc(delivered_clone, "push")
    shutil.rmtree(delivered_clone / ".dvc/cache")
    shutil.rmtree(delivered_clone / "build/candidates")
    dvc(delivered_clone, "pull")
    assert (delivered_clone / "build/candidates/torch/export/model.onnx").exists()
    assert "Data and pipelines are up to date" in dvc(delivered_clone, "repro")
