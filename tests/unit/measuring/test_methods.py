"""What measures evidence is in the evidence, and what stages depend on is one line for each kind."""

import importlib.metadata
import json
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES, committed, git, stores
from ruamel.yaml import YAML

from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python.installed import InstalledLibraries
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.measuring.kinds import STAGED
from lockgate.domain.measuring.methods import (
    EXPORT,
    EXPORTING,
    FILE,
    METHODS,
    Method,
    is_word,
    method_of,
    otherwise,
    told,
)
from lockgate.domain.project.layout import Layout
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.source import RESULTS
from lockgate.errors import SettingsError
from lockgate.usecases.judging.gate import gate
from lockgate.usecases.measuring.champion import asked_already
from lockgate.usecases.measuring.methods import method_here, methods_here
from lockgate.usecases.measuring.renewal import renew_methods, unnamed_methods
from lockgate.usecases.project.project import open_project

VERSIONS = {"onnxruntime": "1.32.0", "numpy": "2.4.6", "interpret-core": "0.7.8"}
TABLES = ParquetTables(FILES)
EXPORTED = {EXPORT: str(EXPORTING.number)}
NAMED = 'params: [tables, {measuring.yaml: [accuracy, parity, "data", explanation, robustness]}]'


class Libraries:
    """The libraries of an environment, as the test says."""

    def __init__(self, **versions):
        self.versions = VERSIONS | versions

    def version(self, name):
        return self.versions.get(name)


def here(root, **versions):
    """The project in an environment with these libraries."""
    return open_project(Layout(root), DOCUMENTS, FILES, *stores(root), libraries=Libraries(**versions))


# --- the text that evidence carries ---


def test_a_method_is_a_number_and_the_libraries_that_are_there(monkeypatch):
    monkeypatch.setitem(METHODS, "parity", Method(3, ("onnxruntime", "numpy")))
    assert method_of("parity", VERSIONS) == "3, onnxruntime 1.32.0, numpy 2.4.6"
    assert method_of("parity", {"numpy": "2.4.6"}) == "3"  # nothing is measured there, and only the number can differ
    assert method_of("tests", VERSIONS) == str(METHODS["tests"].number)


@pytest.mark.parametrize(
    ("measured", "now", "differs", "words"),
    [
        ("3, onnxruntime 1.32.0", "3, onnxruntime 1.32.0", False, ("", "")),
        ("3, onnxruntime 1.31.0", "3, onnxruntime 1.32.0", True, ("onnxruntime 1.31.0", "1.32.0")),
        ("2, onnxruntime 1.32.0", "3, onnxruntime 1.32.0", True, ("method 2", "3")),
        ("2, numpy 2.4.5", "3, numpy 2.4.6", True, ("method 2 and numpy 2.4.5", "method 3 and numpy 2.4.6")),
        ("3", "3, onnxruntime 1.32.0", True, ("no onnxruntime", "1.32.0")),
        ("3, onnxruntime 1.31.0", "3", False, ("", "")),  # not installed here: nothing to compare with
        ("2, onnxruntime 1.31.0", "3", True, ("method 2", "3")),
        ("", "3, onnxruntime 1.32.0", False, None),  # of before
        ("3, onnxruntime 1.32.0", "", False, None),  # nobody knows what is here
        ("whatever", "3", True, ("method whatever", "3")),
    ],
)
def test_methods_differ_by_the_number_and_by_what_is_here(measured, now, differs, words):
    assert otherwise(measured, now) is differs
    assert words is None or told(measured, now) == words


def test_the_versions_are_those_of_this_environment_whatever_the_package_is_called(monkeypatch):
    libraries = InstalledLibraries()
    assert libraries.version("numpy") == importlib.metadata.version("numpy")
    assert libraries.version("no-such-library") is None

    def only_for_graphics(name):
        if name == "onnxruntime-gpu":
            return "1.31.0"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", only_for_graphics)
    assert InstalledLibraries().version("onnxruntime") == "1.31.0"


# --- the gate ---


@pytest.fixture
def found(project, lockgate):
    """Judge, and tell each finding that blocks."""

    def judge():
        lockgate("gate", "--candidate", "fake")
        findings = json.loads((project / "build/verdict.json").read_text())["findings"]
        return {(each["gate"], each["reason"]): each for each in findings if each["outcome"] == "undecided"}

    return judge


def measured_with(project, kind, method):
    """The evidence of that kind was measured so, and stages have made it."""
    classes = {"tests": TestsEvidence, "accuracy": AccuracyEvidence, "parity": ParityEvidence}
    builders.rewrite(Layout(project).evidence("fake", kind), classes[kind], method=method)
    builders.lock(project)


