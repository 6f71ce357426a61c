"""Evidence on latency and size: how long candidate and champion took, in turns, for the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import Subject

BATCHES: Final = (1, 1000)
"""Rows at once: a request as a service gets it, and a batch, of as many rows as there are."""


def batches_of(named: Iterable[int], rows: int) -> list[int]:
    """How many rows are timed at once, of a table of so many: those that the policy names, and ``BATCHES``."""
    return sorted({min(batch, rows) for batch in (*BATCHES, *named)})


@dataclass(frozen=True)
class Timing:
    """The seconds of each round for ``rows`` rows at once; the champion's of the same rounds, or none."""

    rows: int
    seconds: tuple[float, ...]
    champion: tuple[float, ...] = ()


@dataclass(frozen=True)
class LatencyEvidence:
    """Measured in one process on one machine, so that it says little of other machines, and the ratio says much.

    ``champion`` is the digest of the ONNX model that the candidate met; ``None`` where there was none. ``bytes`` are
    those of the ONNX files.
    """

    subject: Subject
    tools: dict[str, str]
    champion: Digest | None
    bytes: int
    champion_bytes: int | None
    timings: tuple[Timing, ...]
    method: str = ""
    schema: Literal["lockgate/evidence/latency/1"] = "lockgate/evidence/latency/1"
