"""Columnar tables."""

from pathlib import Path
from typing import Protocol

from lockgate.domain.model.signature import Columns


class Tables(Protocol):
    """Columnar tables on disk."""

    def read(self, path: Path) -> Columns:
        """Read a table. Raises ``DataError`` when it is missing or not a table."""

    def write(self, path: Path, columns: Columns) -> None:
        """Write a table whole or not at all; equal columns give equal bytes."""
