"""A stage that reads what it does not list, or whose code, params or data change while it runs, has failed."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import lockgate
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.adapters.python import audited_reads as python_reads
from lockgate.adapters.python.audited_reads import PythonReads
from lockgate.domain.making.stage_files import FileState, loaded_otherwise, written_between
from lockgate.errors import SourceError
from lockgate.usecases.making.stages.guard import guarded

DVC_YAML = """\
stages:
  train:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate train --candidate ${item.candidate}
    deps: [guarded_plugin.py, tables]
    params: ["train.${item.candidate}"]
    outs: ["build/${item.candidate}"]
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "params.yaml").write_text("candidates: [a]\ntrain: {a: {epochs: 5}}\ngates: {floor: 0.9}\n")
    (tmp_path / "guarded_plugin.py").write_text(
        "import importlib, pathlib\n\ndef read(path):\n    return pathlib.Path(path).read_text()\n"
    )
    (tmp_path / "guarded_helper.py").write_text("VALUE = 1\n")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/rows.csv").write_text("1,2\n")
    (tmp_path / "notes.csv").write_text("3,4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("guarded_plugin", "guarded_helper"):
        sys.modules.pop(name, None)


@pytest.fixture
def stage(root):
    """Be the stage `train@a`; the block gets the plug-in's module."""

    def run(work=lambda plugin: None):
        loaded = []
        with guarded(
            "train@a",
            lambda: DvcLock(root),
            PythonReads(root),
            lambda: loaded.append(importlib.import_module("guarded_plugin")),
        ) as begun:
            work(loaded[0])
        return begun.sources

    return run


def test_a_stage_that_reads_what_it_lists_is_left_alone(root, stage):
    def work(plugin):
        plugin.read("tables/rows.csv")
        (root / "build/a").mkdir(parents=True)
        (root / "build/a/model").write_text("x")
        plugin.read("build/a/model")
        plugin.read("params.yaml")
        plugin.read(sys.modules["json"].__file__)

    sources = stage(work)
    assert set(sources.files) == {"guarded_plugin.py", "tables/rows.csv"}
    assert sources.params == {"train.a": '{"epochs": 5}'}


def test_a_module_that_is_not_listed_is_named_before_the_stage_begins(root, stage):
    (root / "guarded_plugin.py").write_text("import guarded_helper\n")
    begun = []
    with pytest.raises(SourceError, match=r"train@a reads guarded_helper\.py, not listed under its deps"):
        stage(begun.append)
    assert begun == []


def test_a_compiled_module_is_its_source(root, stage):
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(root)], check=True)
    (root / "guarded_plugin.py").write_text("import guarded_helper\n")
    with pytest.raises(SourceError, match=r"reads guarded_helper\.py,"):
        stage()


@pytest.mark.parametrize(
    ("work", "named"),
    [
        (lambda plugin: plugin.importlib.import_module("guarded_helper"), "guarded_helper.py"),
        (lambda plugin: plugin.read("notes.csv"), "notes.csv"),
    ],
)
def test_what_is_read_later_is_named_at_the_end(stage, work, named):
    with pytest.raises(SourceError, match=f"reads {named}, not listed"):
        stage(work)


def test_a_file_that_is_a_link_to_elsewhere_is_named_as_it_lies_in_the_project(root, stage, tmp_path_factory):
    """As DVC links data from a cache that is shared."""
    cached = tmp_path_factory.mktemp("cache") / "3b5d5c"
    cached.write_text("5,6\n")
    (root / "linked.csv").symlink_to(cached)
    with pytest.raises(SourceError, match=r"reads linked\.csv, not listed"):
        stage(lambda plugin: plugin.read("linked.csv"))


def test_a_module_of_pythonpath_is_named_wherever_it_lies(root, stage, tmp_path_factory, monkeypatch):
    """The folder of temporary files too, where frameworks put the code that they generate."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "guarded_elsewhere.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.syspath_prepend(str(elsewhere))
    (root / "guarded_plugin.py").write_text("import guarded_elsewhere\n")
    with pytest.raises(SourceError, match=r"reads \S*/guarded_elsewhere\.py, not listed"):
        stage()


def test_generated_code_in_the_folder_of_temporary_files_is_nobodys(root, stage, tmp_path_factory, monkeypatch):
    generated = tmp_path_factory.mktemp("generated")
    (generated / "guarded_generated.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(tempfile, "tempdir", str(generated))
    (root / "guarded_plugin.py").write_text(
        f"import pathlib\n\nexec(pathlib.Path({str(generated / 'guarded_generated.py')!r}).read_text())\n"
    )
    stage()


@pytest.fixture
def linked(root, tmp_path_factory, monkeypatch):
    """An environment of links, as uv, Nix and conda make them: the plug-in imports a module that lies elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    installed = tmp_path_factory.mktemp("environment")
    monkeypatch.setattr(sys, "prefix", str(installed))
    monkeypatch.syspath_prepend(str(installed))
    (root / "guarded_plugin.py").write_text("import guarded_linked\n")
    python_reads._editable.cache_clear()

    def link(to):
        (to / "guarded_linked.py").write_text("VALUE = 1\n")
        (installed / "guarded_linked.py").symlink_to(to / "guarded_linked.py")
        return installed

    yield link
    sys.modules.pop("guarded_linked", None)
    python_reads._editable.cache_clear()


