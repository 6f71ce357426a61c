"""What an environment has named, and since when."""

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.history import Named, periods

ONE, TWO = (ReleaseReference("m", sha256(name.encode()), sha256(b"content")) for name in ("one", "two"))


def test_each_release_serves_from_its_commit_to_the_next():
    found = periods([("c", TWO, ""), ("b", ONE, ""), ("a", None, "")])
    assert found == (Named(TWO, "c"), Named(ONE, "b", "c"), Named(None, "a", "b"))


def test_a_commit_that_names_the_same_begins_nothing():
    assert periods([("c", ONE, ""), ("b", ONE, ""), ("a", TWO, "")]) == (Named(ONE, "b"), Named(TWO, "a", "b"))


def test_a_release_that_comes_back_is_a_period_of_its_own():
    found = periods([("c", ONE, ""), ("b", TWO, ""), ("a", ONE, "")])
    assert [each.release for each in found] == [ONE, TWO, ONE]


def test_a_file_that_cannot_be_read_says_so():
    found = periods([("b", None, "line 1: no document"), ("a", None, "")])
    assert [each.problem for each in found] == ["line 1: no document", ""]


def test_nothing_has_no_history():
    assert periods([]) == ()
