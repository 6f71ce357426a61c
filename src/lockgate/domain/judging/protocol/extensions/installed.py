"""What somebody else's packages bring, as far as the policy names it: metrics and probes by their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lockgate.domain.measuring.probes import PROBES, Probe
from lockgate.domain.statistics.metrics.metric import BINARY, Metric
from lockgate.domain.statistics.metrics.registry import metrics_of


@dataclass(frozen=True)
class Installed:
    """Metrics and probes that the policy names and that are installed here.

    ``problems`` tell of each that cannot be had why: what is measured with it ends with that, and what is judged by it
    is undecided. ``remedies`` have those that are not mended by installing a package.
    """

    metrics: Mapping[str, Metric] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)

    def metric(self, name: str, task: str = BINARY) -> Metric | None:
        """The metric of that name and task, Lockgate's own or an installed one; ``None`` where it cannot be had."""
        return metrics_of(task).get(name) or self.metrics.get(name)

    def with_probes(self, names: Iterable[str]) -> tuple[Probe, ...]:
        """Lockgate's own probes, and the installed ones of these names that can be had."""
        return (*PROBES, *(self.probes[name] for name in names if name in self.probes))

    def problem(self, name: str) -> str:
        """Why one cannot be had, in words."""
        return self.problems.get(name, "it is not installed")

    def remedy(self, name: str, where: str = "") -> str:
        """What to do about one that cannot be had; ``where`` a package that is absent is wanted."""
        return self.remedies.get(name) or f"install the package that brings it{where}"


NOTHING: Final = Installed()


def packages(brought: Iterable[Metric | Probe]) -> dict[str, str]:
    """The versions of the packages that bring them, by the package's name, as evidence lists its tools."""
    named = (each.package.rpartition(" ") for each in brought if each.package)
    return {name: version for name, _, version in named}


def as_libraries(brought: Mapping[str, Metric | Probe]) -> dict[str, str]:
    """The same by the name of each: what a method says that measured with them, as ``acme.cost acme-metrics==1.2``."""
    return {name: each.package.replace(" ", "==") for name, each in brought.items()}
