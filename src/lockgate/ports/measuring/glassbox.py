"""A model that explains itself."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.task import TRUTH, Task
from lockgate.domain.statistics.sample import Floats


class FittedGlassbox(Protocol):
    """A fitted model that explains itself: the positive class's log-odds are an intercept and a sum of terms.

    So are the numbers of a regression, and the logits of several classes: ``intercepts`` has one for each.
    """

    @property
    def intercept(self) -> float:
        """The log-odds where no term says anything; the number, of a regression."""

    @property
    def intercepts(self) -> Sequence[float]:
        """The same of every class of several, in their order."""

    def terms(self) -> Mapping[str, Sequence[str]]:
        """The terms in their order, each with the input columns that it takes."""

    def explain(self, columns: Columns) -> tuple[Floats, Floats]:
        """The positive class's probability, float64 ``(rows,)``, and ``(rows, terms)`` contributions in log-odds.

        Of a regression the number and contributions to it; of several classes probabilities ``(rows, classes)``, and
        ``(rows, terms, classes)`` contributions to logits.
        """


class Glassbox(Protocol):
    """Fits a model that explains itself, as the reference for what can be learned from the rows."""

    def fit(self, columns: Columns, inputs: Sequence[Column], labels: Array, task: Task = TRUTH) -> FittedGlassbox:
        """Fit on ``(rows,)`` columns, those of ``inputs`` alone; ``labels`` are boolean: the positive class.

        With a ``task`` of several classes they are those, with a regression of one target its numbers. Equal rows give
        an equal model. Raises ``ModelError``.
        """

    def settings(self) -> Mapping[str, str]:
        """What it is fitted with: what the evidence records."""

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that fit."""
