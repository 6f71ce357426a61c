"""What a metric is: one entry, from which everything that is done with a metric follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lockgate.domain.ranges import Range
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.sample import Floats, Places

OfCells: TypeAlias = Callable[[Floats, Floats, Floats, Floats], Floats]
"""From true positives, false positives, false negatives and true negatives, ``(draws,)`` each, to the metric."""
OfWeights: TypeAlias = Callable[[Floats], Floats]
"""From weights of rows ``(draws, rows)`` to the metric of each draw ``(draws,)``."""
Span: TypeAlias = tuple[float, float]
BINARY: Final = "binary"


@dataclass(frozen=True)
class Metric:
    """A metric by its name: its direction, where it lies, and how it is computed.

    ``value`` is of a sample of its task that is whole: of two classes both are there, and every score is a number. The
    metric lies from ``least`` to ``most``; ``None`` is without end. ``tasks`` are those that it is a metric of.

    ``interval`` takes the sample, the value and the level of a two-sided interval; ``paired`` two models' answers to
    the same rows and the level, and gives the interval of how much better ours is: ours - theirs, or theirs - ours
    where less is better. Where one is ``None``, the bounds are those of the mean of ``contributions``, and without
    these rows are resampled.

    ``contributions`` are what the metric is the mean of, to first order: one number for each row, or for each block of
    a sample with blocks. ``extremes`` is the least and the most that a row which nobody saw would contribute, in ours
    less in theirs where both are given; without it, that of those that were seen.
    ``of_cells`` and ``of_weights`` make resampling quick: the metric of a confusion matrix of two classes, where it
    depends on nothing else, or a function that is given the sample once, and then weights of its rows. ``alike``
    tells with a number ``(rows,)`` each which rows count alike, so that they are drawn together. ``parts`` are what
    each row gives, ``(rows, parts)``, where the metric is what ``turned`` makes of their means ``(draws, parts)``.
    Without them ``value`` is asked of every resample.

    ``of`` is the class, label or target that it is of alone, of several.
    ``costly`` says that the interval takes seconds on many rows: where nobody asked for it, it is left out.
    ``package`` is what brings a metric that is not Lockgate's own, with its version: ``acme-metrics 1.2``.
    """

    name: str
    value: Callable[[Any], float]
    higher_is_better: bool = True
    least: float | None = 0.0
    most: float | None = 1.0
    tasks: tuple[str, ...] = (BINARY,)
    interval: Callable[[Any, float, float], Interval | None] | None = None
    paired: Callable[[Any, Any, float], Interval | None] | None = None
    contributions: Callable[[Any], Floats] | None = None
    extremes: Callable[[Any, Any], Span] | None = None
    of_cells: OfCells | None = None
    of_weights: Callable[[Any], OfWeights] | None = None
    alike: Callable[[Any], Places] | None = None
    parts: Callable[[Any], Floats] | None = None
    turned: Callable[[Floats], Floats] | None = None
    package: str = ""
    costly: bool = False
    of: str = ""

    def __str__(self) -> str:
        return f"{self.name} of {self.package}" if self.package else self.name

    @property
    def sign(self) -> float:
        """What makes a difference positive where ours is better."""
        return 1.0 if self.higher_is_better else -1.0

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The least and the most that it can be; ``None`` is without end."""
        return self.least, self.most

    @property
    def ends_of_difference(self) -> tuple[float | None, float | None]:
        """The same of how much better one model can be than another."""
        if self.least is None or self.most is None:
            return None, None
        return self.least - self.most, self.most - self.least

    def demand_reachable(self, name: str, limit: float) -> None:
        """Raise ``ValueError`` for a floor or a ceiling that every model breaks, or none."""
        Range(self.least, self.most, what=f"{self.name} lies there").demand(name, limit)

    def demand_difference(self, name: str, margin: float) -> None:
        """Raise ``ValueError`` for a margin that no two models could differ by."""
        width = self.ends_of_difference[1]
        if width is not None:
            Range(below=width, what=f"no two models differ by more in {self.name}").demand(name, margin)
