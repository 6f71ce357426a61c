"""The repository."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.errors import Busy, SourceError
from lockgate.ports import Repository


class RepositoryContract:
    """The repository port, on a folder that holds committed files."""

    def make(self, root: Path) -> Repository:
        """A repository of everything that lies in ``root`` now, committed."""
        raise NotImplementedError

    def make_empty(self, root: Path) -> Repository:
        """A repository without a commit."""
        raise NotImplementedError

    def pushed(self, repository: Repository, root: Path, branch: str) -> str | None:
        """The commit that the branch of `origin` has, or ``None``."""
        raise NotImplementedError

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder with three files."""
        root = tmp_path / "project"
        (root / "deploy").mkdir(parents=True)
        (root / "params.yaml").write_text("model: example\n")
        (root / "dvc.lock").write_text("schema: '2.0'\n")
        (root / "deploy" / "staging.yaml").write_text("environment: staging\n")
        return root

    @pytest.fixture
    def repository(self, root: Path) -> Repository:
        """The implementation."""
        return self.make(root)

    def test_a_file_is_committed_as_long_as_it_is_what_the_commit_says(
        self, repository: Repository, root: Path
    ) -> None:
        """A file that was changed, or that is not there, is not."""
        lock = root / "dvc.lock"
        assert repository.committed(lock)
        lock.write_text("schema: '2.0'\nstages: {}\n")
        assert not repository.committed(lock)
        lock.unlink()
        assert not repository.committed(lock)
        (root / "new.yaml").write_text("new: true\n")
        assert not repository.committed(root / "new.yaml")

    def test_files_that_are_not_as_committed_are_told(self, repository: Repository, root: Path) -> None:
        """Altered, gone and new ones; one that is neither here nor in the commit is as committed."""
        params, staging, waivers = (root / name for name in ("params.yaml", "deploy/staging.yaml", "waivers.yaml"))
        assert repository.uncommitted(params, staging, waivers) == ()
        params.write_text("model: other\n")
        assert repository.uncommitted(params, staging, waivers) == (params,)
        staging.unlink()
        waivers.write_text("waivers: []\n")
        assert repository.uncommitted(waivers, staging, params) == (waivers, staging, params)

    def test_a_committed_folder_is_clean(self, repository: Repository) -> None:
        """Nothing differs from the commit."""
        assert repository.source().clean

    def test_the_source_does_not_change_by_looking_at_it(self, repository: Repository) -> None:
        """Reading is repeatable."""
        assert repository.source() == repository.source()

    def test_the_head_is_the_commit_of_the_source(self, repository: Repository) -> None:
        """Asked alone, it costs little."""
        assert repository.head() == repository.source().commit

    def test_a_folder_without_a_commit_has_no_source(self, root: Path) -> None:
        """A verdict holds for a commit; without one there is nothing to judge."""
        repository = self.make_empty(root)
        for asked in (repository.source, repository.head):
            with pytest.raises(SourceError):
                asked()

    @pytest.mark.parametrize("name", ["new.txt", "deploy/über uns.yaml", "two words.txt", "a/b/c.txt"])
    def test_a_new_file_is_named(self, repository: Repository, root: Path, name: str) -> None:
        """Untracked files count, whatever their names hold."""
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("new")
        assert repository.source().changed == (name,)

    def test_an_altered_and_a_deleted_file_are_named(self, repository: Repository, root: Path) -> None:
        """Every difference counts."""
        (root / "params.yaml").write_text("model: other\n")
        (root / "deploy" / "staging.yaml").unlink()
        assert repository.source().changed == ("deploy/staging.yaml", "params.yaml")

    @pytest.mark.parametrize("name", ["dvc.lock", "measuring.yaml"])
    def test_what_a_run_writes_is_no_change(self, repository: Repository, root: Path, name: str) -> None:
        """It is a result, new or altered."""
        (root / name).write_text("stages: {}\n")
        assert repository.source().clean
        assert repository.untracked() == ()

    def test_a_commit_takes_that_one_file_and_nothing_else(self, repository: Repository, root: Path) -> None:
        """What else was changed stays changed."""
        (root / "params.yaml").write_text("model: other\n")
        (root / "deploy" / "staging.yaml").write_text("champion: one\n")
        commit = repository.commit(root / "deploy" / "staging.yaml", "Promote")
        assert repository.source().commit == commit
        assert repository.source().changed == ("params.yaml",)

    def test_a_new_file_can_be_committed(self, repository: Repository, root: Path) -> None:
        """An environment's first promotion may make its file."""
        before = repository.source().commit
        (root / "deploy" / "production.yaml").write_text("champion: one\n")
        assert repository.commit(root / "deploy" / "production.yaml", "Promote") != before
        assert repository.source().clean

    def test_what_a_commit_says_is_asked_before_it_is_made(self, repository: Repository, root: Path) -> None:
        """A file that does not mean what is to be committed is not; what is committed is told, whatever lies here."""
        staging, before = root / "deploy" / "staging.yaml", repository.head()
        committed = staging.read_bytes()
        staging.write_text("champion: one\n")
        with pytest.raises(SourceError):
            repository.commit(staging, "Promote", lambda content: b"two" in content)
        assert (repository.head(), repository.content(staging)) == (before, committed)
        repository.commit(staging, "Promote", lambda content: b"one" in content)
        staging.unlink()
        assert repository.content(staging) == b"champion: one\n"
        assert repository.content(root / "new.yaml") is None

    def test_other_files_go_into_the_same_commit(self, repository: Repository, root: Path) -> None:
        """New ones too; what else was changed stays changed."""
        for name in ("params.yaml", "deploy/staging.yaml", "deploy/keys.yaml"):
            (root / name).write_text("other: true\n")
        staging, keys = root / "deploy/staging.yaml", root / "deploy/keys.yaml"
        repository.commit(staging, "Promote", also=[keys])
        assert repository.source().changed == ("params.yaml",)
        assert repository.content(keys) == b"other: true\n"

    def test_a_commit_follows_the_one_that_it_was_decided_on(self, repository: Repository, root: Path) -> None:
        """Whoever comes second is told; the first commit stays, and so does what lies here."""
        staging, decided_on = root / "deploy/staging.yaml", repository.head()
        staging.write_text("champion: one\n")
        first = repository.commit(staging, "Promote one", onto=decided_on)
        staging.write_text("champion: two\n")
        with pytest.raises(Busy):
            repository.commit(staging, "Promote two", onto=decided_on)
        assert (repository.head(), repository.content(staging)) == (first, b"champion: one\n")
        assert staging.read_bytes() == b"champion: two\n"
        assert repository.commit(staging, "Promote two", onto=first) == repository.head()

    def test_the_latest_commit_is_taken_back_and_no_other(self, repository: Repository, root: Path) -> None:
        """With its files, and nothing else; what was not there before is gone."""
        staging, keys, before = root / "deploy/staging.yaml", root / "deploy/keys.yaml", repository.head()
        written = staging.read_bytes()
        (root / "params.yaml").write_text("model: other\n")
        staging.write_text("champion: one\n")
        keys.write_text("keys: []\n")
        made = repository.commit(staging, "Promote", also=[keys])
        with pytest.raises(Busy):
            repository.take_back(before, staging)
        assert repository.head() == made
        repository.take_back(made, staging, keys)
        assert (repository.head(), staging.read_bytes(), keys.exists()) == (before, written, False)
        assert repository.source().changed == ("params.yaml",)

    def test_what_differs_since_a_commit_is_told(self, repository: Repository, root: Path) -> None:
        """Between commits, not here; ``None`` where the commit is not known."""
        before = repository.head()
        assert repository.changed_since(before) == ()
        (root / "params.yaml").write_text("model: other\n")
        for name in ("dvc.lock", "measuring.yaml", "deploy/staging.yaml"):
            (root / name).write_text("other: true\n")
            repository.commit(root / name, "Other")
        assert repository.changed_since(before) == ("deploy/staging.yaml",)
        assert repository.changed_since("0" * 40) is None

    def test_the_plain_files_of_the_latest_commit_are_told(self, repository: Repository, root: Path) -> None:
        """As committed, whatever lies here."""
        (root / "new.yaml").write_text("new: true\n")
        (root / "params.yaml").unlink()
        assert repository.plain_files() == {"params.yaml", "dvc.lock", "deploy/staging.yaml"}

    def test_what_git_reads_whenever_it_is_asked_is_there(self, repository: Repository) -> None:
        """Whoever watches these files knows that somebody has asked."""
        assert all(path.is_file() for path in repository.read_when_asked())

    def test_a_restored_file_is_as_committed_and_others_stay(self, repository: Repository, root: Path) -> None:
        """It undoes one file."""
        for name in ("params.yaml", "deploy/staging.yaml"):
            (root / name).write_text("other: true\n")
        repository.restore(root / "deploy" / "staging.yaml")
        assert repository.source().changed == ("params.yaml",)

    def test_a_push_gives_the_branch_the_commit(self, repository: Repository, root: Path) -> None:
        """And the branch need not be checked out."""
        repository.push("release-branch")
        assert self.pushed(repository, root, "release-branch") == repository.source().commit

    def test_what_a_branch_of_origin_has_is_fetched(self, repository: Repository) -> None:
        """``None`` where there is no such branch."""
        assert repository.fetch("release-branch") is None
        repository.push("release-branch")
        assert repository.fetch("release-branch") == repository.head()
