"""A model that takes exactly so many rows at once, asked any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.ports import Session
from lockgate.usecases.judging.model_files.runtime_on_another import RuntimeOnAnother
from lockgate.usecases.measuring.parity.variation import joined


@dataclass(frozen=True)
class WholeBatches(RuntimeOnAnother):
    """The runtime port on another: every call has ``batch`` rows, the last ones filled up with their own last row.

    What is answered to rows that fill up is left out.
    """

    batch: int

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> Session:
        """Load a model. Raises ``ModelError``."""
        return _Session(self.runtime.open(path, signature, setting), signature, self.batch)


@dataclass(frozen=True)
class _Session:
    session: Session
    signature: Signature
    batch: int

    def input_names(self) -> Sequence[str]:
        """As the other."""
        return self.session.input_names()

    def run(self, columns: Columns) -> Outputs:
        """Every output for all rows. Raises ``ModelError``."""
        inputs = Inputs.of(columns, self.signature.inputs)
        return joined([self._part(some) for some in inputs.batches(self.batch)])

    def _part(self, some: Inputs) -> Outputs:
        places = np.minimum(np.arange(self.batch), some.rows - 1)
        answered = self.session.run(some.take(places))
        # What has not an answer for each row is left as it is, and found to be of another shape.
        return {
            name: values[: some.rows] if values.shape[:1] == (self.batch,) else values
            for name, values in answered.items()
        }
