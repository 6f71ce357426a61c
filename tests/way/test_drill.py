"""The drill on the reference project: where a gate is loosened, it says so. The whole of it is run by the pipeline."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from one_process import OneProcess
from tutorial import QUICK

pytestmark = pytest.mark.slow
DOCS = Path(__file__).parents[2] / "docs/drill.md"


@pytest.fixture(scope="module")
def drilling(first_tutorial, tmp_path_factory):
    """A process that drills the page's project, whose tests are quick ones and are run on what is committed."""
    folder = shutil.copytree(first_tutorial[0], tmp_path_factory.mktemp("drill") / "tutorial", symlinks=True)
    (folder / "tests/test_tumours.py").write_text(QUICK)
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Test quickly"], cwd=folder, check=True)
    started = OneProcess("lockgate.cli.main:run", folder)
    yield started
    started.end()


@pytest.fixture
def drilled(drilling):
    """That process, in a project without changes."""
    yield drilling
    subprocess.run(["git", "checkout", "--quiet", "."], cwd=drilling.folder, check=True)


def changed(folder, old, new):
    params = (folder / "params.yaml").read_text()
    assert old in params
    (folder / "params.yaml").write_text(params.replace(old, new))


def test_one_plant_is_told_as_a_document_and_nothing_of_it_is_left(drilled, run_lockgate):
    done = run_lockgate(drilled.folder, "drill", "--json", "--only", "int8")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert [(found["plant"], found["fate"]) for found in results] == [
        ("the candidate itself", "passed"),
        ("harmful int8 quantization", "stopped"),
    ]
    assert "all of 2 went as they must" in done.stderr
    assert json.loads((drilled.folder / "build/drill.json").read_text())["results"] == results
    assert not list((drilled.folder / "build/drill").glob("*/*.parquet"))


@pytest.mark.parametrize(
    ("limit", "code", "told"),
    [
        (0.995, 0, r"stopped +a feature that leaks the label +data +"),
        (1.0, 3, r"through +a feature that leaks the label +data +the gate data let it pass"),
    ],
)
def test_a_gate_that_is_loosened_lets_its_plant_through_and_the_drill_ends_with_3(limit, code, told, drilled):
    changed(drilled.folder, "  parity:\n", f"  data: {{max_distance: 0.5, max_single_feature: {limit}}}\n  parity:\n")
    ended, said = drilled.call("drill", "--only", "leaks")
    assert ended == code, said
    assert re.search(told, said), said
    assert ("1 of 2 did not go as they must: a feature that leaks the label" in said) == (code == 3)


WAIVER = """  - gate: accuracy
    candidate: {candidate}
    expires: {expires}
    reason: the floor is raised next month
    name: Lock Keeper
"""


def test_a_candidate_that_does_not_pass_itself_is_drilled_by_a_waiver_alone_and_no_plant_is_let_through_by_it(drilled):
    changed(drilled.folder, "    floor: 0.95\n", "    floor: 0.999\n")
    code, said = drilled.call("drill", "--only", "a constant")
    assert code == 4
    assert "logistic does not pass the gates itself: accuracy, floor" in said
    waivers = drilled.folder / "deploy/waivers.yaml"
    before = waivers.read_text()
    candidate = json.loads((drilled.folder / "build/verdict.json").read_text())["content"]
    waivers.write_text(before + WAIVER.format(candidate=candidate, expires="2999-01-01"))
    code, said = drilled.call("drill", "--only", "con")
    assert code == 0, said
    assert re.search(r"passed +the candidate itself .*it passed, by permission: accuracy, floor", said)
    assert re.search(r"stopped +a constant +accuracy +refused, worse-than-champion", said)
    assert re.search(r"off +overconfident +calibration +gates.calibration is off", said)
    waivers.write_text(before + WAIVER.format(candidate=candidate, expires="2020-01-01"))
    assert drilled.call("drill", "--only", "a constant")[0] == 4


BROKEN = """

class Lost(YoungAlone):
    name = "young and lost"

    def plant(self, bed):
        raise OSError("no rows")


class Ending(YoungAlone):
    name = "young and ending"

    def plant(self, bed):
        raise SystemExit(0)
"""


def test_a_plant_of_the_projects_own_as_the_docs_show_it(delivered_clone, run_lockgate):
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (settings,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (delivered_clone / "young.py").write_text(code + BROKEN)
    others = "".join(f', "young:{name}"' for name in ("Lost", "Ending"))
    changed(delivered_clone, "pytest tests/census ", "pytest tests/census/test_stages.py ")
    changed(delivered_clone, "# --- the policy", settings.replace('"]', f'"{others}]') + "\n# --- the policy")
    done = run_lockgate(delivered_clone, "drill", "--only", "young")
    assert done.returncode == 4, done.stdout + done.stderr
    assert re.search(r"stopped +trained on the young alone +accuracy +refused, ", done.stdout)
    for error in ("OSError: no rows", "SystemExit: 0"):
        assert f"it could not be planted: {error} (at young.py:" in done.stdout
    (delivered_clone / "young.py").write_text(code.replace("    gate =", "    gates ="))
    done = run_lockgate(delivered_clone, "drill")
    assert done.returncode == 2
    assert "drill.plants: young:YoungAlone has no gate" in done.stderr


def test_a_name_that_no_plant_has_ends_with_2(drilled):
    code, said = drilled.call("drill", "--only", "nonesuch")
    assert code == 2
    assert "no plant has 'nonesuch' in its name or gate" in said
