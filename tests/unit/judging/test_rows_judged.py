"""How often the held-out rows have judged is counted, and told with every verdict; it keeps no gate closed."""

import json
import shutil

import builders
import pytest
from builders import git

from lockgate.adapters.git.log import GitLog
from lockgate.cli.main import run
from lockgate.domain.identity import md5
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.rows_judged import RowsJudged
from lockgate.usecases.judging.rows_judged import judged_on, rows_judged
from lockgate.usecases.project.project import read_candidate


def counted(project, weight):
    """Another candidate is made, judged and released; what its verdict says of the rows."""
    builders.write_candidate(project, weight=weight)
    assert run(["-C", str(project), "gate"]) == 0
    builders.sealed(project)
    return builders.DOCUMENTS.read(project / "build/verdict.json", Verdict).rows_judged


def test_each_other_candidate_that_passed_counts_once(project):
    assert [counted(project, weight).candidates for weight in (0.01, 0.02, 0.03)] == [0, 1, 2]
    # The same candidate again, and one that was there: nobody counts twice, and none counts itself.
    assert counted(project, 0.03).candidates == 2
    assert counted(project, 0.01).candidates == 2


def test_candidates_of_other_rows_do_not_count(project, monkeypatch):
    counted(project, 0.01)
    monkeypatch.setattr(builders, "TABLE", b"renewed rows")
    found = counted(project, 0.02)
    assert (found.candidates, found.rows) == (0, md5(b"renewed rows"))


def test_git_says_since_when_the_rows_are_these(project, monkeypatch):
    counted(project, 0.01)
    first = git(project, "rev-list", "--max-parents=1", "HEAD", "--", "dvc.lock").splitlines()[-1]
    assert counted(project, 0.02).commit == first
    assert git(project, "rev-parse", "HEAD") != first
    monkeypatch.setattr(builders, "TABLE", b"renewed rows")
    monkeypatch.setattr(builders, "lock", builders.record)
    # What no commit has is since nowhere.
    assert counted(project, 0.03).commit is None


def test_a_champion_counts_as_promoted_and_one_that_lies_nowhere_is_not_known(project, lockgate, own_store):
    counted(project, 0.01)
    assert lockgate("promote", "staging")[0] == 0
    (version,) = builders.opened(project).releases.versions()
    builders.write_champion(project, builders.opened(project).releases.manifest(version).release)
    found = counted(project, 0.02)
    assert (found.candidates, found.promoted, found.unknown) == (1, 1, ())
    git(project, "revert", "--no-edit", "HEAD^")
    for file in (project / "build/releases" / version).rglob("*.*"):
        file.unlink()
    shutil.rmtree(own_store)  # the promotion has put it there
    found = counted(project, 0.03)
    assert (found.candidates, found.promoted) == (1, 0)
    assert found.unknown == ("1 releases that git names and that lie neither here nor there",)
    assert found.text.startswith("at least 1 other candidate has passed")


def test_a_shallow_clone_says_so(project, tmp_path):
    git(project, "commit", "--quiet", "--allow-empty", "-m", "another")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "clone")
    builders.write_candidate(tmp_path / "clone")
    assert GitLog(tmp_path / "clone").shallow()
    assert counted(tmp_path / "clone", 0.02).unknown == ("this clone is shallow",)


def test_it_is_told_with_the_verdict_and_by_status(project, lockgate):
    counted(project, 0.01)
    counted(project, 0.02)
    line = "1 other candidate has passed on these held-out rows"
    assert line in lockgate("gate")[1]
    assert line in (project / "build/verdict.md").read_text()
    assert line in lockgate("status")[1]
    _, said = lockgate("status", "--json")
    assert json.loads(said[said.index("{\n") : said.rindex("}") + 1])["rows_judged"]["candidates"] == 1


def test_a_verdict_without_a_count_is_read(project):
    counted(project, 0.01)
    path = project / "build/verdict.json"
    tree = json.loads(path.read_text())
    del tree["rows_judged"]
    path.write_text(json.dumps(tree))
    assert builders.DOCUMENTS.read(path, Verdict).rows_judged is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"outcome": "refused"}', b'{"outcome": "passed"}', b"\xff"])
def test_what_is_no_passed_verdict_counts_for_nothing(content):
    assert judged_on(content) is None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ((0, 0, None, None, ()), "no other candidate has passed on these held-out rows"),
        ((0, 0, None, None, ("x",)), "no other candidate is known to have passed on these held-out rows"),
        ((1, 0, None, None, ()), "1 other candidate has passed on these held-out rows; the more they judge, the less"),
        (
            (3, 2, "T", "c" * 40, ("x",)),
            "at least 3 other candidates have passed on these held-out rows, which git has",
        ),
    ],
)
def test_the_sentence_says_what_is_known(found, text):
    rows = RowsJudged(md5(b"rows"), *found)
    assert rows.text.startswith(text)
    assert ("not known: x" in rows.told) == bool(rows.unknown)


def in_store(project):
    """Put what lies here into the user's store, and take it from here."""
    instruments = builders.instruments(project)
    for version in builders.opened(project).releases.versions():
        folder = project / "build/releases" / version
        instruments.release_store().put(builders.opened(project).releases.manifest(version).release, folder)
        shutil.rmtree(folder)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "store"))


def test_candidates_of_other_clones_count_by_the_store(project, store):
    counted(project, 0.01)
    counted(project, 0.02)
    in_store(project)
    found = counted(project, 0.03)
    assert (found.candidates, found.unknown) == (2, ())


def test_of_a_store_with_many_releases_some_are_not_asked_and_that_is_said(project, store, monkeypatch):
    counted(project, 0.01)
    counted(project, 0.02)
    in_store(project)
    monkeypatch.setattr("lockgate.usecases.judging.rows_judged.MOST", 1)
    found = counted(project, 0.03)
    assert (found.candidates, found.unknown) == (1, ("1 more releases of the store",))


def test_a_store_that_is_not_asked_is_said(project):
    opened = builders.opened(project)
    found = rows_judged(opened, GitLog(project), read_candidate(opened, "fake"), lambda: None)
    assert found.unknown == ("the store was not asked",)
