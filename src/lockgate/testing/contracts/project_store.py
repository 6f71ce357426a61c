"""What lies in a project's folder."""
# ruff: noqa: S101 - asserts are what a test is made of

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lockgate.errors import DiskFault, DocumentError
from lockgate.ports import ProjectStore

BUILD = "build"


class ProjectStoreContract:
    """The project-store port, on a project's folder that is empty."""

    def make(self, root: Path) -> ProjectStore:
        """A store of the project in ``root``."""
        raise NotImplementedError

    def write(self, store: ProjectStore, path: Path, content: bytes) -> None:
        """Write a file, and the folders above it."""
        raise NotImplementedError

    def link(self, store: ProjectStore, path: Path, target: Path) -> None:
        """Let ``path`` be a link to ``target``."""
        raise NotImplementedError

    def read_only(self, store: ProjectStore, folder: Path) -> AbstractContextManager[None]:
        """In this block, nothing in that folder can be changed."""
        raise NotImplementedError

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """The project's folder."""
        root = tmp_path / "project"
        root.mkdir()
        return root

    @pytest.fixture
    def store(self, root: Path) -> ProjectStore:
        """The implementation."""
        return self.make(root)

    @pytest.fixture
    def file(self, store: ProjectStore, root: Path) -> Path:
        """A file two folders deep."""
        path = root / BUILD / "deep" / "file.txt"
        self.write(store, path, "ü\n".encode())
        return path

    def test_files_and_folders_are_told_from_what_is_not_there(
        self, store: ProjectStore, root: Path, file: Path
    ) -> None:
        """The folder of the project is there from the start."""
        absent = root / "absent"
        assert [store.has(path) for path in (root, file.parent, file, absent)] == [True, True, True, False]
        assert [store.has_folder(path) for path in (root, file.parent, file, absent)] == [True, True, False, False]

    def test_a_file_is_read_as_it_was_written(self, store: ProjectStore, file: Path) -> None:
        """Its bytes, its text and its size are of one thing."""
        assert (store.content(file), store.text(file), store.size(file)) == (b"\xc3\xbc\n", "ü\n", 3)

    def test_where_there_is_no_file_there_is_no_text(self, store: ProjectStore, root: Path, file: Path) -> None:
        """A folder has none either."""
        assert [store.text(path) for path in (root / "absent", file.parent)] == [None, None]

    def test_bytes_that_are_demanded_are_there_or_named_as_missing(
        self, store: ProjectStore, root: Path, file: Path
    ) -> None:
        """Nothing is read as empty."""
        for asked in (store.content, store.size):
            with pytest.raises(DocumentError, match="absent: missing"):
                asked(root / "absent")
            with pytest.raises(DocumentError, match="deep: cannot be read: it is a folder"):
                asked(file.parent)

    def test_what_is_no_text_is_refused(self, store: ProjectStore, root: Path) -> None:
        """With the place of the first byte that is none."""
        self.write(store, root / "file", b"abc\xff")
        with pytest.raises(DocumentError, match="file: not UTF-8 text: invalid start byte at byte 3"):
            store.text(root / "file")

    def test_files_are_found_by_the_form_of_their_path(self, store: ProjectStore, root: Path) -> None:
        """In order; neither those that lie deeper nor folders."""
        for name in ("b/evidence/x", "a/evidence/y", "a/evidence/deep/z", "a/export/x", "../other/a/evidence/x"):
            self.write(store, root / BUILD / name, b"")
        found = store.find(root / BUILD, "*/evidence/*")
        assert found == (root / BUILD / "a/evidence/y", root / BUILD / "b/evidence/x")
        assert store.find(root / "absent", "*") == ()

    def test_a_forgotten_file_is_gone_and_its_neighbour_stays(self, store: ProjectStore, file: Path) -> None:
        """To forget it again changes nothing."""
        other = file.with_name("other")
        self.write(store, other, b"")
        for _ in range(2):
            store.forget(file, file.with_name("absent"))
            assert (store.has(file), store.has(other)) == (False, True)

    def test_of_a_link_the_link_is_forgotten(self, store: ProjectStore, root: Path, file: Path) -> None:
        """What it leads to is somebody's."""
        self.link(store, root / "link", file)
        assert store.content(root / "link") == store.content(file)
        store.forget(root / "link")
        assert (store.has(root / "link"), store.has(file)) == (False, True)

    def test_a_folder_is_not_forgotten(self, store: ProjectStore, file: Path) -> None:
        """It is more than was asked for."""
        with pytest.raises(DiskFault, match=r"a folder stands where a file is needed: .*deep"):
            store.forget(file.parent)
        assert store.has(file)

    @pytest.mark.parametrize("name", ["../other", "build/../../other", ".", "build/.."])
    def test_nothing_is_taken_away_outside_of_the_project(
        self, store: ProjectStore, root: Path, file: Path, name: str
    ) -> None:
        """Nor the project itself; and of several files, none."""
        outside = root.parent / "other" / "file"
        self.write(store, outside, b"theirs")
        with pytest.raises(DocumentError, match=r"other: not in|not in .*project"):
            store.forget(file, root / name)
        with pytest.raises(DocumentError, match="not in"), store.sandbox(root / name):
            raise AssertionError
        assert store.has(file)
        assert store.has(outside)

    def test_what_lies_in_a_folder_is_told_from_what_leads_out_of_it(
        self, store: ProjectStore, root: Path, file: Path
    ) -> None:
        """By its name, or by a link on its way, whether it is there or not."""
        self.link(store, file.parent / "out", root)
        self.link(store, file.parent / "in", file)
        folder = file.parent
        inside = [name for name in ("file.txt", "absent", "in", "a/../file.txt") if store.holds(folder, name)]
        assert inside == ["file.txt", "absent", "in", "a/../file.txt"]
        outside = ("..", "../file", "out/file", "out", str(root / "file"))
        assert not [name for name in outside if store.holds(folder, name)]

    def test_a_sandbox_is_empty_at_first_and_gone_in_the_end(self, store: ProjectStore, root: Path, file: Path) -> None:
        """Whatever was there."""
        with store.sandbox(file.parent) as folder:
            assert folder == file.parent
            assert (store.has_folder(folder), store.has(file)) == (True, False)
            self.write(store, folder / "new" / "file", b"")
        assert not store.has(folder)
        assert store.has(root)

    def test_a_sandbox_stays_after_an_error_and_is_emptied_by_the_next(self, store: ProjectStore, root: Path) -> None:
        """So that somebody can look at it."""
        folder = root / BUILD / "drill"

        def fail() -> None:
            with store.sandbox(folder):
                self.write(store, folder / "file", b"")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert store.has(folder / "file")
        with store.sandbox(folder):
            assert not store.has(folder / "file")

    def test_a_sandbox_does_not_follow_a_link(self, store: ProjectStore, root: Path, file: Path) -> None:
        """What it leads to would be emptied."""
        self.link(store, root / "link", file.parent)
        with pytest.raises(DocumentError, match="link: a link, not a folder"), store.sandbox(root / "link"):
            raise AssertionError
        assert store.has(file)

    def test_a_file_is_no_place_for_a_sandbox(self, store: ProjectStore, file: Path) -> None:
        """It stays, there and where the folder above is meant to be."""
        for folder in (file, file / "deeper"):
            with pytest.raises(DiskFault, match="a file stands where a folder is needed"), store.sandbox(folder):
                raise AssertionError
        assert store.text(file) == "ü\n"

    def test_a_link_that_leads_to_itself_leads_to_nothing(self, store: ProjectStore, root: Path) -> None:
        """Nobody waits for its end."""
        self.link(store, root / "loop", root / "loop")
        assert (store.has(root / "loop"), store.text(root / "loop")) == (False, None)
        assert store.holds(root, "loop")

    def test_a_disk_that_takes_nothing_is_told(self, store: ProjectStore, root: Path, file: Path) -> None:
        """With the file; and everything is as it was."""
        with self.read_only(store, root):
            with pytest.raises(DiskFault, match=f"read-only: {file}"):
                store.forget(file)
            with pytest.raises(DiskFault, match="read-only"), store.sandbox(root / BUILD / "new"):
                raise AssertionError
        assert store.has(file)
        assert not store.has(root / BUILD / "new")
