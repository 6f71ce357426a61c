"""docs/your-model.md takes a reader from an empty repository to a gated model: this does exactly what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/your-model.md").read_text()
FILES = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sh(folder, command):
    # Python finds the tests' imports from the repository's root, as `python -m pytest` does.
    return subprocess.run(
        command, shell=True, cwd=folder, env=os.environ, capture_output=True, text=True, check=False, timeout=300
    )


def test_a_reader_gets_from_an_empty_repository_to_a_gated_model(tmp_path):
    begin, deliver = COMMANDS.findall(PAGE)
    for command in begin.splitlines():
        assert sh(tmp_path, command).returncode == 0, command
    files = dict(FILES.findall(PAGE))
    assert {"tumours.py", "params.yaml", "dvc.yaml", "deploy/staging.yaml", "tests/test_tumours.py"} <= set(files)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    shutil.copytree(ROOT / "serving", tmp_path / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    said = ""
    for command in deliver.splitlines():
        done = sh(tmp_path, command)
        said += done.stdout
        assert done.returncode == 0, command + done.stdout + done.stderr
    assert "verdict on logistic" in said
    assert "PASSED" in said
    assert "champion of staging: release" in said
    quick = sh(tmp_path, re.search(r"`(lockgate train .*?)`", PAGE)[1])
    assert quick.returncode == 0, quick.stderr
    assert (tmp_path / "build/tries/logistic/trained/trained.json").exists()
