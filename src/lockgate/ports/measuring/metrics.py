"""What measures predictions."""

from collections.abc import Mapping
from typing import Protocol

from lockgate.domain.statistics.sample import AnySample


class Metrics(Protocol):
    """Measures answers against what is true."""

    def measure(self, sample: AnySample) -> Mapping[str, float | None]:
        """What is usually looked at for the sample's task, by name; what gives no finite number is ``None``."""
