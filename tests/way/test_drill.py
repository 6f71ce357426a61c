"""The drill on the reference project: where a gate is loosened, it says so. The whole of it is run by the pipeline."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
DOCS = Path(__file__).parents[2] / "docs/drill.md"


def test_one_plant_is_told_as_a_document_and_nothing_of_it_is_left(tutorial, run_lockgate):
    done = run_lockgate(tutorial, "drill", "--json", "--only", "int8")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert [(found["plant"], found["fate"]) for found in results] == [
        ("the candidate itself", "passed"),
        ("harmful int8 quantization", "stopped"),
    ]
    assert "all of 2 went as they must" in done.stderr
    assert json.loads((tutorial / "build/drill.json").read_text())["results"] == results
    assert not list((tutorial / "build/drill").glob("*/*.parquet"))


def changed(clone, old, new):
    params = (clone / "params.yaml").read_text()
    assert old in params
    (clone / "params.yaml").write_text(params.replace(old, new))


def test_a_gate_that_is_loosened_lets_its_plant_through_and_the_drill_ends_with_3(delivered_clone, run_lockgate):
    changed(delivered_clone, "    max_single_feature: 0.9\n", "    max_single_feature: 1.0\n")
    done = run_lockgate(delivered_clone, "drill", "--only", "leaks")
    assert done.returncode == 3
    assert re.search(r"through +a feature that leaks the label +data +the gate data let it pass", done.stdout)
    assert "1 of 2 did not go as they must: a feature that leaks the label" in done.stdout


def test_a_candidate_that_does_not_pass_itself_cannot_be_drilled(tutorial, run_lockgate):
    changed(tutorial, "    floor: 0.95\n", "    floor: 0.999\n")
    done = run_lockgate(tutorial, "drill", "--only", "a constant")
    assert done.returncode == 4
    assert "logistic does not pass the gates itself: accuracy, floor" in done.stderr


WAIVER = """  - gate: accuracy
    candidate: {candidate}
    expires: {expires}
    reason: the floor is raised next month
    name: Lock Keeper
"""


def test_a_candidate_that_passes_by_a_waiver_is_drilled_and_no_plant_is_let_through_by_it(tutorial, run_lockgate):
    changed(tutorial, "    floor: 0.95\n", "    floor: 0.999\n")
    waivers = tutorial / "deploy/waivers.yaml"
    before = waivers.read_text()
    candidate = json.loads((tutorial / "build/verdict.json").read_text())["content"]
    waivers.write_text(before + WAIVER.format(candidate=candidate, expires="2999-01-01"))
    done = run_lockgate(tutorial, "drill", "--only", "con")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"passed +the candidate itself .*it passed, by permission: accuracy, floor", done.stdout)
    assert re.search(r"stopped +a constant +accuracy +refused, worse-than-champion", done.stdout)
    assert re.search(r"off +overconfident +calibration +gates.calibration is off", done.stdout)
    waivers.write_text(before + WAIVER.format(candidate=candidate, expires="2020-01-01"))
    assert run_lockgate(tutorial, "drill", "--only", "a constant").returncode == 4


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


def test_a_name_that_no_plant_has_ends_with_2(tutorial, run_lockgate):
    done = run_lockgate(tutorial, "drill", "--only", "nonesuch")
    assert done.returncode == 2
    assert "no plant has 'nonesuch' in its name or gate" in done.stderr
