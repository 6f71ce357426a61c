"""The repository, files, documents and tables."""
# ruff: noqa: S101 - asserts are what a test is made of

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lockgate.domain.identity import Digest, md5, sha256
from lockgate.domain.model.signature import Columns
from lockgate.errors import Busy, DataError, DocumentError, SettingsError, SourceError
from lockgate.ports import Documents, Files, Repository, Tables
from lockgate.testing.contracts.folder_contents import contents


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

    def test_the_lock_file_that_a_run_writes_is_no_change(self, repository: Repository, root: Path) -> None:
        """It is a result."""
        (root / "dvc.lock").write_text("stages: {}\n")
        assert repository.source().clean

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

    def test_what_differs_since_a_commit_is_told(self, repository: Repository, root: Path) -> None:
        """Between commits, not here; ``None`` where the commit is not known."""
        before = repository.head()
        assert repository.changed_since(before) == ()
        (root / "params.yaml").write_text("model: other\n")
        for name in ("dvc.lock", "deploy/staging.yaml"):
            (root / name).write_text("other: true\n")
            repository.commit(root / name, "Other")
        assert repository.changed_since(before) == ("deploy/staging.yaml",)
        assert repository.changed_since("0" * 40) is None

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


class FilesContract:
    """The files port."""

    def make(self) -> Files:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def files(self) -> Files:
        """The implementation."""
        return self.make()

    def test_a_lock_has_one_holder_at_a_time(self, files: Files, tmp_path: Path) -> None:
        """The second one is told who the first is; when that has ended, however, the way is free."""
        lock = tmp_path / "build" / "lock"
        with files.hold(lock), pytest.raises(Busy, match=f"process {os.getpid()}"), files.hold(lock):
            raise AssertionError
        with pytest.raises(ZeroDivisionError), files.hold(lock):
            raise ZeroDivisionError
        with files.hold(lock):
            pass

    def test_digests_are_of_the_bytes(self, files: Files, tmp_path: Path) -> None:
        """Equal to those of the domain."""
        (tmp_path / "file").write_bytes(b"content\r\n")
        assert files.sha256(tmp_path / "file") == sha256(b"content\r\n")
        assert files.md5(tmp_path / "file") == md5(b"content\r\n")

    def test_a_folder_has_no_digest(self, files: Files, tmp_path: Path) -> None:
        """It is told that it cannot be read."""
        with pytest.raises(DocumentError, match="cannot be read"):
            files.sha256(tmp_path)
        with pytest.raises(DataError, match="cannot be read"):
            files.md5(tmp_path)

    def test_a_missing_file_has_no_digest(self, files: Files, tmp_path: Path) -> None:
        """Data and documents are told apart."""
        with pytest.raises(DocumentError, match="missing"):
            files.sha256(tmp_path / "file")
        with pytest.raises(DataError, match="missing"):
            files.md5(tmp_path / "file")

    def test_a_tree_names_every_file_below_by_its_relative_path(self, files: Files, tmp_path: Path) -> None:
        """Hidden ones too."""
        files.write_bytes(tmp_path / "a" / "b.txt", b"b")
        files.write_bytes(tmp_path / ".hidden", b"h")
        assert files.tree(tmp_path) == {"a/b.txt": sha256(b"b"), ".hidden": sha256(b"h")}

    def test_a_tree_with_a_link_is_refused(self, files: Files, tmp_path: Path) -> None:
        """A link could point anywhere."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "link").symlink_to(tmp_path)
        with pytest.raises(DocumentError, match="link"):
            files.tree(tmp_path / "folder")
        with pytest.raises(DocumentError, match="link"):
            files.tree(tmp_path / "folder", links=True)

    def test_a_tree_of_results_follows_links_to_files(self, files: Files, tmp_path: Path) -> None:
        """DVC places them so."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "cached").write_bytes(b"c")
        (tmp_path / "folder" / "link").symlink_to(tmp_path / "cached")
        with pytest.raises(DocumentError, match="link"):
            files.tree(tmp_path / "folder")
        assert files.tree(tmp_path / "folder", links=True) == {"link": sha256(b"c")}
        (tmp_path / "cached").unlink()
        with pytest.raises(DocumentError, match="link"):
            files.tree(tmp_path / "folder", links=True)

    def test_a_written_file_is_whole_readable_and_alone(self, files: Files, tmp_path: Path) -> None:
        """Folders are made; no temporary file stays; an older one is replaced."""
        path = tmp_path / "new" / "file"
        files.write_bytes(path, b"old and longer")
        files.write_bytes(path, b"new")
        assert path.read_bytes() == b"new"
        assert stat.filemode(path.stat().st_mode) == "-rw-r--r--"
        assert [item.name for item in path.parent.iterdir()] == ["file"]

    def test_a_placed_folder_appears_whole(self, files: Files, tmp_path: Path) -> None:
        """Not before the block ends."""
        (tmp_path / "source").write_bytes(b"content")
        target = tmp_path / "deep" / "target"
        with files.place(target, {"a/b": tmp_path / "source"}) as staged:
            assert not target.exists()
            (staged / "more").write_bytes(b"more")
        assert contents(target) == {"a/b": b"content", "more": b"more"}
        assert [item.name for item in target.parent.iterdir()] == ["target"]

    def test_a_folder_that_fails_on_the_way_never_appears(self, files: Files, tmp_path: Path) -> None:
        """And leaves nothing behind."""
        (tmp_path / "source").write_bytes(b"content")
        target = tmp_path / "deep" / "target"
        with pytest.raises(ZeroDivisionError), files.place(target, {"a": tmp_path / "source"}):
            raise ZeroDivisionError
        assert list(target.parent.iterdir()) == []

    def test_a_moved_folder_replaces_what_was_there(self, files: Files, tmp_path: Path) -> None:
        """Nothing of the old one stays."""
        files.write_bytes(tmp_path / "new" / "file", b"new")
        files.write_bytes(tmp_path / "target" / "old", b"old")
        files.move(tmp_path / "new", tmp_path / "target")
        assert contents(tmp_path / "target") == {"file": b"new"}
        assert [item.name for item in tmp_path.iterdir()] == ["target"]

    def test_a_move_that_fails_leaves_the_folder_that_was_there(self, files: Files, tmp_path: Path) -> None:
        """Nothing is removed before there is something in its place."""
        files.write_bytes(tmp_path / "target" / "old", b"old")
        with pytest.raises(OSError, match="absent"):
            files.move(tmp_path / "absent", tmp_path / "target")
        assert contents(tmp_path) == {"target/old": b"old"}


