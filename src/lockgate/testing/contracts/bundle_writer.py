"""Who writes files of a release."""
# ruff: noqa: S101 - asserts are what a test is made of

import pytest

from lockgate.domain.releasing.bundle_files import is_known
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.ports import BundleWriter


class BundleWriterContract:
    """The bundle-writer port."""

    @pytest.fixture
    def writer(self) -> BundleWriter:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def facts(self) -> ReleaseFacts:
        """What is known of a candidate that passed."""
        raise NotImplementedError

    def test_it_writes_files_that_a_release_may_hold(self, writer: BundleWriter, facts: ReleaseFacts) -> None:
        """And none that lies there already."""
        written = writer.write(facts)
        assert written
        assert all(is_known(name) and name not in facts.files for name in written)
        assert all(written.values())

    def test_equal_facts_give_equal_bytes(self, writer: BundleWriter, facts: ReleaseFacts) -> None:
        """A release that is sealed again is the same."""
        assert writer.write(facts) == writer.write(facts)
