"""Names from outside: none leaves the bundle's folder, none is another file's twin, and no file is a pickle."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.releasing.safe_names import (
    MOST_BYTES,
    MOST_FILES,
    demand_safe,
    demand_sizes,
    shown,
    unsafe_names,
    why_unsafe,
)
from lockgate.errors import DocumentError

SAFE = ["model.onnx", "manifest.json", "evidence/accuracy.json", "README.md", "plots/roc.svg", "a b.json", "größe.json"]
UNSAFE = [
    *("", "/", "/etc/passwd.json", "../model.onnx", "a/../../b.json", "./a.json", "a//b.json", "a/", "a/."),
    *("..\\model.onnx", "C:\\a.json", "c:a.json", "a:b.json", "a\nb.json", "a\0.json", "\x1b[2Ja.json", "\udcff.json"),
    *(".git", ".ssh/a.json", "evidence/.hidden.json", "a.json ", " a.json", "a.json.", "a /b.json"),
    *("nul.json", "evidence/CON.json", "com1.json", "e\u0301.json", "a\u202ejson.onnx", "a/b/c/d/e.json"),
    *("model.pkl", "model.joblib", "model.PICKLE", "weights.npy", "weights.npz", "model.pt", "a.bin", "a.sh", "a.py"),
    *("model", "evidence/model", "a" * 300 + ".json", "a\ufdd0.json\u200b", "a.so"),
]


@pytest.mark.parametrize("name", SAFE)
def test_a_plain_name_is_taken(name):
    assert why_unsafe(name) is None


@pytest.mark.parametrize("name", UNSAFE, ids=ascii)
def test_a_name_that_is_not_a_file_in_the_bundle_is_refused(name):
    assert why_unsafe(name)
    with pytest.raises(DocumentError):
        demand_safe([*SAFE, name], "the archive")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a.json", "A.json"], {"a.json", "A.json"}),
        (["Evidence/a.json", "evidence/b.json"], {"Evidence/a.json", "evidence/b.json"}),
        (["straße.json", "STRASSE.json"], {"straße.json", "STRASSE.json"}),
        (["ﬁ.json", "fi.json"], {"ﬁ.json", "fi.json"}),
        (["a.json", "a.json/b.json"], {"a.json", "a.json/b.json"}),
        (["A.JSON", "a.json/b.json"], {"A.JSON", "a.json/b.json"}),
    ],
)
def test_twins_are_found(names, found):
    assert set(unsafe_names([*names, "model.onnx"])) == found


def test_every_name_that_is_unsafe_is_told_and_not_the_first_alone():
    with pytest.raises(DocumentError) as raised:
        demand_safe(["../a.json", "b.pkl", "model.onnx", "/c.json"], "the registry")
    told = str(raised.value)
    assert all(name in told for name in ("../a.json", "b.pkl", "/c.json"))
    assert "model.onnx" not in told


def test_a_name_in_a_message_is_one_line():
    assert shown("a\nb.json") == r"'a\nb.json'"
    assert shown("\udcff") == r"'\udcff'"
    assert shown("größe.json") == "größe.json"


@given(st.text(max_size=40))
def test_whatever_is_taken_stays_in_the_folder(name):
    if why_unsafe(name) is None:
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert set(name).isdisjoint('\\:*?"<>|\0\n')


@given(st.lists(st.text(string.ascii_letters + "/", min_size=1, max_size=6), max_size=6))
def test_what_is_taken_together_is_as_many_files_on_every_disk(stems):
    names = {f"{stem}.json" for stem in stems}
    if not unsafe_names(names):
        assert len({name.casefold() for name in names}) == len(names)


def test_a_name_twice_too_many_names_and_huge_files_are_refused():
    for names in (["a.json", "a.json"], [f"{number}.json" for number in range(MOST_FILES + 1)]):
        with pytest.raises(DocumentError):
            demand_safe(names, "the archive")
    demand_sizes({"model.onnx": MOST_BYTES, "a.json": 0}, "the archive")
    for sizes in ({"a.json": MOST_BYTES + 1}, {"a.json": -1}, {f"{each}.json": MOST_BYTES for each in range(3)}):
        with pytest.raises(DocumentError, match="at most"):
            demand_sizes(sizes, "the archive")
