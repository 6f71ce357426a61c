"""`lockgate log`: what an environment named, since when, until when, by whom and why, by git alone."""

import json
import shutil

import builders
import pytest
from builders import git

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.environment_log import How, how_of, reason_of, times_in_order
from lockgate.domain.source import Commit

ONE, TWO = (ReleaseReference("m", sha256(name.encode()), sha256(b"content")) for name in ("one", "two"))


@pytest.fixture
def project(released_project, tmp_path):
    return shutil.copytree(released_project, tmp_path / "project")


@pytest.fixture
def stays(lockgate, capfd, project):
    """The stays that the JSON document tells, the newest first."""

    def told(*flags, root=project):
        code, said = lockgate("log", "staging", "--json", *flags, root=root)
        assert code == 0, said
        return json.loads(said[said.index("{") : said.rindex("}") + 1])["stays"]

    return told


@pytest.fixture
def reverted(lockgate, project):
    """Promoted, and the promotion reverted by git."""
    assert lockgate("promote", "staging")[0] == 0
    git(project, "revert", "--no-edit", "HEAD")
    return project


def test_promotion_and_revert_are_told_with_their_commits(reverted, stays):
    newest, promoted, first = stays()
    assert [each["how"] for each in (newest, promoted, first)] == ["revert", "promotion", "by hand"]
    assert newest["release"] is None
    assert newest["until"] is None
    assert promoted["until"] == newest["since"]
    assert promoted["release"]["release"] == str(builders.opened(reverted).releases.manifest(_only(reverted)).release)
    assert promoted["by"]["email"] == "keeper@example.org"
    assert newest["reason"].startswith("This reverts commit ")


def _only(root):
    (version,) = builders.opened(root).releases.versions()
    return version


def test_what_somebody_wrote_into_the_file_is_by_hand_whatever_the_subject_says(reverted, stays):
    text = git(reverted, "show", "HEAD~1:deploy/staging.yaml")
    other = text.replace("release: sha256:", f"release: sha256:{'0' * 12}")[: len(text) + 12]
    hand = "\n".join(line[: line.index("sha256:") + 71] if "sha256:" in line else line for line in other.splitlines())
    (reverted / "deploy/staging.yaml").write_text(hand + "\n")
    git(reverted, "commit", "--quiet", "-am", "Promote example 123456789abc to staging\n\nIt was late.")
    newest = stays("--verify")[0]
    assert (newest["how"], newest["reason"]) == ("by hand", "It was late.")
    assert (newest["where"], newest["verified"]) == ("", None)


def test_a_merge_is_told_with_the_commit_that_it_brought(lockgate, project, stays):
    git(project, "checkout", "--quiet", "-b", "promotion")
    assert lockgate("promote", "staging")[0] == 0
    git(project, "checkout", "--quiet", "main")
    git(project, "merge", "--quiet", "--no-ff", "-m", "Merge the promotion", "promotion")
    newest = stays()[0]
    assert newest["since"]["subject"] == "Merge the promotion"
    assert (newest["how"], newest["by"]["subject"][:8]) == ("promotion", "Promote ")


def test_verify_opens_each_release_and_tells_what_is_wrong(lockgate, project, stays):
    assert lockgate("promote", "staging")[0] == 0
    assert stays()[0]["verified"] is None
    assert stays("--verify")[0]["verified"] is True
    (project / "build/releases" / _only(project) / "verdict.json").write_text("{}")
    broken = stays("--verify")[0]
    assert broken["verified"] is False
    assert "verdict.json" in broken["problem"]
    assert "? in build/releases" in lockgate("log", "staging", "--verify")[1]


def test_a_release_of_the_store_is_told_and_fetched_where_it_is_to_be_verified(lockgate, project, stays, tmp_path):
    assert lockgate("promote", "staging")[0] == 0
    version = _only(project)
    digest = builders.opened(project).releases.manifest(version).release
    builders.instruments(project).release_store().put(digest, project / "build/releases" / version)
    git(tmp_path, "clone", "--quiet", f"file://{project}", "clone")
    assert stays(root=tmp_path / "clone")[0]["where"].startswith("the store ")
    found = stays("--verify", root=tmp_path / "clone")[0]
    assert (found["where"], found["verified"]) == (f"build/releases/{version}", True)


def test_a_shallow_clone_says_what_it_cannot_tell(lockgate, project, stays, tmp_path, own_store):
    assert lockgate("promote", "staging")[0] == 0
    shutil.rmtree(own_store)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "clone")
    git(tmp_path / "clone", "checkout", "--quiet", "--detach")
    (only,) = stays(root=tmp_path / "clone")
    assert "it may have been so for longer" in only["doubts"][0]
    code, said = lockgate("log", "staging", root=tmp_path / "clone")
    assert (code, "the detached HEAD" in said, "? cannot be had here" in said) == (0, True, True)


def test_a_name_that_never_was_an_environment_is_refused_with_those_that_are(lockgate):
    code, said = lockgate("log", "stagin")
    assert (code, "staging" in said) == (2, True), said


def test_a_subject_alone_is_believed_of_nothing():
    subject = f"Promote m {ONE.release.short} to staging"
    assert how_of(subject, ONE, []) is How.PROMOTION
    assert how_of(subject, TWO, []) is How.BY_HAND
    back = f"Roll staging back to m {ONE.release.short}"
    assert how_of(back, ONE, [TWO, ONE]) is How.ROLLBACK
    assert how_of(back, ONE, [TWO]) is How.BY_HAND
    assert how_of('Revert "x"', TWO, [ONE]) is How.BY_HAND
    assert how_of('Revert "x"', None, [ONE]) is How.REVERT


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("S\n", ""),
        ("S\n\nRelease sha256:1\nContent sha256:2\n\nOff:\n- data\n\nIt\nwas late.\n\nMore.", "It was late."),
        ("S\n\nWhy it was:\n- a\n- b\n", ""),
        ("S\n\nAsked-by: A. Person\nSigned-off-by: B <b@example.org>\n", ""),
        ("S\n\nGates:\n- a\n\nRelease: sha256:1\nAgainst: no champion\nVerdict: sha256:2\n", ""),
        ("S\n\nThis reverts commit 1.\n", "This reverts commit 1."),
    ],
)
def test_the_reason_is_the_first_text_below_the_subject(message, reason):
    assert reason_of(message) == reason


def test_a_commit_that_says_a_time_before_the_one_it_follows_is_doubted():
    new, old = (
        Commit(name * 40, "A", "a@b", f"2026-01-0{day}T00:00:00+00:00", "s") for name, day in (("a", 1), ("b", 2))
    )
    assert times_in_order([old, new]) == ()
    (doubt,) = times_in_order([new, old])
    assert "aaaaaaaaaaaa" in doubt
    assert "bbbbbbbbbbbb" in doubt
