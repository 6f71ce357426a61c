"""The pipelines that users copy, run where they copy them to: in the project of docs/your-model.md."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jenkins import run_jenkinsfile
from ruamel.yaml import YAML
from tutorial import QUICK

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "src/lockgate/template"
INSTALL = """\
                sh 'test -x .venv/bin/python || python3.11 -m venv .venv'
                sh '.venv/bin/python -m pip install --quiet --requirement requirements.txt'
"""


@pytest.mark.parametrize("name", ["Jenkinsfile", "Jenkinsfile.rollback"])
def test_the_jenkinsfile_of_users_is_the_repositorys_but_for_environment_and_environments(name: str) -> None:
    ours, theirs = ((folder / name).read_text() for folder in (ROOT, TEMPLATE))
    assert theirs == ours.replace("                sh 'make environment'\n", INSTALL).replace(", 'production'", "")


def test_the_workflow_of_users_is_the_repositorys_delivery_but_for_environment_and_environments() -> None:
    load = YAML(typ="safe", pure=True).load
    ours, theirs = (load(folder / ".github/workflows/ci.yml") for folder in (ROOT, TEMPLATE))
    del ours["jobs"]["test"]
    (step,) = (each for each in theirs["jobs"]["deliver"]["steps"] if each.get("name") == "Environment")
    assert step.pop("run").splitlines() == [
        "python3.11 -m venv .venv",
        ".venv/bin/python -m pip install --quiet --requirement requirements.txt",
    ]
    (step,) = (each for each in ours["jobs"]["deliver"]["steps"] if each.get("name") == "Environment")
    assert step.pop("run") == "make environment"
    ours["on"]["workflow_dispatch"]["inputs"]["promote_to"]["options"].remove("production")
    assert theirs == ours


def test_every_file_of_the_template_is_in_the_wheel_that_users_install(tmp_path: Path) -> None:
    builder = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", builder, str(tmp_path)], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    files = [path for path in TEMPLATE.rglob("*") if path.is_file()]
    files += [path for path in (TEMPLATE / "serving").iterdir() if path.is_file()]
    wanted = {path.relative_to(ROOT / "src").as_posix() for path in files if "__pycache__" not in path.parts}
    assert len(wanted) == 6
    assert wanted <= set(names)


@pytest.mark.slow
def test_the_jenkinsfile_delivers_the_project_of_the_page_and_its_gates_pass_their_drill(
    tutorial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tutorial / "tests/test_tumours.py").write_text(QUICK)
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Test quickly"], cwd=tutorial, check=True)
    build = run_jenkinsfile(tutorial / "Jenkinsfile", tutorial, tmp_path)
    assert build.exit_code == 0, build.console
    assert {name for name, status in build.statuses.items() if status != "SUCCESS"} == {"Approve", "Promote"}
    drilled = json.loads((build.artifacts / "build/drill.json").read_text())["results"]
    fates = {found["plant"]: found["fate"] for found in drilled}
    assert fates["a retrained twin"] == "passed"
    assert fates["NaN in one weight"] == "stopped"
    assert set(fates.values()) == {"passed", "stopped", "off"}, drilled
