"""A page of the commit that no test has read may be changed by a later one: the tests' run and a verdict stand."""

import fcntl
import os
import subprocess
import sys
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, git

from lockgate.adapters.files.access_times import LocalAccessTimes
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.domain.identity import md5
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.project.layout import Layout
from lockgate.domain.source import pages_alone
from lockgate.testing import FakePipeline, FakeRuntime
from lockgate.usecases.measuring import check
from lockgate.usecases.measuring.kinds.accuracy import check_tests
from lockgate.usecases.project.project import open_project
from lockgate.usecases.releasing.seal import seal_candidate

REPORT = "<testsuite>" + "<testcase/>" * 12 + "</testsuite>"
FILES = ("docs/page.md", "docs/other.md", "README.md", "notes.txt", "code/helper.py", "code/prompt.md", "deploy/how.md")
STANDS = "changed since, and read by neither tests nor stages: docs/page.md"


@pytest.fixture
def run_tests(project):
    """Commit the pages, and run tests that do this: their evidence."""

    def run(does="", files=FILES):
        (project / "build/tests.py").write_text(
            f"import pathlib\n{does}\npathlib.Path('build/tests/junit.xml').write_text({REPORT!r})\n"
        )
        command = f"command: {sys.executable} -S -E build/tests.py"
        (project / "params.yaml").write_text(builders.PARAMS.replace("command: pytest", command))
        for name in files:
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text("first\n")
        commit(project)
        opened = open_project(Layout(project), DOCUMENTS, builders.FILES, *builders.stores(project), LocalAccessTimes())
        return check_tests(opened, builders.GitRepository(project), JUnitTestRunner())

    return run


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Another commit")


def changed(project, name="docs/page.md"):
    (project / name).write_text("second\n")
    commit(project)


def stale(project):
    """Whether the tests have to run again."""
    return not check.tested_already(builders.instruments(project))


def test_a_page_that_no_test_read_makes_neither_tests_nor_verdict_stale(lockgate, project, run_tests):
    before = run_tests("pathlib.Path('notes.txt').read_text()")
    assert before.unread_pages == ("README.md", "docs/other.md", "docs/page.md")
    code, said = lockgate("gate")
    assert (code, "changed since" in said) == (0, False), said
    changed(project)
    assert not stale(project)
    said = lockgate("status")[1]
    assert (STANDS in said, "blocked" in said) == (True, False), said
    # The verdict that lies here is released, and another one is the same.
    pipeline, runtime = FakePipeline(data={"build/test.parquet": md5(builders.TABLE)}), FakeRuntime()
    instruments = replace(
        builders.instruments(project), pipeline=lambda: pipeline, runtime=lambda *, soon=False: runtime
    )
    released = seal_candidate(instruments, None, lambda event: None)[0]
    code, said = lockgate("gate")
    assert (code, STANDS in said) == (0, True), said
    verdict = DOCUMENTS.read(Layout(project).verdict, Verdict)
    assert (verdict.source, verdict.findings) == (before.source, released.verdict.findings)


def test_a_page_that_a_test_read_makes_tests_and_verdict_stale(lockgate, project, run_tests):
    run_tests("pathlib.Path('docs/page.md').read_text()")
    assert lockgate("gate")[0] == 0
    changed(project)
    assert "and commits since then changed docs/page.md" in lockgate("status")[1]
    code, said = lockgate("release")
    assert (code, "and commits since then changed docs/page.md" in said) == (4, True), said
    code, said = lockgate("gate")
    assert (code, "the tests ran on" in said, "changed since" in said) == (4, True, False), said


@pytest.mark.parametrize(
    "does",
    [
        "pathlib.Path('docs/page.md').read_text()",
        "pathlib.Path('docs/page.md').write_text('first\\n')",
        "import shutil; shutil.copy2('docs/page.md', 'build/p'); shutil.move('build/p', 'docs/page.md')",
        "import os; open('docs/page.md').read(); os.utime('docs/page.md', (0, 0))",
        "import subprocess; subprocess.run(['git', 'show', 'HEAD:docs/page.md'], check=True)",
        "import subprocess; subprocess.run(['git', 'clone', '-q', '.', 'build/clone'], check=True)",
    ],
    ids=["read", "written", "replaced", "set-back", "from-git", "cloned"],
)
def test_a_page_that_a_test_may_have_read_makes_them_stale(project, run_tests, does):
    assert "docs/page.md" not in run_tests(does).unread_pages
    changed(project)
    assert stale(project)


