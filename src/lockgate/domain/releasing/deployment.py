"""What an environment should serve, and what may pass a gate by permission: the files under ``deploy/``."""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Waiver


@dataclass(frozen=True)
class ReleaseReference:
    """A release as an environment names it: the model's name and the two digests."""

    name: str
    release: Digest
    content: Digest


@dataclass(frozen=True)
class Deployment:
    """One environment's desired state; ``champion`` is ``None`` until its first promotion."""

    environment: str
    champion: ReleaseReference | None = None
    schema: Literal["lockgate/deployment/1"] = "lockgate/deployment/1"


@dataclass(frozen=True)
class Waivers:
    """The waivers in force, from ``deploy/waivers.yaml``."""

    waivers: tuple[Waiver, ...] = ()
    schema: Literal["lockgate/waivers/1"] = "lockgate/waivers/1"

    EMPTY_KEYS = False
    """A key with nothing after it is an error: only one that is left out means none."""
