"""What doctor finds of a project: each part is well where a delivery goes through, and blocks where none does."""

import json
import shutil
import sys

import pytest
from builders import DOCUMENTS, git, opened

from lockgate.cli import project_parts
from lockgate.cli.wiring import making
from lockgate.cli.wiring.instruments import instruments_of
from lockgate.domain.model.candidate import Trained
from lockgate.domain.project.health import State
from lockgate.domain.project.layout import Layout
from lockgate.testing import FakePipeline

PLUGIN = """\
class Plugin:
    data = inputs = train = open = print
"""


@pytest.fixture
def looked(project, monkeypatch):
    """Look at the project, which has all that a delivery needs; the parts that are not well, by name."""
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    monkeypatch.setattr(making, "pipeline", lambda _: FakePipeline())
    (project / "mine.py").write_text(PLUGIN)
    shutil.copytree(project_parts.TEMPLATE, project / "serving")
    alter(project / "params.yaml", "example:Plugin", "mine:Plugin")

    def look():
        sys.modules.pop("mine", None)
        parts = project_parts.of_project(instruments_of(Layout(project)))
        return {part.name: part for part in parts if part.state is not State.THERE}

    yield look
    sys.modules.pop("mine", None)


def alter(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_whole_project_has_nothing_to_mend(looked):
    assert looked() == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("metric: roc_auc", "metric: acme.cost"),
        ("gates:\n", "gates:\n  robustness: {probes: [acme.cost]}\n"),
    ],
)
def test_a_metric_or_a_probe_whose_package_is_not_here_blocks(looked, project, old, new):
    alter(project / "params.yaml", old, new)
    part = looked()["gates"]
    assert (part.state, part.blocks) == (State.MISSING, True)
    assert part.found.startswith("acme.cost: no such")
    assert part.remedy == "install the package that brings it"


@pytest.mark.parametrize("name", ["service.py", "bentofile.yaml", "requirements.txt"])
def test_a_part_of_the_service_that_is_not_there_blocks(looked, project, name):
    (project / "serving" / name).unlink()
    part = looked()["service"]
    assert (part.blocks, part.found) == (True, f"no serving/{name}")


def test_a_service_that_is_not_there_is_brought_by_the_command_that_is_named(looked, project, monkeypatch):
    shutil.rmtree(project / "serving")
    part = looked()["service"]
    assert (part.state, part.found) == (State.MISSING, "no serving/")
    *_, source, target = part.remedy.replace("'", "").split()
    shutil.copytree(source, target)
    assert looked() == {}


def test_a_service_that_pins_no_runtime_is_wrong(looked, project):
    (project / "serving/requirements.txt").write_text("onnxruntime\n")
    assert looked()["service"].state is State.WRONG


@pytest.mark.parametrize(
    ("path", "part"),
    [("deploy/production.yaml", "deploy/"), ("deploy/waivers.yaml", "waivers")],
)
def test_a_deploy_file_that_cannot_be_read_blocks_with_its_line(looked, project, path, part):
    (project / path).write_text("a: 1\n<<<<<<< HEAD\n")
    found = looked()[part]
    assert found.blocks
    assert f"{path.partition('/')[2]}:2: holds a merge conflict" in found.found


def test_a_missing_environment_blocks_and_missing_waivers_do_not(looked, project):
    (project / "deploy/production.yaml").unlink()
    (project / "deploy/waivers.yaml").unlink()
    assert {name: part.found for name, part in looked().items()} == {"deploy/": "no production"}


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("python -m pytest -q -k 'a b' -n 2 tests/none.py::test_x", "no tests/none.py::test_x"),
        ("pytest --junitxml=x deploy none", "no none"),
        ("python -m nowhere_to_be_found", "no module nowhere_to_be_found"),
        ("nowhere-to-be-found x", "no program nowhere-to-be-found"),
        ("pytest 'x", "No closing quotation"),
    ],
)
def test_a_command_of_the_tests_that_cannot_run_blocks(looked, project, command, found):
    alter(project / "params.yaml", "command: pytest", f"command: {json.dumps(command)}")
    part = looked()["tests"]
    assert part.blocks
    assert found in part.found


@pytest.mark.parametrize(
    "command", ["python -m pytest -q deploy", "python -c pass", "pytest -m 'not slow' --x=1", "true"]
)
def test_a_command_of_the_tests_that_can_run_is_well(looked, project, command):
    alter(project / "params.yaml", "command: pytest", f"command: {json.dumps(command)}")
    assert looked() == {}


def test_what_the_plug_in_lacks_is_named_with_what_brings_it(looked, project):
    (project / "mine.py").write_text(f"import nowhere_to_be_found\n{PLUGIN}")
    part = looked()["plug-in"]
    assert (part.blocks, part.remedy.startswith("install the package that brings nowhere_to_be_found")) == (True, True)


LATE = "def late():\n    import nowhere_to_be_found\n"


def test_what_the_plug_in_imports_late_blocks_until_all_candidates_are_trained(looked, project):
    (project / "mine.py").write_text(PLUGIN + LATE)
    part = looked()["plug-in"]
    assert (part.blocks, part.found) == (True, "mine.py:4 imports nowhere_to_be_found")
    trained = opened(project).layout.candidate("fake").trained
    DOCUMENTS.write(trained, Trained("sklearn", "model.skops", (), ("no", "yes")))
    assert not looked()["plug-in"].blocks


TRIED = "try:\n    {}\nexcept ImportError:\n    pass\n"
TYPED = "TYPE_CHECKING = 0\nif TYPE_CHECKING:\n    {}\n"


@pytest.mark.parametrize("spared", [TRIED, TYPED])
def test_what_the_plug_in_can_do_without_is_not_demanded(looked, project, spared):
    (project / "mine.py").write_text(PLUGIN + spared.format("import nowhere_to_be_found"))
    assert looked() == {}


@pytest.mark.parametrize(
    ("framework", "extra"), [("xgboost", "xgboost"), ("saved_model", "tensorflow"), ("keras_torch", "torch")]
)
def test_a_trained_candidate_names_the_extra_that_it_needs(looked, project, framework, extra):
    looked()
    layout = opened(project).layout
    assert extra not in project_parts.extras(instruments_of(layout))
    DOCUMENTS.write(layout.candidate("fake").trained, Trained(framework, "model", (), ("no", "yes")))
    assert extra in project_parts.extras(instruments_of(layout))


def test_before_a_training_the_plug_ins_way_of_saving_names_the_extra(looked, project):
    (project / "mine.py").write_text(f"from lockgate.project import save_xgboost\n{PLUGIN}")
    looked()
    assert project_parts.extras(instruments_of(Layout(project))) == {"xgboost"}


def test_without_an_origin_a_promotion_has_nowhere_to_be_pushed_to(project):
    from lockgate.adapters.git.health import origin

    (part,) = origin(project)
    assert (part.state, part.blocks, part.remedy) == (State.MISSING, False, "git remote add origin URL")
    git(project, "remote", "add", "origin", "https://keeper:secret@example.org/x.git")
    (part,) = origin(project)
    assert (part.state, part.found) == (State.THERE, "https://example.org/x.git")
