"""Where a release is had from that does not lie in this working copy: the store, and MLflow's copy of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.store_setting import ONE_LINE
from lockgate.errors import LockgateError, ReleaseAbsent
from lockgate.ports import Registry, ReleaseStore
from lockgate.usecases.project.instruments import Instruments


class Elsewhere(Protocol):
    """What hands over a release into a folder, if it has it; the store and the registry both do."""

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy a release of the model ``name`` to a new folder; ``False`` where it is not there."""


@dataclass(frozen=True)
class StoreThenRegistry:
    """The store; and where that has it not, the registry, whose artefacts are copies."""

    store: Callable[[], ReleaseStore]
    registry: Callable[[], Registry]

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy a release to a new folder. Raises ``ReleaseAbsent`` with what everybody who was asked has answered."""
        store = self.store()
        if store.fetch(digest, into):
            return True
        said = f"release {name} {digest.short} is not in the store {store.where}"
        try:
            if self.registry().fetch(digest, name, into):
                return True
            also = "nor in the MLflow registry"
        except LockgateError as error:
            also = f"and the MLflow registry does not answer: {error.message.splitlines()[0]}"
        raise ReleaseAbsent(f"{said}, {also}", hint=how_to_have(digest))

    def document(self, digest: Digest, name: str) -> bytes | None:
        """One document of a release, held to its digest; ``None`` where the store does not give it by itself."""
        try:
            return self.store().document(digest, name)
        except LockgateError:  # whoever asks for the whole release is told
            return None


def elsewhere(instruments: Instruments) -> Elsewhere:
    """Everybody who may have a release. Nobody is asked, and no tool is loaded, before one is fetched."""
    return StoreThenRegistry(instruments.release_store, instruments.registry)


def how_to_have(digest: Digest) -> str:
    """What helps where nobody has a release."""
    return f"in the clone that made it: lockgate store put {digest.short}; if it is in another store, {ONE_LINE}"
