"""Who writes files of a release."""

from collections.abc import Mapping
from typing import Protocol

from lockgate.domain.releasing.formats.facts import ReleaseFacts


class BundleWriter(Protocol):
    """Writes files of a release in the format of others."""

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """The files by their names in the bundle; equal facts give equal bytes, on every machine."""
