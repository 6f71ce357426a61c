"""The history of the repository."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.ports import CommitLog, Repository


class CommitLogContract:
    """The commit-log port, on a repository of a few commits."""

    def make(self, root: Path) -> tuple[Repository, CommitLog]:
        """A repository of everything that lies in ``root`` now, committed, and its history."""
        raise NotImplementedError

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder with two files."""
        root = tmp_path / "project"
        (root / "deploy").mkdir(parents=True)
        (root / "params.yaml").write_text("model: example\n")
        (root / "deploy" / "staging.yaml").write_text("first\n")
        return root

    @pytest.fixture
    def made(self, root: Path) -> tuple[Repository, CommitLog]:
        """The implementation, after two more commits to one of the files."""
        made = self.make(root)
        for content in ("second", "third"):
            (root / "deploy" / "staging.yaml").write_text(f"{content}\n")
            made[0].commit(root / "deploy" / "staging.yaml", f"Make it {content}\n\nWhy.")
        return made

    def test_the_versions_of_a_file_are_told_newest_first(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """With what each commit made of it, and its subject."""
        found = made[1].versions(root / "deploy" / "staging.yaml")
        assert [each.content for each in found] == [b"third\n", b"second\n", b"first\n"]
        assert [each.commit.subject for each in found[:2]] == ["Make it third", "Make it second"]
        assert found[0].commit.hash == made[0].head()

    def test_a_file_that_never_was_has_no_versions(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """Nor has one of a revision that is not here."""
        assert made[1].versions(root / "deploy" / "none.yaml") == ()
        assert made[1].versions(root / "params.yaml", "origin/none") == ()

    def test_an_ancestor_is_told(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """Either way; a commit is its own; one that is not here is none."""
        log = made[1]
        newest, _, oldest = (each.commit.hash for each in log.versions(root / "deploy" / "staging.yaml"))
        assert log.is_ancestor(oldest, newest)
        assert log.is_ancestor(newest, "HEAD")
        assert log.is_ancestor(newest, oldest) is False
        assert log.is_ancestor("0" * 40, newest) is False
        assert log.is_ancestor(newest, "0" * 40) is None

    def test_the_branches_that_have_a_commit_are_told(self, made: tuple[Repository, CommitLog]) -> None:
        """None has one that is not here."""
        log = made[1]
        assert log.branches("HEAD") == (log.branch(),)
        assert log.branches("0" * 40) == ()

    def test_a_revision_is_resolved(self, made: tuple[Repository, CommitLog]) -> None:
        """By its hash, the start of that, or its branch."""
        head, log = made[0].head(), made[1]
        assert {log.resolve(each) for each in (head, head[:9], "HEAD", str(log.branch()))} == {head}
        assert log.resolve("no-such-branch") is None
        found = log.commit("HEAD")
        assert found is not None
        assert (found.hash, found.committed_at) == (head, made[0].source().committed_at)
        assert log.commit("no-such-branch") is None

    def test_every_content_that_ever_was_is_told(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """Of the files of one folder."""
        assert {*made[1].ever(root / "deploy")} >= {b"first\n", b"second\n", b"third\n"}
        assert b"model: example\n" not in {*made[1].ever(root / "deploy")}

    def test_the_content_of_a_commit_is_told(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """``None`` where the commit has no such file, or is not here."""
        log, path = made[1], root / "deploy" / "staging.yaml"
        assert log.content_at("HEAD", path) == b"third\n"
        assert log.content_at("HEAD", root / "none") is None
        assert log.content_at("0" * 40, path) is None

    def test_the_message_of_a_commit_is_told_whole(self, made: tuple[Repository, CommitLog]) -> None:
        """``None`` for one that is not here."""
        assert made[1].message("HEAD") == "Make it third\n\nWhy.\n"
        assert made[1].message("0" * 40) is None

    def test_what_two_commits_have_otherwise_is_told(self, made: tuple[Repository, CommitLog]) -> None:
        """Their paths; of a commit that is not here it cannot be told."""
        log = made[1]
        newest, *_, oldest = (each.hash for each in log.commits("HEAD"))
        assert log.differing(oldest, newest) == ("deploy/staging.yaml",)
        assert log.differing(newest, newest) == ()
        assert log.differing("0" * 40, newest) is None

    def test_the_files_of_a_commit_are_told(self, made: tuple[Repository, CommitLog]) -> None:
        """None of one that is not here."""
        assert made[1].files_at("HEAD") == {"params.yaml", "deploy/staging.yaml"}
        assert made[1].files_at("0" * 40) == frozenset()

    def test_every_message_is_told(self, made: tuple[Repository, CommitLog]) -> None:
        """Whole, those of before too."""
        said = "\n".join(made[1].messages())
        assert "Make it second\n\nWhy." in said
        assert "Make it third" in said

    def test_commits_between_two_are_told(self, made: tuple[Repository, CommitLog], root: Path) -> None:
        """All of them, or those that changed a file."""
        log = made[1]
        first = log.commits("HEAD")[-1].hash
        assert [each.subject for each in log.commits("HEAD", first)] == ["Make it third", "Make it second"]
        assert log.commits("HEAD", first, root / "params.yaml") == ()
        assert not log.shallow()
