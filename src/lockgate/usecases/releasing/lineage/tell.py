"""A lineage told to other tools: OpenLineage events, in a file or in lines."""

from pathlib import Path

from lockgate.domain.releasing.lineage.document import ReleaseLineage
from lockgate.usecases.project.instruments import Instruments


def event_lines(instruments: Instruments, told: ReleaseLineage) -> tuple[str, ...]:
    """Each event as JSON in a line."""
    return instruments.lineage_events().lines(told)


def write_events(instruments: Instruments, told: ReleaseLineage, path: Path) -> int:
    """Write them to a file, whole or not at all, in place of what was there; how many there are."""
    lines = event_lines(instruments, told)
    instruments.project().files.write_bytes(path, "".join(f"{line}\n" for line in lines).encode())
    return len(lines)
