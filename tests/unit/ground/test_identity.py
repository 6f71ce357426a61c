"""Digests: one written form, compared by value, never changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.identity import Digest, canonical_json, digest_of_files, md5, sha256

digests = st.binary(max_size=20).flatmap(lambda content: st.sampled_from([sha256(content), md5(content)]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: "\\ud" not in json.dumps(value))


@given(digests)
def test_parsing_the_written_form_gives_the_digest_back(digest):
    assert Digest.parse(str(digest)) == digest


WRONG = [
    "",
    "sha256",
    "sha256:",
    "a" * 64,
    "sha256:" + "a" * 63,
    "sha256:" + "a" * 65,
    "sha256:" + "A" * 64,
    "sha256:" + "g" * 64,
    "md5:" + "a" * 64,
    "sha1:" + "a" * 40,
    " sha256:" + "a" * 64,
    "sha256:" + "a" * 64 + "\n",
    "sha256: " + "a" * 63,
]


@pytest.mark.parametrize("text", WRONG)
def test_any_other_text_is_no_digest(text):
    with pytest.raises(ValueError, match="not a digest"):
        Digest.parse(text)


def test_a_digest_of_the_wrong_width_cannot_be_made():
    with pytest.raises(ValueError, match="not a digest"):
        Digest("md5", "a" * 64)


def test_a_digest_of_what_is_not_hexadecimal_cannot_be_made():
    with pytest.raises(ValueError, match="not a digest"):
        Digest("sha256", "z" * 64)


@pytest.mark.parametrize("name", ["algorithm", "hex", "other"])
def test_a_digest_never_changes(name):
    digest = sha256(b"x")
    with pytest.raises(AttributeError):
        setattr(digest, name, "y")
    assert digest == sha256(b"x")


def test_digests_are_equal_by_value_and_only_to_digests():
    assert sha256(b"x") == sha256(b"x")
    assert len({sha256(b"x"), sha256(b"x"), md5(b"x")}) == 2
    assert sha256(b"x") != str(sha256(b"x"))


def test_the_algorithms_are_the_known_ones():
    assert str(sha256(b"")) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert str(md5(b"")) == "md5:d41d8cd98f00b204e9800998ecf8427e"


@given(values)
def test_canonical_json_is_json_of_the_same_value(value):
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text("abcü", max_size=4), st.integers()))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value):
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_canonical_json_has_one_form():
    assert canonical_json({"b": [1, 2.5], "a": "ü"}) == '{"a":"ü","b":[1,2.5]}'.encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_canonical_json_refuses_what_json_does_not_know(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": number})


files = st.dictionaries(st.text("abc/.", min_size=1, max_size=6), digests, max_size=5)


@given(files, st.randoms())
def test_the_digest_of_files_does_not_depend_on_their_order(found, random):
    shuffled = random.sample(list(found.items()), len(found))
    assert digest_of_files(dict(shuffled)) == digest_of_files(found)


@given(files, files)
def test_other_files_or_names_give_another_digest(left, right):
    assert (digest_of_files(left) == digest_of_files(right)) == (left == right)
