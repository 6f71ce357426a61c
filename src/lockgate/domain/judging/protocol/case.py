"""The case: all that a gate is given beside its own policy."""

from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.anchor import Anchor
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.extensions.installed import NOTHING, Installed
from lockgate.domain.judging.protocol.rows_judged import RowsJudged
from lockgate.domain.making.selection import Selection
from lockgate.domain.model.candidate import Candidate, Subject
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.splits import SPLITS
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics.metric import Metric


@dataclass(frozen=True)
class Case:
    """What is to be decided: which candidate, of which source, for which environment, on which documents.

    ``signature`` is the candidate's: no evidence may leave out an input or an output of it. ``production`` says that a
    warning needs a waiver here. ``sealed`` says that the evidence is that of a release: what it was made from was
    judged when it was sealed, and the stages may have run again since. A group that is not judged is
    named from ``min_rows_per_value`` rows on: a verdict travels with the release. ``contents`` are the candidates and
    releases at hand: the start of a digest in a waiver must be that of one of them alone. ``metric`` is what the
    project judges its models by, ``None`` where it cannot be had here, and ``level`` the confidence of its two-sided
    intervals: those of the accuracy gate, which the decision puts there. ``installed`` is what others bring and the
    policy names. ``rows_judged`` is how often the held-out rows have judged, where that was counted: told in the
    verdict, and judged by no gate. ``anchor`` is the best champion on these rows; ``None`` where there is no
    champion, or no history of champions: a release that is verified, a plant of the drill. ``splits`` are the tables
    that there are: a file that belongs to no project has no validation rows.
    """

    candidate: Candidate
    signature: Signature
    source: Source
    environment: str
    evidence: Evidence
    digests: dict[str, Digest]
    champion: Champion | None = None
    selection: Selection | None = None
    production: bool = False
    sealed: bool = False
    min_rows_per_value: int = 1
    contents: frozenset[Digest] = frozenset()
    installed: Installed = NOTHING
    rows_judged: RowsJudged | None = None
    metric: Metric | None = None
    level: float = 0.9
    anchor: Anchor | None = None
    splits: tuple[str, ...] = SPLITS

    @property
    def subject(self) -> Subject:
        """The candidate's model and data: what its evidence must be of."""
        return self.candidate.subject