@dataclass(frozen=True)
class ContractDocument:
    """A document with every kind of value that documents hold."""

    name: str
    digest: Digest
    numbers: tuple[float, ...]
    nested: dict[str, Digest]
    absent: float | None = None


CONTRACT_DOCUMENT = ContractDocument("ü >50K", sha256(b"x"), (0.1, 1e-300, -0.0, 1e22), {"data": md5(b"x")})


class DocumentsContract:
    """The documents port."""

    def make(self) -> Documents:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def documents(self) -> Documents:
        """The implementation."""
        return self.make()

    def test_what_is_written_is_read_back(self, documents: Documents, tmp_path: Path) -> None:
        """To the last digit of a number."""
        documents.write(tmp_path / "document.json", CONTRACT_DOCUMENT)
        assert documents.read(tmp_path / "document.json", ContractDocument) == CONTRACT_DOCUMENT

    def test_writing_tells_the_digest_of_the_bytes(self, documents: Documents, tmp_path: Path) -> None:
        """And equal documents give equal bytes."""
        digest = documents.write(tmp_path / "document.json", CONTRACT_DOCUMENT)
        assert digest == sha256((tmp_path / "document.json").read_bytes())
        assert digest == documents.write(tmp_path / "again.json", CONTRACT_DOCUMENT)

    def test_settings_that_are_written_are_read_back(self, documents: Documents, tmp_path: Path) -> None:
        """With the heading as a comment."""
        documents.write_settings(tmp_path / "settings.yaml", CONTRACT_DOCUMENT, heading="One\nTwo")
        assert (tmp_path / "settings.yaml").read_text(encoding="utf-8").startswith("# One\n# Two\n")
        assert documents.read_settings(tmp_path / "settings.yaml", ContractDocument) == CONTRACT_DOCUMENT

    def test_a_folder_is_no_document(self, documents: Documents, tmp_path: Path) -> None:
        """It is told that it cannot be read."""
        with pytest.raises(DocumentError, match="cannot be read"):
            documents.read(tmp_path, ContractDocument)

    def test_settings_are_read_from_bytes(self, documents: Documents, tmp_path: Path) -> None:
        """As from a file, with its name in errors."""
        documents.write_settings(tmp_path / "settings.yaml", CONTRACT_DOCUMENT, heading="One")
        content = (tmp_path / "settings.yaml").read_bytes()
        assert documents.parse_settings(content, "old.yaml", ContractDocument) == CONTRACT_DOCUMENT
        with pytest.raises(SettingsError, match=r"old\.yaml"):
            documents.parse_settings(b"name: [", "old.yaml", ContractDocument)

    def test_a_missing_file_is_named(self, documents: Documents, tmp_path: Path) -> None:
        """In the error of its kind."""
        with pytest.raises(DocumentError, match=r"document\.json: missing"):
            documents.read(tmp_path / "document.json", ContractDocument)
        with pytest.raises(SettingsError, match=r"settings\.yaml: missing"):
            documents.read_settings(tmp_path / "settings.yaml", ContractDocument)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"null", b"{}", b'{"name": 1}', b"\xff\xfe", b'{"name": NaN}']
    )
    def test_what_is_not_the_document_is_refused(self, documents: Documents, tmp_path: Path, content: bytes) -> None:
        """Never read as a default."""
        (tmp_path / "document.json").write_bytes(content)
        with pytest.raises(DocumentError, match=r"document\.json"):
            documents.read(tmp_path / "document.json", ContractDocument)


