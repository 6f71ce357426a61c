"""Instruments are made when they are asked for: no verb waits for a tool that it does not use."""

import pytest

from lockgate.cli.main import VERBS
from lockgate.cli.wiring import making
from lockgate.cli.wiring.instruments import instruments_at
from lockgate.errors import MissingTool

HEAVY = {
    "bentoml",
    "docker",
    "dvc",
    "interpret",
    "jinja2",
    "mlflow",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "sklearn",
    "tensorflow",
    "torch",
}


@pytest.mark.slow
def test_no_tool_is_loaded_for_instruments_that_nobody_asked_for(project, run_python):
    code = f"""
from pathlib import Path
from lockgate.cli.wiring.instruments import instruments_at
instruments_at(Path({str(project)!r})).project()
"""
    assert not run_python(code) & HEAVY


@pytest.mark.slow
def test_no_verb_loads_a_tool_before_it_is_called(run_python):
    modules = sorted({module for module, _ in VERBS.values()})
    code = "import importlib\n" + "\n".join(
        f"importlib.import_module('lockgate.cli.verbs.{module}')" for module in modules
    )
    assert not run_python(code) & HEAVY


@pytest.mark.slow
def test_a_plugin_does_not_load_the_command_line(run_python):
    assert "click" not in run_python("import lockgate.project")


def test_what_is_asked_for_twice_is_made_once(project):
    made = instruments_at(project)
    assert made.project() is made.project()
    assert made.repository() is made.repository()
    assert made.stage_lock() is not made.stage_lock()


def test_a_tool_that_is_not_there_is_missed_when_it_is_asked_for(project, monkeypatch):
    def absent(_):
        raise MissingTool("mlflow", "mlflow")

    monkeypatch.setattr(making, "tracker", absent)
    made = instruments_at(project)
    made.pipeline()
    with pytest.raises(MissingTool):
        made.tracker()