def test_a_package_that_is_linked_into_the_environment_is_installed(stage, linked, tmp_path_factory):
    linked(tmp_path_factory.mktemp("kept"))
    stage()


def test_a_package_that_is_linked_from_an_environment_in_the_project_is_installed(root, stage, linked):
    other = root / ".venv/lib/python3.11/site-packages"
    other.mkdir(parents=True)
    linked(other)
    stage()


def test_a_link_in_the_environment_to_the_project_is_its_source(root, stage, linked):
    (root / "lib").mkdir()
    linked(root / "lib")
    with pytest.raises(SourceError, match=r"reads lib/guarded_linked\.py, not listed"):
        stage()


def test_a_link_in_the_environment_to_where_a_package_is_edited_is_its_source(stage, linked, tmp_path_factory):
    edited = tmp_path_factory.mktemp("edited")
    noted = linked(edited) / "guarded-1.0.dist-info"
    noted.mkdir()
    (noted / "direct_url.json").write_text(json.dumps({"url": edited.as_uri(), "dir_info": {"editable": True}}))
    with pytest.raises(SourceError, match=r"reads \S*/guarded_linked\.py, not listed"):
        stage()


def test_a_project_below_the_prefix_of_python_is_seen_as_any_other(root, stage, monkeypatch):
    """`/usr/src/app` with the Python of `/usr`."""
    monkeypatch.setattr(sys, "base_prefix", str(root.parent))
    (root / "guarded_plugin.py").write_text("import guarded_helper\n")
    with pytest.raises(SourceError, match=r"reads guarded_helper\.py,"):
        stage()


def test_what_others_than_the_projects_code_read_is_not_the_stages(root, stage):
    stage(lambda plugin: (root / "notes.csv").read_text())


def test_lockgate_is_no_source_of_the_project_that_it_lies_in():
    """As in its own repository, where it is installed from `src`: what it measures with is told by its numbers."""
    repository, home = Path(lockgate.__file__).parents[2], Path(lockgate.__file__).parent
    reads = PythonReads(repository)
    with reads.watching():
        (home / "errors.py").read_text()
        Path(__file__).read_text()
    assert list(reads.found()) == [Path(__file__).relative_to(repository).as_posix()]


def rewritten(path, content):
    """Written as an editor does, with a later date whatever the clock's grain."""
    path.write_text(content)
    later = time.time_ns() + 5_000_000
    os.utime(path, ns=(later, later))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("guarded_plugin.py", "X = 2\n"),
        ("tables/rows.csv", "1,3\n"),
        ("tables/more.csv", "1,3\n"),
        ("tables/rows.csv", "1,2\n"),  # changed and changed back
    ],
)
def test_what_is_written_while_the_stage_runs_fails_it(root, stage, name, content):
    with pytest.raises(SourceError, match=f"{name} changed while it ran"):
        stage(lambda plugin: rewritten(root / name, content))


def test_a_dependency_that_goes_away_fails_the_stage(root, stage):
    with pytest.raises(SourceError, match=r"tables/rows\.csv changed while it ran"):
        stage(lambda plugin: (root / "tables/rows.csv").unlink())


def test_a_param_of_the_stage_that_changes_fails_it_and_another_does_not(root, stage):
    text = (root / "params.yaml").read_text()
    stage(lambda plugin: (root / "params.yaml").write_text(text.replace("0.9", "0.8")))
    with pytest.raises(SourceError, match=r"train\.a changed while it ran"):
        stage(lambda plugin: (root / "params.yaml").write_text(text.replace("5", "6")))


def test_a_file_that_was_loaded_in_another_state_than_the_stage_began_with_is_named():
    before = {"a.py": FileState(1, 1, 1, "one"), "big": FileState(1, 1, 1)}
    assert list(loaded_otherwise({"a.py": "one", "big": "two", "other": "x"}, before)) == []
    assert list(loaded_otherwise({"a.py": "two"}, before)) == ["a.py"]


def test_equal_states_were_not_written_between():
    state = FileState(1, 1, 1)
    assert list(written_between({"a": state}, {"a": FileState(1, 1, 1)})) == []
    for other in (FileState(2, 1, 1), FileState(1, 2, 1), FileState(1, 1, 2), FileState(1, 1, 1, "x")):
        assert list(written_between({"a": state}, {"a": other})) == ["a"]


def test_a_stage_that_is_not_defined_here_is_refused(root):
    with (
        pytest.raises(SourceError, match="defines no stage other"),
        guarded("other", lambda: DvcLock(root), PythonReads(root), lambda: None),
    ):
        pass
