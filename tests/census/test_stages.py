"""Each stage of `dvc.yaml` depends on the project's code that it loads, so that no change of it goes unnoticed."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lockgate.domain.measuring.kinds import OF_A_STAGE, STAGED
from lockgate.domain.measuring.methods import EXPORT, EXPORTING, FILE, METHODS

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"]
CANDIDATES = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")["candidates"]
LOADED = {"prepare": ["contract"], "train": [], "export": [], "check": ["contract"], "reference": []}
"""What a stage loads by name beside the plug-in."""


def imported(*modules):
    """The files of the package that importing these modules reads."""
    found, wanted = {"src/census/__init__.py"}, list(modules)
    while wanted:
        path = f"src/census/{wanted.pop()}.py"
        if path in found:
            continue
        found.add(path)
        read = (node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.ImportFrom))
        names = (node.module or "" for node in read)
        wanted += [name.removeprefix("census.") for name in names if name.startswith("census.")]
    return found


def test_every_stage_is_known():
    assert set(STAGES) == set(LOADED)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_plugin_and_on_all_that_it_imports(stage):
    assert "plugin" in STAGES[stage]["params"]
    assert imported("plugin", *LOADED[stage]) <= set(STAGES[stage]["deps"])


def measured(stage):
    """The kinds of evidence on whose methods a stage depends."""
    return next((each[FILE] for each in STAGES[stage]["params"] if isinstance(each, dict)), [])


def test_what_a_stage_depends_on_of_lockgate_is_what_it_measures_with():
    assert [path for stage in STAGES.values() for path in stage["deps"] if path.startswith("src/lockgate")] == []
    assert {stage: kinds for stage in STAGES if (kinds := measured(stage))} == {
        "export": [EXPORT],
        "check": list(OF_A_STAGE),
        "reference": ["reference"],
    }
    assert set(STAGED) == {*OF_A_STAGE, "reference"}


def test_the_file_that_stages_depend_on_has_a_line_for_each_kind():
    words = YAML(typ="safe", pure=True).load(ROOT / FILE)
    assert list(words) == [*STAGED, EXPORT]
    assert {kind: word.split(", ")[0] for kind, word in words.items()} == {
        **{kind: str(METHODS[kind].number) for kind in STAGED},
        EXPORT: str(EXPORTING.number),
    }


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_training_depends_on_all_that_its_candidate_imports(candidate):
    deps = {path.replace("${item.candidate}", candidate) for path in STAGES["train"]["deps"]}
    assert imported("plugin", f"{candidate}_candidate") <= deps
