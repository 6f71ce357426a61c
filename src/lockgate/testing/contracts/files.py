"""Plain files."""
# ruff: noqa: S101 - asserts are what a test is made of

import os
import stat
import threading
from pathlib import Path

import pytest

from lockgate.domain.identity import md5, sha256
from lockgate.errors import Busy, DataError, DocumentError
from lockgate.ports import Files
from lockgate.testing.contracts.folder_contents import contents


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

    def test_a_lock_can_be_waited_for(self, files: Files, tmp_path: Path) -> None:
        """Whoever waits gets it when its holder lets go; the error says what is at work."""
        order: list[str] = []

        def second() -> None:
            with files.hold(tmp_path / "lock", seconds=60):
                order.append("second")

        waiting = threading.Thread(target=second)
        with files.hold(tmp_path / "lock"):
            waiting.start()
            with pytest.raises(Busy, match="another promotion is at work"), files.hold(tmp_path / "lock", "promotion"):
                raise AssertionError
            order.append("first")
        waiting.join()
        assert order == ["first", "second"]

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

    def test_a_staging_folder_is_of_one_block(self, files: Files, tmp_path: Path) -> None:
        """Two in one folder do not meet, nobody takes them for what they become, and nothing of them stays."""
        with files.staging(tmp_path / "build") as one, files.staging(tmp_path / "build") as other:
            files.write_bytes(one / "file", b"content")
            assert contents(other) == {}
            assert {folder.parent for folder in (one, other)} == {tmp_path / "build"}
            assert all(folder.name.startswith(".") for folder in (one, other))
        with pytest.raises(ZeroDivisionError), files.staging(tmp_path / "build"):
            raise ZeroDivisionError
        assert list((tmp_path / "build").iterdir()) == []

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