def methods(project):
    return methods_here(
        open_project(Layout(project), DOCUMENTS, FILES, *stores(project), libraries=InstalledLibraries())
    )


def test_evidence_that_was_measured_as_here_or_does_not_say_how_is_judged(project, found):
    assert found() == {}
    for kind in ("tests", "accuracy", "parity"):
        measured_with(project, kind, methods(project)[kind])
    assert found() == {}


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("tests", "run `lockgate check tests`"),
        ("accuracy", "run `lockgate run`, which collects the evidence again"),
        ("parity", "run `lockgate run`, which collects the evidence again"),
    ],
)
def test_evidence_that_was_measured_otherwise_is_undecided_with_both_methods(project, found, kind, remedy):
    now = methods(project)[kind]
    named_by_the_stage(project)
    measured_with(project, kind, f"0{now[1:]}")
    (blocked,) = found().values()
    assert (blocked["gate"], blocked["reason"]) == (kind, "measured-otherwise")
    assert f"`0{now[1:]}`; in this environment it would be with `{now}`" in blocked["message"]
    assert blocked["remedy"] == remedy


def named_by_the_stage(project):
    """The stage depends on what it measures with, as it ran last: with something else."""
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("params: [tables]\n      outs", f"{NAMED}\n      outs"))
    (project / FILE).write_text("".join(f'{kind}: "0"\n' for kind in STAGED))
    builders.lock(project)


def test_a_stage_that_does_not_name_the_file_is_given_the_line(project, found):
    measured_with(project, "parity", "0")
    line = f"add `{FILE}: [data, accuracy, parity, explanation, robustness]` to the params of the stage check"
    assert found()["parity", "measured-otherwise"]["remedy"].startswith(f"{line} in dvc.yaml; then run `lockgate run`")


def test_what_dvc_takes_for_measured_here_is_measured_again_by_force(project, found):
    """DVC ran the stage alone, in another environment, beside a file that this one has written."""
    named_by_the_stage(project)
    renew_methods(here(project, **installed()), DvcLock(project), lambda _: None)
    measured_with(project, "parity", "0")
    remedy = found()["parity", "measured-otherwise"]["remedy"]
    assert remedy.startswith("run `dvc repro --force --single-item check@fake`; then run `lockgate run`")


def installed():
    return {name: InstalledLibraries().version(name) for name in VERSIONS}


def test_the_file_is_a_result_and_nobody_gains_or_loses_by_its_words(project, found):
    assert FILE in RESULTS
    named_by_the_stage(project)
    git(project, "rm", "-q", "--cached", "--ignore-unmatch", FILE)
    for text in ('accuracy: "0"\n', 'accuracy: "1, onnxruntime 9.9.9"\n', "not: [yaml\n"):
        (project / FILE).write_text(text)
        assert found() == {}
    (project / FILE).unlink()
    assert found() == {}


