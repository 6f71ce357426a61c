"""Files of a release in the formats of others, that say nothing."""

from collections.abc import Mapping

from lockgate.domain.releasing.bundle_files import VERSIONS, demanded
from lockgate.domain.releasing.formats.facts import ReleaseFacts


class FakeBundleWriter:
    """Writes whatever a release must have and does not have yet; ``asked`` are the facts that it was given."""

    def __init__(self, content: bytes = b"{}\n") -> None:
        self._content = content
        self.asked: list[ReleaseFacts] = []

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """The files by their names in the bundle."""
        self.asked.append(facts)
        return dict.fromkeys(sorted(demanded(VERSIONS[-1]) - set(facts.files)), self._content)
