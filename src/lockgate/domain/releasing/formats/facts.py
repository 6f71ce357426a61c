"""What is known of a candidate when it is sealed: what the files of a release are written from."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import Task
from lockgate.domain.releasing.formats.pins import Pin
from lockgate.domain.releasing.provenance import Provenance


@dataclass(frozen=True)
class ReleaseFacts:
    """The name of the model, the verdict, and what it was drawn from.

    ``serving`` are the packages of the environment that will serve it. ``files`` are the digests of the files that lie
    in the bundle already, by name. There is no clock in it but the commit's, no machine and no person.
    """

    name: str
    task: Task
    verdict: Verdict
    signature: Signature
    profile: Profile
    evidence: Evidence
    provenance: Provenance
    serving: tuple[Pin, ...]
    files: Mapping[str, Digest]

    @property
    def content(self) -> Digest:
        """The content digest."""
        return self.verdict.content