class TablesContract:
    """The tables port."""

    def make(self) -> Tables:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def tables(self) -> Tables:
        """The implementation."""
        return self.make()

    @pytest.fixture
    def columns(self) -> Columns:
        """One column of each kind."""
        return {
            "number": np.array([1.5, np.nan, -np.inf]),
            "single": np.array([1.5, np.nan, 0.1], dtype=np.float32),
            "whole": np.array([1, -2, 2**62], dtype=np.int64),
            "text": np.array(["ü", "", "<=50K"], dtype=object),
            "flag": np.array([True, False, True]),
        }

    def test_what_is_written_is_read_back(self, tables: Tables, tmp_path: Path, columns: Columns) -> None:
        """With its types, its order and its missing values."""
        tables.write(tmp_path / "table", columns)
        found = tables.read(tmp_path / "table")
        assert list(found) == list(columns)
        for name, values in columns.items():
            assert found[name].dtype == values.dtype
            np.testing.assert_array_equal(found[name], values)

    def test_equal_columns_give_equal_bytes(self, tables: Tables, tmp_path: Path, columns: Columns) -> None:
        """So that a table has a digest that means something."""
        tables.write(tmp_path / "one", columns)
        tables.write(tmp_path / "two", dict(columns))
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_a_missing_table_is_named(self, tables: Tables, tmp_path: Path) -> None:
        """As data, not as a fault."""
        with pytest.raises(DataError, match="absent"):
            tables.read(tmp_path / "absent")

    @pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 and then nothing PAR1"])
    def test_what_is_not_a_table_is_refused(self, tables: Tables, tmp_path: Path, content: bytes) -> None:
        """Never read as an empty one."""
        (tmp_path / "table").write_bytes(content)
        with pytest.raises(DataError, match="table"):
            tables.read(tmp_path / "table")