@pytest.mark.parametrize("name", ["code/helper.py", "code/prompt.md", "notes.txt", "deploy/how.md", "params.yaml"])
def test_what_is_no_page_alone_makes_them_stale_though_no_test_read_it(project, run_tests, name):
    run_tests()
    with (project / name).open("a") as file:
        file.write("# more\n")
    commit(project)
    assert stale(project)


@pytest.mark.parametrize("how", ["added", "removed", "renamed", "linked", "and-code"])
def test_another_list_of_files_makes_them_stale(project, run_tests, how):
    run_tests()
    page = project / "docs/page.md"
    if how in {"added", "and-code"}:
        (project / ("docs/new.md" if how == "added" else "new.py")).write_text("x = 1\n")
        page.write_text("second\n")
    elif how == "renamed":
        page.rename(project / "docs/moved.md")
    else:
        page.unlink()
    if how == "linked":
        page.symlink_to("other.md")
    commit(project)
    assert stale(project)


def test_a_page_that_a_stage_names_makes_them_stale(project, run_tests):
    text = builders.DVC_YAML.replace("deps: [.gitignore]", "deps: [.gitignore, docs]")
    (project / "dvc.yaml").write_text(text)
    for name in FILES:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("first\n")
    builders.lock(project)
    assert "docs/page.md" in run_tests().unread_pages
    changed(project)
    assert stale(project)


def test_a_page_of_the_service_counts(run_tests):
    assert "serving/page.md" not in run_tests(files=(*FILES, "serving/page.md")).unread_pages


def test_without_dates_of_reading_every_page_counts(project, run_tests, monkeypatch):
    monkeypatch.setattr(os, "utime", lambda *_, **__: None)  # as on a file system that keeps none
    assert run_tests().unread_pages == ()
    changed(project)
    assert stale(project)


def test_where_a_copy_is_made_without_reading_every_page_counts(run_tests, monkeypatch):
    monkeypatch.setattr(fcntl, "ioctl", lambda *_: 0)  # as on a file system whose files share blocks
    assert run_tests().unread_pages == ()


def test_evidence_of_before_knows_no_page(project, run_tests):
    run_tests()
    builders.rewrite(Layout(project).tests, TestsEvidence, unread_pages=())
    changed(project)
    assert stale(project)


def test_the_list_holds_for_the_commit_that_the_tests_ran_on_alone(project, run_tests):
    run_tests()
    changed(project)
    run = run_tests("pathlib.Path('docs/page.md').read_text()")
    assert "docs/page.md" not in run.unread_pages
    changed(project)
    assert stale(project)


@pytest.mark.parametrize(
    ("names", "alone"),
    [
        (("docs/a.md", "b.rst", "c.adoc", "d.txt"), {"docs/a.md", "b.rst", "c.adoc"}),
        (("setup.py", "README.md"), {"README.md"}),
        (("package/x.py", "package/data/deep/a.md", "b.md"), {"b.md"}),
        (("a.md", "a.ipynb", "docs/b.md", "docs/b.html"), set()),
        (("a.md", "docs/conf.py"), set()),
        (("a.md", "native/Cargo.toml"), set()),
    ],
)
def test_a_page_is_alone_where_nothing_is_likely_to_stand_for_it(names, alone):
    assert pages_alone(names) == alone


def test_a_file_that_is_watched_closely_is_unread_until_it_is_read_written_or_gone(tmp_path):
    paths = [tmp_path / name for name in ("unread", "read", "written", "gone", "run", "link")]
    for path in paths[:-1]:
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    paths[-1].symlink_to("unread")
    unread = LocalAccessTimes().watch_closely(paths)
    assert unread() == {*paths[:-1]}
    paths[1].read_text()
    paths[2].write_text("more")
    paths[3].unlink()
    subprocess.run([paths[4]], check=True)
    assert unread() == {paths[0]}
