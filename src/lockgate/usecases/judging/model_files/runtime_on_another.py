"""The runtime port on another one: what opens a model differs, the rest is the other's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.ports import Contestant, Runtime


@dataclass(frozen=True)
class RuntimeOnAnother:
    """Everything of the runtime port but ``open``."""

    runtime: Runtime

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """As the other."""
        return self.runtime.race(contestants, rounds, seconds)

    def providers(self) -> Sequence[str]:
        """As the other."""
        return self.runtime.providers()

    def versions(self) -> Mapping[str, str]:
        """As the other."""
        return self.runtime.versions()
