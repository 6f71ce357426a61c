"""ONNX files that came from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.fed_columns import Feeding


class GraphFiles(Protocol):
    """Reads ONNX files of anybody's, and brings them to columns in and tensors out."""

    def read(self, path: Path) -> GraphFacts:
        """What the file says of itself. Raises ``ModelError`` for one that is none, or that is not run here."""

    def adapted(self, path: Path, feedings: Sequence[Feeding], outputs: Sequence[str]) -> bytes:
        """The same model with columns as its inputs and tensors as these outputs. Raises ``ModelError``."""
