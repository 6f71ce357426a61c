"""`make environment` installs the project from the folder that it runs in: into no environment of another one."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_an_environment_that_serves_other_sources_is_left_as_it_is(tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + "# another\n")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(["make", "environment"], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert f".venv is a link to {sys.prefix}, which serves other sources: remove the link" in done.stderr
    assert "Making the environment" not in done.stdout
