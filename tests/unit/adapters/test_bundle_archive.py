"""What an engine streams of a bundle is written as plain files under safe names, and bounded."""

import io
import tarfile

import pytest

from lockgate.adapters.docker import bundle_archive
from lockgate.adapters.docker.bundle_archive import unpack
from lockgate.domain.releasing import safe_names
from lockgate.errors import DiskFault, DocumentError

WHERE = "the image, /release"


def archive(*entries):
    """The bytes of an archive of ``(name, content or kind, link)``; the folder itself goes before them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as file:
        for name, content in (("release", tarfile.DIRTYPE), *entries):
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            elif content in {tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE}:
                entry.type = content
            else:
                entry.size = len(content)
            file.addfile(entry, io.BytesIO(content) if entry.isfile() else None)
    return packed.getvalue()


def chunks(content, size=700):
    return (content[start : start + size] for start in range(0, len(content), size))


def unpacked(tmp_path, *entries):
    left = unpack(chunks(archive(*entries)), "release", tmp_path / "copy", WHERE)
    found = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if not path.is_dir()}
    return left, {name.removeprefix("copy/"): path.read_bytes() for name, path in found.items()}


def test_files_are_written_in_their_folders(tmp_path):
    content = {"model.onnx": b"\0" * 100_000, "evidence/tests.json": b"{}", "README.md": b""}
    entries = [(f"release/{name}", written) for name, written in content.items()]
    assert unpacked(tmp_path, ("release/evidence", tarfile.DIRTYPE), *entries) == ({}, content)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("release/../../escaped.json", b"{}", "leaves the bundle's folder"),
        ("../escaped.json", b"{}", "leaves the bundle's folder"),
        ("release//escaped.json", b"{}", "not the path of a file"),
        ("/escaped.json", b"{}", "not the path of a file"),
        ("release/model.pkl", b"\x80\x04.", "may hold Python objects"),
        ("release/link.json", "/etc/passwd", "a link to /etc/passwd, no plain file"),
        ("release/pipe.json", tarfile.FIFOTYPE, "no plain file"),
        ("release/device.json", tarfile.CHRTYPE, "no plain file"),
        ("release/a\nb.json", b"{}", "a character that is none of a name"),
    ],
)
def test_what_is_no_file_of_a_bundle_is_left_and_named(tmp_path, name, content, why):
    left, found = unpacked(tmp_path, (name, content), ("release/manifest.json", b"{}"))
    assert found == {"manifest.json": b"{}"}
    (told,) = left.values()
    assert why in told


def test_nothing_is_written_through_a_link_that_goes_before(tmp_path):
    (tmp_path / "outside").mkdir()
    left, found = unpacked(
        tmp_path, ("release/evidence", str(tmp_path / "outside")), ("release/evidence/a.json", b"{}")
    )
    assert "evidence" in left
    assert found == {"evidence/a.json": b"{}"}
    assert not list((tmp_path / "outside").iterdir())


def test_the_second_file_of_a_name_is_left_and_the_first_stays(tmp_path):
    left, found = unpacked(
        tmp_path, ("release/a.json", b"1"), ("release/a.json", b"2"), ("release/a.json/b.json", b"3")
    )
    assert (sorted(left), found) == (["a.json", "a.json/b.json"], {"a.json": b"1"})


def test_a_folder_that_is_a_link_or_a_file_is_none(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as file:
        entry = tarfile.TarInfo("release")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/elsewhere"
        file.addfile(entry)
    with pytest.raises(DocumentError, match="a link to /elsewhere, no folder"):
        unpack([packed.getvalue()], "release", tmp_path / "copy", WHERE)


def test_a_file_that_says_it_is_huge_is_refused_before_a_byte_of_it(tmp_path):
    entry = tarfile.TarInfo("release/model.onnx")
    entry.size = safe_names.MOST_BYTES + 1
    with pytest.raises(DocumentError, match="at most 2147483648 are taken"):
        unpack([entry.tobuf(tarfile.GNU_FORMAT)], "release", tmp_path / "copy", WHERE)
    assert not list((tmp_path / "copy").iterdir())


def test_more_files_or_bytes_than_a_release_has_are_refused(tmp_path, monkeypatch):
    many = [(f"release/{number}.json", b"") for number in range(20)]
    monkeypatch.setattr(bundle_archive, "MOST_ENTRIES", 10)
    with pytest.raises(DocumentError, match="more than 1000 files"):
        unpacked(tmp_path / "many", *many)
    monkeypatch.setattr(bundle_archive, "MOST_BYTES_OF_ALL", 1_000)
    monkeypatch.setattr(bundle_archive, "FRAMING", 1_000)
    with pytest.raises(DocumentError, match="more bytes than any release"):
        unpacked(tmp_path / "long", ("release/a.json", b"0" * 100_000))


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all" * 100, archive(("release/a.json", b"0" * 5_000))[:3_000]]
)
def test_what_is_no_archive_or_ends_early_is_told(tmp_path, content):
    with pytest.raises(DocumentError, match="the engine's archive cannot be read"):
        unpack(chunks(content), "release", tmp_path / "copy", WHERE)


def test_what_the_disk_refuses_is_told_as_that(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DiskFault, match="a file stands where a folder is needed"):
        unpack(chunks(archive()), "release", tmp_path / "file/copy", WHERE)
