"""The graph-files port on the onnx package."""

from collections.abc import Sequence
from pathlib import Path

from lockgate.adapters.onnx.graphs.adapting import adapted
from lockgate.adapters.onnx.graphs.confined import load
from lockgate.adapters.onnx.graphs.reading import facts_of
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.fed_columns import Feeding


class OnnxFiles:
    """ONNX files of anybody's."""

    def read(self, path: Path) -> GraphFacts:
        """What the file says of itself. Raises ``ModelError`` for one that is none, or that is not run here."""
        return facts_of(load(path), str(path))

    def adapted(self, path: Path, feedings: Sequence[Feeding], outputs: Sequence[str]) -> bytes:
        """The same model with columns as its inputs and tensors as these outputs. Raises ``ModelError``."""
        model = load(path)
        adapted(model, feedings, outputs)
        content: bytes = model.SerializeToString(deterministic=True)
        return content
