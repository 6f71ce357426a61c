"""A project's modules are found, and never in the place of one that Python or Lockgate needs."""

import importlib
import importlib.metadata
import sys
import textwrap

import pytest

from lockgate.adapters.python.import_path import _owners, put_on_path
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.adapters.python.plugin_loader import load_plugin
from lockgate.domain.source import Source
from lockgate.errors import SettingsError

TAKEN = ("email", "secrets", "types", "queue", "random", "yaml", "dvc", "mlflow", "numpy", "turtle", "asyncssh")
PLUGIN = "class Plugin:\n    data = inputs = train = open = print\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project whose folder has modules of taken names, and three of its own; nothing of it stays in this process."""
    for name in TAKEN:
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the project took the place')\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "mine.py").write_text(f"import test, theirs\n{PLUGIN}")
    (tmp_path / "src/theirs.py").write_text("")
    (tmp_path / "test.py").write_text("")
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    before = dict(sys.modules)
    yield tmp_path
    for name in {*sys.modules} - {*before}:
        del sys.modules[name]


def load(folder, name):
    importlib.invalidate_caches()
    return load_plugin(name, put_on_path(folder))


@pytest.mark.parametrize("first", [False, True])
def test_what_is_imported_behind_the_plug_in_is_what_it_is_without_the_project(folder, first):
    load(folder, "mine:Plugin")
    assert sys.modules["test"].__file__ == str(folder / "test.py")
    if first:
        sys.path.insert(0, str(folder))  # as pytest does for a test in a package
    for name in TAKEN:
        assert str(folder) not in importlib.util.find_spec(name).origin


def test_a_process_that_is_started_from_the_path_alone_finds_the_same(folder):
    load(folder, "mine:Plugin")
    load(folder, "mine:Plugin")
    assert sys.path[-2:] == [str(folder), str(folder / "src")]
    assert len([entry for entry in sys.path if entry.startswith(str(folder))]) == 2


@pytest.mark.parametrize(("name", "owner"), [("secrets", "Python's standard library"), ("yaml", "the package PyYAML")])
def test_a_plug_in_that_imports_its_own_module_of_a_taken_name_is_told_the_line_and_the_file(folder, name, owner):
    (folder / "src/theirs.py").write_text(f"\n\ndef late():\n    from {name} import KEY\n")
    with pytest.raises(SettingsError, match="give your file another name") as caught:
        load(folder, "mine:Plugin")
    assert f"src/theirs.py:4 imports {name}, a module of {owner}: {name}.py cannot be imported" in str(caught.value)
    (folder / f"{name}.py").unlink()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not hasattr(finder, "misled")]
    load(folder, "mine:Plugin")


def test_lockgates_own_repository_is_run_by_the_lockgate_that_is_installed(folder):
    (folder / "src/lockgate").mkdir()
    (folder / "src/lockgate/__init__.py").write_text("raise RuntimeError('a working copy of it')\n")
    (folder / "src/theirs.py").write_text("from lockgate.errors import DataError\n")
    load(folder, "mine:Plugin")


def test_a_plug_in_of_a_taken_name_is_told_so(folder):
    (folder / "queue.py").write_text(PLUGIN)
    with pytest.raises(SettingsError, match=r"queue:Plugin: queue\.py has the name of a module of Python's standard"):
        load(folder, "queue:Plugin")


def test_the_project_comes_before_an_installed_package_that_lockgate_does_not_need(folder, tmp_path_factory):
    installed = tmp_path_factory.mktemp("installed")
    (installed / "mine.py").write_text("")
    sys.path.insert(0, str(installed))
    load(folder, "mine:Plugin")
    assert sys.modules["mine"].__file__ == str(folder / "mine.py")


@pytest.mark.slow
def test_the_command_of_the_tests_finds_the_project_and_its_own_tools(folder):
    (folder / "hello.py").write_text(
        "import sys, pathlib, email.message, yaml, mine, theirs\n"
        "assert __name__ == '__main__' and sys.argv[1:] == ['-q', 'x']\n"
        "pathlib.Path('report.xml').write_text('<testsuite><testcase name=\"a\"/></testsuite>')\n"
    )
    source = Source("0" * 40, "2026-01-01T00:00:00Z")
    evidence = JUnitTestRunner().run("python -m hello -q x", folder / "report.xml", source, folder)
    assert (evidence.exit_code, evidence.tests) == (0, 1)


@pytest.mark.slow
def test_looking_for_a_module_imports_nothing_for_python_holds_its_import_lock_meanwhile(folder, run_python):
    """A thread that imports the same module waits for that lock, and both wait for ever."""
    looked = f"""
        import sys
        from pathlib import Path
        from lockgate.adapters.python.import_path import put_on_path
        found = put_on_path(Path({str(folder)!r}))
        asked = []
        sys.addaudithook(lambda event, arguments: event == "import" and asked.append(arguments[0]))
        for name in {TAKEN}:
            found.find_spec(name, None)
        assert asked == [], asked
        assert found.displaced
    """
    run_python(textwrap.dedent(looked))


def test_the_owners_of_one_module_are_those_that_the_whole_list_names():
    whole = importlib.metadata.packages_distributions()
    for name in ("numpy", "yaml", "_pytest", "dateutil", "six", "sklearn"):
        assert sorted({*_owners(name)}) == sorted({*whole[name]}), name
    assert "nobody_has_this" not in whole
    assert [*_owners("nobody_has_this")] == []
