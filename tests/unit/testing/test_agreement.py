"""Files at the root say the same thing where they must, and the core stays light."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
NEVER_IN_THE_CORE = {
    *("bentoml", "docker", "dvc", "kfp", "mlflow", "onnx", "onnxruntime", "pandas", "ray", "scikit-learn"),
    *("tensorflow", "tensorflow-cpu", "torch"),
}


def yaml(path):
    return YAML(typ="safe", pure=True).load(ROOT / path)


def installed_with(name, seen):
    """The names of a distribution and of all that it demands without an extra."""
    if name in seen:
        return seen
    seen.add(name)
    try:
        demanded = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return seen  # not for this platform, so never installed
    for requirement in demanded:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            installed_with(requirement.name.lower(), seen)
    return seen


def test_the_core_package_installs_without_any_heavy_tool():
    demanded = installed_with("lockgate", set())
    assert {"click", "numpy"} <= demanded
    assert not demanded & NEVER_IN_THE_CORE


@pytest.mark.parametrize("extra", ["dvc", "docker", "mlflow", "onnx", "serve", "sklearn", "tensorflow", "torch"])
def test_there_is_an_extra_for_each_tool(extra):
    lines = [line for line in requires("lockgate") or () if f"extra == '{extra}'" in line.replace('"', "'")]
    assert lines


def test_every_environment_has_a_file_and_both_pipelines_offer_it():
    environments = yaml("params.yaml")["environments"]
    assert [yaml(f"deploy/{name}.yaml")["environment"] for name in environments] == environments
    choices = re.search(r"choices: \[(.*)\]", (ROOT / "Jenkinsfile").read_text())[1]
    assert re.findall(r"'(.+?)'", choices) == ["none", *environments]
    back = re.search(r"choices: \[(.*)\]", (ROOT / "Jenkinsfile.rollback").read_text())[1]
    assert re.findall(r"'(.+?)'", back) == environments
    inputs = yaml(".github/workflows/ci.yml")["on"]["workflow_dispatch"]["inputs"]
    assert inputs["promote_to"]["options"] == ["none", *environments]


def test_the_serving_environment_is_pinned_as_the_whole_one():
    """What judges a model and what serves it are the same versions."""
    whole, serving = ({*re.findall(r"^[a-z0-9._-]+==\S+", (ROOT / path).read_text(), re.MULTILINE)} for path in LOCKS)
    assert len(serving) > 10
    assert not serving - whole


LOCKS = ("requirements.lock", "docker/serving/requirements.lock")


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_file_pins_with_hashes_and_names_no_index(path):
    text = (ROOT / path).read_text()
    packages = re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)
    assert packages
    assert len(re.findall(r"^[a-z0-9._-]+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)) == len(packages)
    assert not [line for line in text.splitlines() if not re.match(r"[a-z0-9._-]+==|    --hash=|#|$", line)]
