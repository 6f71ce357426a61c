"""How far an ONNX model is from the truth in float64, beside how far its source model's own float32 is."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.parity.evidence import Calibration
from lockgate.domain.measuring.float64_truth import Mask, Reference

Floats = npt.NDArray[np.float64]


@dataclass
class _Error:
    """A largest difference and a sum of squares, over chunks."""

    largest: float = 0.0
    squares: float = 0.0

    def add(self, differences: Floats) -> None:
        self.largest = max(self.largest, float(np.abs(differences).max(initial=0.0)))
        self.squares += float(np.square(differences, dtype=np.float64).sum())


@dataclass
class Calibrating:
    """Collects one output's errors, chunk by chunk."""

    name: str
    dtype: str
    rows: int = 0
    cells: int = 0
    magnitude: float = 0.0
    crossing: int = 0
    crossed: float = 0.0
    onnx: _Error = field(default_factory=_Error)
    source: _Error = field(default_factory=_Error)

    def add(self, actual: npt.NDArray[np.generic], reference: Reference) -> None:
        """Some more rows; cells that are not finite are for the comparison itself to judge."""
        exact = reference.exact[self.name].astype(np.float64)
        answers, rounded = actual.astype(np.float64), reference.rounded[self.name].astype(np.float64)
        finite = np.isfinite(exact) & np.isfinite(answers) & np.isfinite(rounded)
        staying = finite & ~_for_cells(reference.crossing, finite)
        self.rows += len(exact) - int(reference.crossing.sum())
        self.crossing += int(reference.crossing.sum())
        self.cells += int(staying.sum())
        self.magnitude = max(self.magnitude, float(np.abs(exact[finite]).max(initial=0.0)))
        self.onnx.add(answers[staying] - exact[staying])
        self.source.add(rounded[staying] - exact[staying])
        crossed = finite & ~staying
        self.crossed = max(self.crossed, float(np.abs(answers[crossed] - exact[crossed]).max(initial=0.0)))

    def result(self) -> Calibration:
        """What was found."""
        return Calibration(
            output=self.name,
            rows=self.rows,
            ulp=float(np.spacing(np.dtype(self.dtype).type(self.magnitude))),
            onnx_largest=self.onnx.largest,
            onnx_rms=self._rms(self.onnx),
            source_largest=self.source.largest,
            source_rms=self._rms(self.source),
            crossing=self.crossing,
            crossing_largest=self.crossed,
        )

    def _rms(self, error: _Error) -> float:
        return float(np.sqrt(error.squares / self.cells)) if self.cells else 0.0


def _for_cells(rows: Mask, cells: Mask) -> Mask:
    return np.broadcast_to(rows.reshape(-1, *[1] * (cells.ndim - 1)), cells.shape)
