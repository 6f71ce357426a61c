"""A metric, a probe and a plant are named where they are made and nowhere else, as docs/extending.md says."""

import ast
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from syntax import nodes

import lockgate
from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.measuring.probes import PROBES, OwnProbe, ProbeFamily
from lockgate.domain.statistics.metrics.registry import METRICS
from lockgate.usecases.judging.drill.plants.registry import PLANTS

SOURCE = Path(lockgate.__file__).parent
METRICS_BY_NAME = {
    "domain/statistics/metrics/": "where they are made",
    "adapters/sklearn/metrics.py": "evidence states six, as another library measures them",
    "testing/": "examples",
    "adapters/sklearn/float32_answers.py": "a loss that gradient boosting of scikit-learn is trained by",
    "domain/judging/gates/calibration/gate.py": "a rule of the gate",
    "domain/judging/gates/data/evidence.py": "what documents of the first version had measured a feature by",
    "domain/judging/gates/explanation/evidence.py": "the same of importances",
}
READERS = ("domain/judging/gates/robustness", "usecases/measuring/kinds/robustness.py")


def texts(*places):
    """Every text in the code of some files and folders of Lockgate, with the file that it stands in."""
    for place in places or ("",):
        path = SOURCE / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            yield from ((file.relative_to(SOURCE).as_posix(), text) for text in texts_in(file))


@cache
def texts_in(file):
    return [node.value for node in nodes(file) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_a_metric_is_named_in_its_family_alone():
    names = set(METRICS) - {gate.name for gate in GATES}
    elsewhere = {(file, text) for file, text in texts() if text in names and not file.startswith((*METRICS_BY_NAME,))}
    assert elsewhere == set()


def test_a_probe_is_named_among_the_probes_alone():
    assert get_args(OwnProbe) == tuple(probe.kind for probe in PROBES)
    kinds = {probe.kind for probe in PROBES} - set(get_args(ProbeFamily))
    assert {(file, text) for file, text in texts(*READERS) if text in kinds} == set()


def test_a_plant_is_named_in_the_file_of_its_gate_alone():
    names = {plant.name: f"usecases/judging/drill/plants/{plant.gate}.py" for plant in PLANTS}
    assert {(file, text) for file, text in texts() if text in names and file != names[text]} == set()


@pytest.mark.parametrize("gate", [gate.name for gate in GATES])
def test_every_gate_has_a_plant(gate):
    assert any(plant.gate == gate for plant in PLANTS)
