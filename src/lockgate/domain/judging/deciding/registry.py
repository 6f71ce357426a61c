"""Lockgate's own gates, in the order in which a verdict has their findings; and their documents."""

from collections.abc import Mapping
from typing import Final

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.accuracy.gate import ACCURACY
from lockgate.domain.judging.gates.calibration.gate import CALIBRATION
from lockgate.domain.judging.gates.data.gate import DATA
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.explanation.gate import EXPLANATION
from lockgate.domain.judging.gates.fairness.gate import FAIRNESS
from lockgate.domain.judging.gates.integrity.gate import INTEGRITY
from lockgate.domain.judging.gates.latency.gate import LATENCY
from lockgate.domain.judging.gates.parity.gate import PARITY
from lockgate.domain.judging.gates.robustness.gate import ROBUSTNESS
from lockgate.domain.judging.gates.tests.gate import TESTS
from lockgate.domain.judging.protocol.gate import AskedGate

GATES: Final = (
    TESTS,
    INTEGRITY,
    ACCURACY,
    PARITY,
    DATA,
    CALIBRATION,
    FAIRNESS,
    EXPLANATION,
    ROBUSTNESS,
    LATENCY,
)
"""Findings, and the gates that are off, stand in this order in `verdict.json`."""

OPTIONAL: Final = tuple(gate.name for gate in GATES if not gate.required)
"""The gates that a policy may leave off or set to warn; the others are always enforced."""

_LAST: Final = (ReferenceEvidence,)
"""Documents came in this order to `verdict.json`, and a release digest depends on it."""


def _documents() -> Mapping[str, type]:
    every = {name: kind for gate in GATES for name, kind in gate.documents.items()}
    return dict(sorted(every.items(), key=lambda each: each[1] in _LAST))


DOCUMENTS: Final[Mapping[str, type]] = _documents()
"""Every evidence document by its name: that of its file, and of its place in a release."""
NAMES: Final[Mapping[type, str]] = {kind: name for name, kind in DOCUMENTS.items()}
"""The same the other way round."""


def asked(policy: Policy) -> tuple[AskedGate, ...]:
    """Every gate with its settings of this policy."""
    return tuple(AskedGate(gate, getattr(policy, gate.name, None)) for gate in GATES)


def mode_of(policy: Policy, name: str) -> str:
    """``enforce``, ``warn`` or ``off``: a gate that the policy leaves out is off."""
    return next(gate.mode for gate in asked(policy) if gate.name == name)
