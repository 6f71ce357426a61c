"""A store that lies: nothing of it is written outside a folder that nobody sees, and no more than was said."""

import json

import builders
import pytest

from lockgate.domain.releasing.release import MANIFEST
from lockgate.domain.releasing.safe_names import MOST_BYTES
from lockgate.errors import DocumentError
from lockgate.testing import FakePlace
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.stored.placed_releases import PlacedReleases

NAMES = [
    *(
        "../escaped.json",
        "/etc/escaped.json",
        "evidence/../../escaped.json",
        "evidence/./more.json",
        "evidence//a.json",
    ),
    *("MODEL.onnx", "Evidence/tests.json", "evidence", "..\\escaped.json", "C:escaped.json", "con.json"),
    *("evidence//a.json", "a\0.json", "a\n.json", ".hidden.json", "more.pkl", "more.json ", "x" * 300 + ".json", ""),
]


@pytest.fixture
def place():
    return FakePlace()


@pytest.fixture
def store(place, tmp_path):
    return PlacedReleases(place, builders.DOCUMENTS, builders.FILES, tmp_path / "scratch")


@pytest.fixture
def release(store, tmp_path):
    release = write_bundle(tmp_path / "sealed", builders.DOCUMENTS, builders.FILES)
    store.put(release.digest, tmp_path / "sealed")
    return release


@pytest.fixture
def folder(place, release):
    return place.folders_there[f"releases/{release.digest.hex}"]


def refused(store, release, tmp_path):
    place, here = store.place, tmp_path / "here"
    here.mkdir()
    place.asked.clear()
    with pytest.raises(DocumentError) as caught:
        store.fetch(release.digest, here / "fetched")
    assert list(here.rglob("*")) == []
    assert not (tmp_path / "escaped.json").exists()
    return caught.value.message


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_none_is_refused_before_anything_comes(store, place, release, folder, tmp_path, name):
    folder[name] = b"{}"
    refused(store, release, tmp_path)
    assert "bring" not in place.asked


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_so_is_one_that_the_manifest_has(store, place, release, folder, tmp_path, name):
    manifest = json.loads(folder[MANIFEST])
    manifest["files"][name] = str(builders.sha256(b"{}"))
    folder[name], folder[MANIFEST] = b"{}", json.dumps(manifest).encode()
    refused(store, release, tmp_path)
    assert "bring" not in place.asked


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 2**60, -1])
def test_a_size_that_no_file_has_is_refused_before_anything_comes(store, place, release, folder, tmp_path, size):
    place.sizes[f"releases/{release.digest.hex}", "model.onnx"] = size
    refused(store, release, tmp_path)
    assert "bring" not in place.asked


def test_more_bytes_than_were_said_are_not_taken(store, place, release, folder, tmp_path):
    place.sizes[f"releases/{release.digest.hex}", "model.onnx"] = 5
    assert "more than 5 bytes" in refused(store, release, tmp_path)


def test_a_thousand_files_too_many_are_refused(store, place, release, folder, tmp_path):
    folder.update({f"evidence/more{number}.json": b"{}" for number in range(1001)})
    assert "files" in refused(store, release, tmp_path)
    assert "bring" not in place.asked


def test_every_byte_counts(store, release, folder, tmp_path):
    """In each file one bit, at its start, its middle and its end."""
    for name, content in [*folder.items()]:
        for position in {0, len(content) // 2, len(content) - 1}:
            changed = bytearray(content)
            changed[position] ^= 1
            folder[name] = bytes(changed)
            with pytest.raises(DocumentError):
                store.fetch(release.digest, tmp_path / "fetched")
            assert not (tmp_path / "fetched").exists()
        folder[name] = content
    assert store.fetch(release.digest, tmp_path / "fetched")
