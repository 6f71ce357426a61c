"""What the project's own code raises is told as the plug-in's, with its file and line, and ends with 2."""

import importlib
import sys

import builders
import pytest

from lockgate.adapters.python.plugin_loader import METHODS
from lockgate.cli.plugin_failures import plugin_failure
from lockgate.domain.project.origin import origin
from lockgate.errors import DataError, PluginError

INPUTS = "from lockgate.domain.model.signature import Column; return [Column('a', 'float32')]"


@pytest.fixture
def plugin(lockgate, project, monkeypatch):
    """Write a plug-in and run a verb with it: what `data` does, and what stands above the class."""
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])

    def call(data="pass", *, above="", verb="prepare"):
        monkeypatch.delitem(sys.modules, "failing", raising=False)
        methods = "".join(f"    def {name}(self, *_):\n        {data}\n" for name in METHODS)
        methods = methods.replace(f"inputs(self, *_):\n        {data}", f"inputs(self):\n        {INPUTS}")
        (project / "failing.py").write_text(f"{above}\nclass Plugin:\n{methods}")
        (project / "params.yaml").write_text(builders.PARAMS.replace("example:Plugin", "failing:Plugin"))
        importlib.invalidate_caches()
        return lockgate(verb)

    return call


def test_an_exception_of_the_plugin_ends_with_2_and_names_its_line(plugin):
    code, said = plugin("raise ValueError('no such file of rows')")
    assert code == 2, said
    assert "error: the plug-in failed at failing.py:4, in Plugin.data: ValueError: no such file of rows\n" in said
    assert "fault" not in said


def test_an_exception_of_a_library_names_the_project_s_line_that_called_it(plugin):
    code, said = plugin("json.loads('{')", above="import json")
    assert (code, "JSONDecodeError: Expecting property name" in said) == (2, True), said
    assert "at failing.py:4, in Plugin.data" in said


def test_a_helper_of_the_project_that_failed_is_named_and_not_who_called_it(plugin):
    code, said = plugin("helper()", above="def helper():\n    return 1 / 0\n\n")
    assert (code, "ZeroDivisionError: division by zero" in said) == (2, True), said
    assert "at failing.py:2, in helper" in said


def test_an_error_of_lockgate_keeps_its_words_and_its_code(plugin):
    code, said = plugin("raise Undecided('not known', hint='ask again')", above="from lockgate.errors import Undecided")
    assert (code, said) == (4, "error: not known\n  ask again\n")


def test_an_interruption_is_none_of_the_plugin_s_failures(plugin):
    assert plugin("raise KeyboardInterrupt")[0] == 130


def test_a_fault_of_lockgate_stays_one(plugin, monkeypatch):
    monkeypatch.setattr("lockgate.usecases.making.prepare.prepare", lambda *_: 1 / 0)
    code, said = plugin("return {}")
    assert (code, said) == (1, "fault: ZeroDivisionError: division by zero\n  --traceback shows where\n")


@pytest.mark.parametrize(
    ("above", "told"),
    [
        ("import no_such_package_here", "cannot be imported: ModuleNotFoundError: No module named"),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("def f(:", "cannot be imported: SyntaxError: invalid syntax"),
        ("raise SystemExit(0)", "cannot be imported: SystemExit: 0"),
    ],
)
def test_a_plugin_that_cannot_be_imported_names_the_line(plugin, above, told):
    code, said = plugin(above=above)
    assert (code, told in said) == (2, True), said
    assert "\n  at failing.py:1" in said


def test_a_plugin_that_cannot_be_made_names_the_line(plugin):
    code, said = plugin("pass\n    def __init__(self):\n        raise OSError('no licence')")
    assert (code, "failing:Plugin cannot be made: OSError: no licence\n  at failing.py:" in said) == (2, True), said


def test_a_package_that_is_missing_where_the_plugin_needs_it_is_named_with_what_brings_it(plugin):
    code, said = plugin("import no_such_package_here")
    assert (code, "no_such_package_here is not installed, and the plug-in imports it at failing.py:" in said) == (
        2,
        True,
    ), said
    assert "\n  install the package that brings it; if it is yours" in said
    code, said = plugin("raise ModuleNotFoundError('x', name='torch.nn')")
    assert (code, "pip install 'lockgate[torch]'" in said) == (2, True), said


@pytest.fixture
def raised(tmp_path):
    """The exception of some code as if a file of that name had it."""

    def call(file, code, **known):
        try:
            exec(compile(code, str(file), "exec"), known)
        except BaseException as error:
            return error
        raise AssertionError

    return call


def test_an_environment_below_the_project_is_not_the_project(raised, tmp_path):
    for folder in (".venv/lib/python3.11/site-packages", "vendored/site-packages"):
        assert origin(raised(tmp_path / folder / "lib.py", "1 / 0"), tmp_path) is None
    assert str(origin(raised(tmp_path / "lib.py", "\n1 / 0"), tmp_path)) == "lib.py:2"


def test_a_plugin_that_is_installed_is_the_project_s_by_its_name(raised, tmp_path):
    error = raised("/usr/lib/python3/site-packages/team/models.py", "1 / 0", __name__="team.models")
    assert origin(error, tmp_path) is None
    assert origin(error, tmp_path, ["team.models:Team"]).file.endswith("team/models.py")


def test_a_project_behind_a_link_is_told_by_its_own_paths(raised, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert str(origin(raised(tmp_path / "real/a.py", "1 / 0"), tmp_path / "link")) == "a.py:1"


def test_what_lockgate_raises_when_the_project_calls_it_is_not_the_project_s(raised, tmp_path):
    code = "from lockgate.domain.names import likely\nlikely(None, [])"
    assert origin(raised(tmp_path / "a.py", code), tmp_path) is None


def test_a_full_disk_stays_a_full_disk(raised, project):
    assert plugin_failure(raised(project / "a.py", "raise OSError(28, 'No space left')"), project) is None
    assert isinstance(plugin_failure(raised(project / "a.py", "open('/no/such')"), project), PluginError)


def test_an_error_that_the_project_raises_through_lockgate_is_lockgate_s(plugin):
    code, said = plugin("raise DataError('rows are gone')", above="from lockgate.errors import DataError")
    assert (code, said) == (DataError.exit_code, "error: rows are gone\n")
