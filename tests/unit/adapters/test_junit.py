"""The project's own tests, run for real, and what their report says."""

import pytest

from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.domain.identity import sha256
from lockgate.errors import DocumentError, InputError
from lockgate.testing.examples import SOURCE

PYTEST = "python -m pytest -q -p no:cacheprovider --junitxml=out/junit.xml tests.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    # pytest's plug-ins take longer to load than these tests to run.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(command, content=None):
        if content is not None:
            (tmp_path / "tests.py").write_text(content)
        return JUnitTestRunner().run(command, tmp_path / "out/junit.xml", SOURCE, tmp_path)

    return run


def reporting(tmp_path, xml):
    """A command that leaves this report."""
    (tmp_path / "write.py").write_text(f"import pathlib; pathlib.Path('out/junit.xml').write_text({xml!r})")
    return "python write.py"


@pytest.mark.parametrize("command", ["", "no-such-program --junitxml=out/junit.xml", "python 'unclosed"])
def test_a_command_that_cannot_be_run_leaves_the_report_of_before(run, tmp_path, command):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/junit.xml").write_text("<testsuite/>")
    with pytest.raises(DocumentError, match=r"tests\.command cannot be run"):
        run(command)
    assert (tmp_path / "out/junit.xml").exists()


def test_tests_that_pass_fail_and_are_skipped_are_counted(run, tmp_path):
    evidence = run(
        PYTEST,
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_later(): pytest.skip()\n"
        "@pytest.fixture\n"
        "def broken(): raise OSError\n"
        "def test_error(broken): pass\n",
    )
    assert (evidence.tests, evidence.failures, evidence.errors, evidence.skipped) == (4, 1, 1, 1)
    assert (evidence.ran, evidence.exit_code) == (3, 1)
    assert evidence.failed == ("tests.test_bad", "tests.test_error")
    assert (evidence.source, evidence.command) == (SOURCE, PYTEST)
    assert evidence.report == sha256((tmp_path / "out/junit.xml").read_bytes())


def test_tests_that_all_pass_end_with_zero(run):
    evidence = run(PYTEST, "def test_good(): pass\n")
    assert (evidence.exit_code, evidence.ran, evidence.failed) == (0, 1, ())


def test_a_command_that_writes_no_report_is_an_error(run):
    with pytest.raises(DocumentError, match=r"wrote no report \(exit code 7\)"):
        run("python -c 'raise SystemExit(7)'")


def test_a_report_of_an_earlier_run_is_never_read(run, tmp_path):
    run(PYTEST, "def test_good(): pass\n")
    with pytest.raises(DocumentError, match="wrote no report"):
        run("true")


@pytest.mark.parametrize("xml", ["", "<testsuite", "not xml"])
def test_a_report_that_is_no_xml_is_an_error(run, tmp_path, xml):
    with pytest.raises(DocumentError, match="not a JUnit report"):
        run(reporting(tmp_path, xml))


def test_a_command_that_is_not_there_is_named(run):
    with pytest.raises(DocumentError, match="no-such-command: not found"):
        run("no-such-command --all")


def test_a_report_without_any_suite_has_no_test(run, tmp_path):
    assert run(reporting(tmp_path, "<testsuites/>")).ran == 0


# The tests below say what a report of another tool may hold.


def test_a_failed_case_counts_even_where_the_suite_does_not_count_it(run, tmp_path):
    xml = '<testsuite tests="2"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    assert run(reporting(tmp_path, xml)).failures == 1


def test_suites_within_suites_are_counted_once(run, tmp_path):
    inner = '<testsuite tests="1" failures="1"><testcase name="a"><failure/></testcase></testsuite>'
    evidence = run(reporting(tmp_path, f'<testsuite tests="1" failures="1">{inner}</testsuite>'))
    assert (evidence.tests, evidence.failures, evidence.failed) == (1, 1, ("a",))


def test_a_count_that_is_no_number_is_bad_input(run, tmp_path):
    with pytest.raises(DocumentError):
        run(reporting(tmp_path, '<testsuite tests="1" failures="many"/>'))


@pytest.mark.parametrize("command", ["", "pytest 'unclosed", "./tests.py"])
def test_a_command_that_cannot_be_run_is_bad_input(run, command):
    with pytest.raises(InputError):
        run(command, "")
