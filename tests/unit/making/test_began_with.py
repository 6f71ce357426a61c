"""What a stage began with lies among its results: DVC's own record is made later, and may be of another source."""

import builders
import pytest
from builders import committed

from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.cli.main import run
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.making.stage_files import SOURCES, StageSources, as_text
from lockgate.domain.making.stage_records import Stage
from lockgate.domain.project.layout import Layout
from lockgate.usecases.making.stages.guard import Begun, note_sources

STAGE = "train@fake"


@pytest.fixture
def recorded(project, capfd):
    """The gate's blocking rules and words after the stage began with these sources and DVC recorded what is here."""
    listing = builders.DVC_YAML.replace(
        "deps: [build/validation.parquet]", "deps: [build/validation.parquet, .gitignore]"
    )
    committed(project, "dvc.yaml", listing)
    params = {"train": as_text({"fake": {}})}

    def record(files, params=params):
        stage = DvcLock(project).defined(STAGE)
        whole = builders.opened(project)
        note_sources(whole, Begun(stage, StageSources(STAGE, files, params)))
        builders.lock(project)
        run(["-C", str(project), "gate", "--candidate", "fake"])
        verdict = builders.DOCUMENTS.read(Layout(project).verdict, Verdict)
        return [(finding.gate, finding.rule) for finding in verdict.blocking], capfd.readouterr().out

    return record


def now(project):
    return {name: state.md5 for name, state in DvcLock(project).states(".gitignore").items()}


def test_a_result_of_what_is_here_passes(project, recorded):
    assert recorded(now(project))[0] == []


def test_a_stage_that_began_with_what_is_here_is_not_made_anew(project, recorded):
    """Another change, which DVC sees, is no reason to force it."""
    assert recorded(now(project))[0] == []
    committed(project, "params.yaml", builders.PARAMS.replace("fake: {}", "fake: {epochs: 3}"))
    run(["-C", str(project), "gate", "--candidate", "fake"])
    assert "--force" not in (project / "build/verdict.md").read_text()


def test_a_file_that_was_changed_before_dvc_recorded_it_is_named_with_the_command_that_helps(recorded):
    blocking, said = recorded({".gitignore": "0" * 32})
    assert blocking == [("integrity", "source")]
    assert f"for {STAGE}: .gitignore" in said
    assert f"`dvc repro --force --single-item {STAGE}`, then `lockgate run`" in said


def test_a_file_that_was_added_before_dvc_recorded_it_is_named(recorded):
    assert recorded({})[0] == [("integrity", "source")]


def test_a_param_that_was_changed_before_dvc_recorded_it_is_named(project, recorded):
    blocking, said = recorded(now(project), {"train": as_text({"fake": {"epochs": 3}})})
    assert blocking == [("integrity", "source")]
    assert f"for {STAGE}: train" in said


def test_a_large_file_is_not_hashed_and_not_compared(recorded):
    assert recorded({".gitignore": ""})[0] == []


def test_the_sources_of_another_stage_say_nothing(project, recorded):
    folder = project / "build/candidates/fake/trained"
    assert recorded(now(project))[0] == []
    builders.DOCUMENTS.write(folder / SOURCES, StageSources("train@other", {".gitignore": "0" * 32}))
    builders.lock(project)
    assert run(["-C", str(project), "gate", "--candidate", "fake"]) == 0


def test_a_stage_whose_results_are_single_files_leaves_none(project):
    whole = builders.opened(project)
    note_sources(whole, Begun(Stage("prepare", {}, {}, {"build/test.parquet": ""}), StageSources("prepare")))
    assert not list(project.rglob(SOURCES))
