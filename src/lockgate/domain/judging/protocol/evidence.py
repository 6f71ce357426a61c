"""All the evidence that a verdict is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.project_facts import Beside
from lockgate.domain.making.stage_records import Lineage
from lockgate.domain.measuring.methods import otherwise
from lockgate.domain.model.score_table import ScoreTable


@dataclass(frozen=True)
class Evidence:
    """What was not collected is ``None`` and leaves its gate undecided; ``scores`` belong to ``accuracy``.

    ``reference_scores`` belong to ``reference``, the glassbox. A document that is there and cannot be read is ``None``
    as well; ``unreadable`` has, by its name, which file that is and what is wrong with it. ``beside`` are facts that no
    document states and that none may contradict. ``lineage`` tells what the candidate and its evidence were made from.
    ``edits`` has, by its name, what `dvc.yaml` needs before a run can collect a document again.
    """

    tests: TestsEvidence | None = None
    accuracy: AccuracyEvidence | None = None
    parity: ParityEvidence | None = None
    scores: ScoreTable | None = None
    data: DataEvidence | None = None
    explanation: ExplanationEvidence | None = None
    robustness: RobustnessEvidence | None = None
    latency: LatencyEvidence | None = None
    reference: ReferenceEvidence | None = None
    reference_scores: ScoreTable | None = None
    lineage: Lineage | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)
    edits: Mapping[str, str] = field(default_factory=dict)

    @property
    def measured_otherwise(self) -> frozenset[str]:
        """The kinds that were measured otherwise than they would be in this environment."""
        found = {kind: document for kind in DOCUMENTS if (document := getattr(self, kind)) is not None}
        here = self.beside.methods
        return frozenset(kind for kind, document in found.items() if otherwise(document.method, here.get(kind, "")))


DOCUMENTS: dict[str, type] = {
    "tests": TestsEvidence,
    "accuracy": AccuracyEvidence,
    "parity": ParityEvidence,
    "data": DataEvidence,
    "explanation": ExplanationEvidence,
    "robustness": RobustnessEvidence,
    "latency": LatencyEvidence,
    "reference": ReferenceEvidence,
}
"""Every evidence document by its name: that of its gate, of its file, and of its place in a release."""
