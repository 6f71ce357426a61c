"""The champion: the release to beat, its evidence on the candidate's rows, and what a gate says where it has none."""

from dataclasses import dataclass, field

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import bootstrap
from lockgate.domain.model.score_table import ScoreTable

CHAMPION_RULE = "champion"
ASK_IT = "ask the champion these rows: lockgate check champion"


@dataclass(frozen=True)
class Champion:
    """The release that the environment names, and its evidence on the candidate's rows where it could be had.

    ``model`` is the digest of its ONNX file and ``bytes`` its size; ``None`` where the release cannot be had. ``asked``
    are the classes of the documents that were measured in this project; others are those that its release carries.
    ``absent`` says why the release cannot be had, and ``remedy`` what helps.
    """

    release: Digest
    evidence: Evidence = field(default_factory=Evidence)
    model: Digest | None = None
    bytes: int | None = None
    asked: frozenset[type] = frozenset()
    absent: str = ""
    remedy: str = ""

    @property
    def name(self) -> str:
        """As findings call it."""
        return f"champion {self.release.short}"

    @property
    def scores(self) -> ScoreTable | None:
        """Its answers to the candidate's held-out rows."""
        return self.evidence.scores


def no_champion(gate: str) -> Finding:
    """Undecided: there is nothing to compare with, and a bootstrap waiver may let a first release pass."""
    message = "the environment has no champion to compare with"
    return not_comparable(gate, message, Reason.NO_CHAMPION, bootstrap(gate))


def not_comparable(gate: str, message: str, reason: str, remedy: str = ASK_IT) -> Finding:
    """Undecided: the champion's side of the comparison is not there, or of something else."""
    return Finding(gate, CHAMPION_RULE, Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def its_own_model(gate: str, champion: Champion, rows: int | None = None) -> Finding:
    """Passed: the candidate is the champion's own model again, and there is no difference to be sure of."""
    return Finding(gate, CHAMPION_RULE, Outcome.PASSED, f"the model is that of the {champion.name} itself", rows=rows)
