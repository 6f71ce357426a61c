"""The registry of released models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import Release


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
    """Holds releases as model versions: releases of one content are one version."""

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``.

        Another release of a content that is registered is recorded on the version that is there. Running it again
        changes nothing.
        """

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
