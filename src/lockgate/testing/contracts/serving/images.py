"""Container images: built, named, and discarded where they get no name."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.errors import DocumentError, InputError, ToolError
from lockgate.ports import Images

TAG = "lockgate-test/contract:1"
WHERE = "/home/bentoml/bento/src/release"


class ImagesContract:
    """The images port, with images of a file. Tags begin with ``lockgate-test/contract``."""

    def make(self) -> Images:
        """An engine that has no image of that tag."""
        raise NotImplementedError

    @pytest.fixture
    def images(self) -> Images:
        """The implementation."""
        return self.make()

    def build(self, images: Images, folder: Path, content: str, tag: str | None = None) -> str:
        """An image of a file with that content; its id."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file.txt").write_text(content, encoding="utf-8")
        dockerfile = folder / "Dockerfile"
        dockerfile.write_text("FROM scratch\nCOPY file.txt /\n", encoding="utf-8")
        return images.build({".": folder}, dockerfile, tag, {}, {"lockgate.test": content}, lambda _: None)

    def test_an_image_gets_its_name_when_it_is_built_or_later(self, images: Images, tmp_path: Path) -> None:
        """Without a tag, nobody finds it by one; with another image's tag, that one has it no more."""
        first = self.build(images, tmp_path, "one")
        assert images.find(TAG) is None
        images.name(first, TAG)
        assert images.find(TAG) == first
        second = self.build(images, tmp_path, "two", TAG)
        assert images.find(TAG) == second != first
        assert images.label(TAG, "lockgate.test") == "two"

    def test_equal_things_are_one_image(self, images: Images, tmp_path: Path) -> None:
        """Built again without a tag, the image of before keeps its own."""
        first = self.build(images, tmp_path, "one", TAG)
        assert self.build(images, tmp_path, "one") == first
        images.discard(first)
        assert images.find(TAG) == first

    def test_one_without_a_name_can_be_discarded(self, images: Images, tmp_path: Path) -> None:
        """Once more than once."""
        made = self.build(images, tmp_path, "nameless")
        assert images.label(made, "lockgate.test") == "nameless"
        images.discard(made)
        images.discard(made)
        with pytest.raises(ToolError):
            images.label(made, "lockgate.test")
        with pytest.raises(ToolError):
            images.name(made, TAG)

    def test_what_is_no_tag_is_bad_input(self, images: Images) -> None:
        """It is said before anything is built, by whoever looks for it."""
        with pytest.raises(InputError, match="not an image tag"):
            images.find("Not A Tag")

    def test_a_missing_part_is_bad_input(self, images: Images, tmp_path: Path) -> None:
        """With its path."""
        with pytest.raises(DocumentError, match="Dockerfile: missing"):
            images.build({".": tmp_path}, tmp_path / "Dockerfile", TAG, {}, {}, lambda _: None)
        with pytest.raises(DocumentError, match="no label"):
            images.label(self.build(images, tmp_path, "one", TAG), "lockgate.release")

    def copied(self, images: Images, folder: Path) -> str:
        """An image that has what lies in a folder where a bundle lies."""
        dockerfile = folder.parent / "copied.Dockerfile"
        dockerfile.write_text(f"FROM scratch\nCOPY {folder.name} {WHERE}\n", encoding="utf-8")
        return images.build({".": folder.parent}, dockerfile, TAG, {}, {}, lambda _: None)

    def test_a_bundle_is_copied_out_of_an_image(self, images: Images, tmp_path: Path) -> None:
        """Byte by byte, by its tag and by its id; what is found under a tag is found under its id."""
        folder = tmp_path / "bundle"
        (folder / "evidence").mkdir(parents=True)
        content = {"model.onnx": b"\x00model" * 100_000, "evidence/tests.json": b"{}", "README.md": b""}
        for name, written in content.items():
            (folder / name).write_bytes(written)
        made = self.copied(images, folder)
        assert images.find(made) == images.find(TAG) == made
        for number, image in enumerate((TAG, made)):
            into = tmp_path / f"copy {number}"
            assert images.bring(image, WHERE, into) == {}
            there = {path.relative_to(into).as_posix(): path for path in into.rglob("*") if path.is_file()}
            assert {name: path.read_bytes() for name, path in there.items()} == content

    def test_what_no_bundle_may_hold_is_left_in_the_image(self, images: Images, tmp_path: Path) -> None:
        """Each with its name, and why; no link is followed."""
        folder = tmp_path / "bundle"
        folder.mkdir()
        for name in ("manifest.json", ".hidden.json", "model.pkl"):
            (folder / name).write_text("{}", encoding="utf-8")
        (folder / "link.json").symlink_to("/etc/passwd")
        left = images.bring(self.copied(images, folder), WHERE, tmp_path / "copy")
        assert {path.name for path in (tmp_path / "copy").iterdir()} == {"manifest.json"}
        assert {name: why.split(",")[0] for name, why in left.items()} == {
            ".hidden.json": "it is hidden",
            "model.pkl": "such a file may hold Python objects",
            "link.json": "it is a link to /etc/passwd",
        }

    def test_an_image_without_a_bundle_has_none_to_copy(self, images: Images, tmp_path: Path) -> None:
        """Nor has one that is not there."""
        with pytest.raises(DocumentError, match=f"has no {WHERE}"):
            images.bring(self.build(images, tmp_path, "one", TAG), WHERE, tmp_path / "copy")
        with pytest.raises(ToolError):
            images.bring("lockgate-test/contract:none", WHERE, tmp_path / "another")
