"""A plant from a package: `drill.plants` names it, and what is not there or fails is said."""

from dataclasses import replace

import builders
import numpy as np
import pytest
from extended import blocks, install
from ruamel.yaml import YAML

from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.cli.wiring.making import plants
from lockgate.domain.judging.deciding.drill_report import Fate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.project.settings import DrillSettings
from lockgate.errors import SettingsError
from lockgate.testing import FakeClock, FakeMetrics, FakePlugin, FakeRuntime
from lockgate.testing.examples import CANDIDATE, COLUMNS, SOURCE, evidence
from lockgate.usecases.judging.drill.drill import Drill, drill
from lockgate.usecases.judging.drill.plant import Simple
from lockgate.usecases.judging.drill.plants.accuracy import edited
from lockgate.usecases.judging.drill.plants.registry import PLANTS
from lockgate.usecases.judging.drill.sandbox import Tools


@pytest.fixture
def package(tmp_path, monkeypatch):
    return install("A plant", tmp_path / "site", monkeypatch)


def named(project, *names):
    found = builders.opened(project)
    return replace(found, settings=replace(found.settings, drill=DrillSettings(names)))


def shown():
    (told,) = blocks("A plant", "yaml")
    return YAML(typ="safe").load(told)["drill"]["plants"]


def drilled(project, plant):
    rows = {**COLUMNS, "outcome": np.array(["yes", "no"] * (len(COLUMNS["age"]) // 2), dtype=object)}
    tables = ParquetTables(builders.FILES)
    for split in ("train", "validation", "test"):
        tables.write(project / f"build/{split}.parquet", rows)
    tools = Tools(
        FakePlugin(), FakeRuntime, FakeMetrics(), tables, JUnitTestRunner(), OnnxEditor(), FakeClock(step=0.5)
    )
    return drill(
        Drill(builders.opened(project), "fake", CANDIDATE, evidence(), SOURCE, tools), [plant], print, twin=False
    )


def test_a_plant_of_a_package_is_found_and_plants_what_it_says(project, package):
    (plant,) = plants(named(project, *shown()))
    assert (plant.name, plant.gate) == ("labels of another day", "accuracy")

    bed = type("Bed", (), {})
    seen = []
    bed.training = {"outcome": np.array(["yes", "no", "no"])}
    bed.tables = type("Tables", (), {"label": "outcome"})
    bed.relabelled = lambda labels: seen.append(labels.tolist())
    plant.plant(bed)
    assert seen == [["no", "yes", "no"]]


def test_a_plant_of_a_package_that_fails_is_spoiled(project, package):
    package.write_text(package.read_text().replace("return bed", "raise OSError('no table'); return bed"))
    (plant,) = plants(named(project, *shown()))
    *_, result = drilled(project, plant).results
    assert (result.plant, result.fate) == ("labels of another day", Fate.SPOILED)
    assert "it could not be planted: OSError: no table" in result.message


@pytest.mark.parametrize(
    ("reason", "fate", "said"),
    [
        (Reason.EDITED, Fate.OFF, "its rule stops it, and it breaks more than is meant: accuracy, floor does not pass"),
        (Reason.SLICE_BELOW_FLOOR, Fate.SPOILED, "it is not what it says: accuracy, floor does not pass"),
    ],
)
def test_a_plant_that_breaks_more_than_it_says_shows_nothing_where_its_rule_stops_it(project, reason, fate, said):
    plant = Simple("a slice", "accuracy", (reason,), edited, keeps=(("accuracy", "floor"),))
    *_, result = drilled(project, plant).results
    assert (result.plant, result.fate, result.message) == ("a slice", fate, said)


def test_a_package_that_is_not_installed_is_an_error(project):
    with pytest.raises(SettingsError, match=r"drill.plants: acme_plants:StaleLabels cannot be imported") as raised:
        plants(named(project, *shown()))
    assert raised.value.hint.startswith("install the package that brings acme_plants, or put it beside params.yaml")


def test_an_object_that_is_no_plant_is_an_error(project, package):
    package.write_text(package.read_text().replace("    reasons =", "    why ="))
    with pytest.raises(SettingsError, match=r"acme_plants:StaleLabels has no reasons"):
        plants(named(project, *shown()))


def test_a_new_plant_stands_last():
    new = Simple("a new one", "data", ("leak",), lambda bed: None)
    assert sorted((*PLANTS, new), key=lambda plant: plant.place)[-1] is new
    placed = [plant.place for plant in PLANTS if plant.place != new.place]
    assert placed == list(range(1, 30))