def test_a_release_is_not_held_to_the_libraries_of_another_machine(project, lockgate, monkeypatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(InstalledLibraries, "version", lambda self, name: "0.1")
        for kind in ("tests", "accuracy", "parity"):
            measured_with(project, kind, methods(project)[kind])
        assert lockgate("gate")[0] == 0
        builders.sealed(project)
    sealed = next((project / "build/releases").glob("*/evidence/accuracy.json"))
    assert json.loads(sealed.read_text())["method"] == f"{METHODS['accuracy'].number}, onnxruntime 0.1, numpy 0.1"
    assert lockgate("gate")[0] == 4
    assert lockgate("promote", "staging", "--release", sealed.parents[1].name)[0] == 0


# --- the champion's evidence ---


@pytest.fixture
def champion(project):
    """The champion of staging was asked today's rows; where its accuracy lies."""
    opened = builders.opened(project)
    gate(builders.instruments(project), "fake", "staging")
    release, _ = builders.sealed(project)
    named = ReleaseReference(release.name, release.digest, release.content)
    path = opened.layout.environment("staging")
    DOCUMENTS.write_settings(path, Deployment("staging", named), heading="")
    builders.committed(project, "more.txt", "more")
    builders.write_candidate(project, weight=0.02)
    builders.write_champion(project, release.digest)
    return opened.layout.champion(release.version).accuracy


def test_a_champion_that_was_asked_otherwise_is_asked_again_and_undecided_until_then(project, champion, found):
    (project / "params.yaml").write_text(builders.PARAMS.replace("margin: 0.001", "margin: 0.5"))
    git(project, "commit", "-qam", "A wide margin")
    builders.write_candidate(project, weight=0.02)
    assert found() == {}
    now = methods(project)["accuracy"]
    builders.rewrite(champion, AccuracyEvidence, method=now)
    assert found() == {}
    assert asked_already(here(project, **installed()), "staging")
    builders.rewrite(champion, AccuracyEvidence, method=f"0{now[1:]}")
    (blocked,) = found().values()
    assert (blocked["gate"], blocked["reason"]) == ("accuracy", "measured-otherwise")
    assert blocked["message"].startswith(f"the accuracy of champion {champion.parents[1].name} was measured with `0")
    assert blocked["remedy"] == "ask the champion these rows: lockgate check champion"
    assert not asked_already(here(project, **installed()), "staging")


# --- the file that stages depend on ---


@pytest.fixture
def renew(project):
    """Write the file as a run does in an environment with these libraries; what was said."""

    def write(**versions):
        said = []
        renew_methods(here(project, **versions), DvcLock(project), said.append)
        return said

    return write


def content(project):
    return YAML(typ="safe", pure=True).load(project / FILE)


def test_a_run_writes_what_the_checks_measure_with(project, renew):
    assert renew() == [f"{FILE} is written, what the checks measure with: commit it with dvc.lock"]
    assert content(project) == {kind: method_here(here(project), kind) for kind in STAGED} | EXPORTED
    assert all(map(is_word, content(project).values()))
    before = (project / FILE).stat()
    assert renew() == []
    assert (project / FILE).stat() == before


def test_a_run_says_which_kinds_are_measured_otherwise_and_why(project, renew, monkeypatch):
    renew(onnxruntime="1.31.0")
    before = METHODS["data"].number
    monkeypatch.setitem(METHODS, "data", replace(METHODS["data"], number=before + 1))
    assert renew() == [
        f"data was measured with method {before}; here is {before + 1}",
        "accuracy, parity, explanation, robustness were measured with onnxruntime 1.31.0; here is 1.32.0",
    ]
    assert content(project)["parity"].endswith("onnxruntime 1.32.0, numpy 2.4.6")


def test_a_library_that_is_not_here_changes_nothing(project, renew):
    renew()
    assert renew(onnxruntime=None) == []


def test_a_file_that_was_left_in_a_merge_conflict_is_written_anew(project, renew):
    (project / FILE).write_text("<<<<<<< ours\n" + 'data: "1"\n' + "=======\n>>>>>>> theirs\n")
    renew()
    assert set(content(project)) == {*STAGED, EXPORT}


@pytest.mark.parametrize("text", ["rulers: [one, two]\n", "- a list\n", "accuracy: high\n"])
def test_a_file_of_somebody_elses_is_left_alone(project, renew, text):
    (project / FILE).write_text(text)
    with pytest.raises(SettingsError, match=r"measuring\.yaml: not as Lockgate writes it"):
        renew()
    assert (project / FILE).read_text() == text


def test_a_run_names_the_line_that_stages_lack(project):
    line = f"add `{FILE}: [data, accuracy, parity, explanation, robustness]` to the params of the stage check"
    exports = f"add `{FILE}: [export]` to the params of the stage export in dvc.yaml"
    assert unnamed_methods(builders.opened(project), DvcLock(project)) == [exports, f"{line} in dvc.yaml"]
    named_by_the_stage(project)
    assert unnamed_methods(builders.opened(project), DvcLock(project)) == [exports]
    exported_by(project, "2")
    assert unnamed_methods(builders.opened(project), DvcLock(project)) == []


def exported_by(project, number):
    """The stage depends on how a model is exported, and ran last where that was of this number."""
    named = 'params: [{measuring.yaml: [export]}]\n    outs: ["build/candidates/${item.candidate}/export"]'
    text = (project / "dvc.yaml").read_text()
    committed(project, "dvc.yaml", text.replace('outs: ["build/candidates/${item.candidate}/export"]', named))
    (project / FILE).write_text("".join(f'{kind}: "{number}"\n' for kind in (*STAGED, EXPORT)))
    builders.lock(project)


def test_an_export_of_an_older_lockgate_is_made_again_and_undecided_until_then(project, found, renew):
    exported_by(project, "1")
    blocked = found()["integrity", "other-source"]
    assert "measuring.yaml:export ('1' then, '2' now)" in blocked["message"]
    assert "export was made with method 1; here is 2" in renew()
    exported_by(project, "2")
    assert ("integrity", "other-source") not in found()
