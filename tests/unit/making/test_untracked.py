"""A file that git does not have counts where a test or a stage has read it; else it is told."""

import os
import subprocess
import sys

import builders
import pytest
from builders import git

from lockgate.adapters.files.access_times import LocalAccessTimes
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.making.stage_files import StageReads
from lockgate.domain.project.layout import Layout
from lockgate.usecases.measuring.kinds.accuracy import check_tests
from lockgate.usecases.project.project import open_project
from lockgate.usecases.project.sources import judged_source, look_at_reading, look_at_source, note_reading

REPORT = "<testsuite>" + "<testcase/>" * 12 + "</testsuite>"
TESTS = """\
import pathlib
for path in {reads!r}:
    pathlib.Path(path).read_text()
pathlib.Path("build/tests/junit.xml").write_text({report!r})
"""


@pytest.fixture
def opened(project):
    return open_project(
        Layout(project), builders.DOCUMENTS, builders.FILES, *builders.stores(project), LocalAccessTimes()
    )


@pytest.fixture
def repository(project):
    return builders.GitRepository(project)


@pytest.fixture
def run_tests(project, opened, repository):
    """Run tests that read these files, and keep what they said."""

    def run(*reads):
        script = TESTS.format(reads=reads, report=REPORT)
        params = builders.PARAMS.replace("command: pytest", f"command: {sys.executable} build/tests.py")
        (project / "build/tests.py").write_text(script)
        if (project / "params.yaml").read_text() != params:
            (project / "params.yaml").write_text(params)
            git(project, "commit", "--all", "--quiet", "-m", "Tests")
        here = open_project(
            Layout(project), builders.DOCUMENTS, builders.FILES, *builders.stores(project), LocalAccessTimes()
        )
        return check_tests(here, repository, JUnitTestRunner())

    return run


def read(path):
    """Written, and read by somebody a second later."""
    builders.write_read(path)
    return path.name


def test_what_nobody_has_read_since_it_was_written_is_told(project, lockgate):
    (project / "notes.txt").write_text("notes")
    code, said = lockgate("-v", "gate")
    assert code == 0, said
    assert "git does not have, and nothing has read: notes.txt" in said
    assert builders.DOCUMENTS.read(Layout(project).verdict, Verdict).source.clean


def test_what_somebody_has_read_counts_until_the_tests_were_seen_not_to(project, opened, repository, run_tests):
    run_tests()
    name = read(project / "notes.txt")
    assert judged_source(opened, repository).changed == (name,)
    assert run_tests().unread == (name,)
    looked = look_at_source(opened, repository)
    assert (looked.source.clean, looked.told) == (True, (name,))


def test_what_a_test_reads_counts(project, opened, repository, run_tests):
    (project / "rows.csv").write_text("1,2")
    evidence = run_tests("rows.csv")
    assert (evidence.source.changed, evidence.unread) == (("rows.csv",), ())
    assert judged_source(opened, repository) == evidence.source
    (project / "rows.csv").write_text("written anew, and read by nobody")
    assert judged_source(opened, repository).changed == ("rows.csv",)


def test_a_module_that_is_read_in_its_compiled_form_was_read(tmp_path):
    (tmp_path / "helper.py").write_text("")
    command = [sys.executable, "-c", "import helper"]
    subprocess.run(command, cwd=tmp_path, check=True)
    unread = LocalAccessTimes().watch([tmp_path / "helper.py"])
    assert unread() == {tmp_path / "helper.py"}
    subprocess.run(command, cwd=tmp_path, check=True)
    assert unread() == frozenset()


def test_what_a_stage_may_have_read_counts(project, opened, repository, run_tests):
    (project / "rows.csv").write_text("1,2")
    noticed = look_at_reading(opened, repository)
    (project / "rows.csv").read_text()
    note_reading(opened, "train@fake", noticed())
    assert builders.DOCUMENTS.read(Layout(project).stage_reads("train@fake"), StageReads).untracked == ("rows.csv",)
    run_tests()
    assert judged_source(opened, repository).changed == ("rows.csv",)
    note_reading(opened, "train@fake", look_at_reading(opened, repository)())
    assert judged_source(opened, repository).clean


def test_a_log_that_is_written_meanwhile_has_no_reader(project, opened, repository):
    log = project / "run.log"
    log.write_text("begun")
    noticed = look_at_reading(opened, repository)
    log.write_text("begun, and gone on")
    log.read_text()
    assert noticed().unread == {"run.log"}


def test_what_goes_into_a_package_counts_whoever_has_read_it(project, opened, repository):
    (project / "serving").mkdir()
    (project / "serving/extra.py").write_text("")
    assert judged_source(opened, repository).changed == ("serving/extra.py",)


def test_without_dates_of_reading_every_file_counts(project, opened, repository, monkeypatch):
    (project / "notes.txt").write_text("notes")
    monkeypatch.setattr(os, "utime", lambda *_, **__: None)  # as on a file system that keeps none
    assert judged_source(opened, repository).changed == ("notes.txt",)


def test_a_link_counts(project, opened, repository):
    (project / "link.txt").symlink_to("params.yaml")
    assert judged_source(opened, repository).changed == ("link.txt",)


@pytest.mark.slow
def test_the_file_that_ones_own_output_goes_to_is_named_and_no_source(project):
    with (project / "run.log").open("w") as log:
        log.write("begun\n")
        log.flush()
        (project / "run.log").read_text()
        command = [sys.executable, "-m", "lockgate", "-C", str(project), "gate", "-v"]
        code = subprocess.run(command, stdout=log, check=False).returncode
    said = (project / "run.log").read_text()
    assert code == 0, said
    assert "nothing has read: run.log" in said


def test_an_altered_file_counts_whoever_has_read_it(project, opened, repository):
    (project / ".gitignore").write_text("build/\n# more\n")
    assert judged_source(opened, repository).changed == (".gitignore",)


@pytest.mark.slow
def test_errors_that_go_into_the_projects_folder_are_no_source_either(project):
    with (project / "errors.log").open("w") as log:
        log.write("begun\n")
        log.flush()
        builders.write_read(project / "errors.log")
        command = [sys.executable, "-m", "lockgate", "-C", str(project), "gate", "-v"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "nothing has read: errors.log" in done.stdout
