"""What measures predictions."""

from collections.abc import Mapping
from typing import Protocol

from lockgate.domain.model.signature import Array


class Metrics(Protocol):
    """Measures predictions against labels."""

    def measure(self, labels: Array, predicted: Array, scores: Array) -> Mapping[str, float | None]:
        """Every metric of the policy, by name.

        ``labels`` and ``predicted`` are boolean ``(rows,)`` (the positive class), ``scores`` the probability of the
        positive class, float64 ``(rows,)``. What gives no finite number is ``None``.
        """
