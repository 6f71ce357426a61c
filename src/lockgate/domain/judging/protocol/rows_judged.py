"""How often the held-out rows have judged: each candidate that they let pass makes them prove less of the next."""

from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed


@dataclass(frozen=True)
class RowsJudged:
    """How many other candidates, by their content, passed a verdict on exactly these held-out rows.

    ``promoted`` of them served somewhere. ``since`` is the time (ISO 8601) of the ``commit`` from which on git has
    these rows; ``None`` where it has them not. The counts are what is known: where ``unknown`` says what was not asked
    or cannot be told, there may be more. Candidates that were refused leave no verdict, and are not counted.
    """

    rows: Digest
    candidates: int
    promoted: int
    since: str | None = None
    commit: str | None = None
    unknown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """A sentence for people."""
        told = f"{self._count} passed on these held-out rows"
        if self.since and self.commit:
            told += f", which git has since {self.since} (commit {self.commit[:12]})"
        if self.promoted:
            told += f"; {self.promoted} of them served"
        return told + ("; the more they judge, the less a pass proves" if self.candidates else "")

    @property
    def _count(self) -> str:
        if not self.candidates:
            return "no other candidate is known to have" if self.unknown else "no other candidate has"
        at_least = "at least " if self.unknown else ""
        return (
            f"{at_least}1 other candidate has"
            if self.candidates == 1
            else f"{at_least}{self.candidates} other candidates have"
        )

    @property
    def told(self) -> str:
        """The sentence, and what was not asked."""
        return self.text + (f" (not known: {listed(self.unknown)})" if self.unknown else "")
