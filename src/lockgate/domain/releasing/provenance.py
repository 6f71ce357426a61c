"""Where a release comes from."""

from dataclasses import dataclass, field
from typing import Final, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.source import Source

HERE: Final = "urn:lockgate:builder:here"
"""Who builds where no build server says that it does: one that nobody vouches for."""


@dataclass(frozen=True)
class Provenance:
    """Where a release comes from: the source, the parameters, and every input and result by its DVC hash.

    ``files`` are the digests of the project's files that decide and are no stage's: `dvc.lock`, and the lock files of
    the environments, by their names. ``results`` are the files of the folders in which stages left evidence: `dvc.lock`
    records such a folder by the list of these. ``stages`` are the commands of the stages that made it, by the stages'
    names. ``builder`` is a URI of who sealed it. Provenance of before has none of these.
    """

    source: Source
    params: Digest
    data: dict[str, Digest]
    tools: dict[str, str]
    files: dict[str, Digest] = field(default_factory=dict)
    results: dict[str, Digest] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    builder: str = ""
    schema: Literal["lockgate/provenance/1", "lockgate/provenance/2"] = "lockgate/provenance/2"
