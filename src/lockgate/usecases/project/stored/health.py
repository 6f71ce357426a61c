"""What `lockgate doctor` says of the store."""

from collections.abc import Sequence

from lockgate.domain.project.health import Part, State
from lockgate.usecases.project.instruments import Instruments


def store_parts(instruments: Instruments) -> Sequence[Part]:
    """The store is asked; no release is done without it. Raises what it raises where it does not answer."""
    store = instruments.release_store()
    store.look()
    return [Part("store", State.THERE, store.where)]
