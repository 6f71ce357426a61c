"""The registry of released models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.registry_state import Follows, RegistryState
from lockgate.domain.releasing.release import Manifest, Release


@dataclass(frozen=True)
class Registered:
    """A registered model version: its name, its number, and where to look at it.

    ``created`` says that the version was made just now, ``recorded`` that this release was, on a version of the same
    content that was there.
    """

    name: str
    version: str
    where: str
    created: bool
    recorded: bool = False


class Registry(Protocol):
    """Holds releases as model versions: releases of one content are one version.

    What people add to a version, their tags, aliases and descriptions, stays. Raises ``ToolError`` where the registry
    does not answer; each change may be killed at any point, and running it again completes it.
    """

    def register(self, release: Release, folder: Path, *, challenger: bool = True) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``, unless that is not wanted.

        Another release of a content that is registered is recorded on the version that is there. Running it again
        changes nothing.
        """

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""

    def state(self, name: str) -> RegistryState:
        """What the registry says of a model: its versions and aliases, by their tags alone."""

    def manifest(self, name: str, version: str) -> Manifest | None:
        """What the bundle that a version was made of says that it is; ``None`` where that is gone, or is none."""

    def bundle(self, name: str, version: str, digest: Digest, into: Path) -> bool:
        """Copy the bundle that a version has for a release, whatever its tags say; ``False`` where it has none.

        Where the version keeps none of that digest apart, it is the one that it was made of: whoever asks, verifies.
        """

    def serves(self, name: str, version: str, model: Path) -> str:
        """Empty where who loads the version gets the ONNX graph of this file and nothing else; or what they get."""

    def follow(self, name: str, version: str, follows: Follows) -> None:
        """Give an environment's aliases to a version, and write on it which commit of git said so."""

    def remove_alias(self, name: str, alias: str) -> None:
        """Take an alias away; nothing where there is none."""

    def tag(self, name: str, version: str, manifest: Manifest) -> None:
        """Tag a version with the digests of the bundle that it was made of."""

    def withdraw(self, name: str, version: str) -> None:
        """Take the digests from a version whose artefacts are no longer what they were: it stays, and is no release."""

    def record(self, name: str, version: str, said: str) -> None:
        """Write on a version what was put back, with the time."""

    def where(self) -> str:
        """What people call the place, without a password."""
