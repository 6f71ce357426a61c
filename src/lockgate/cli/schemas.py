"""The documents that have a JSON Schema, by the name that `lockgate schema` knows them under."""

from lockgate.domain.candidate import Trained
from lockgate.domain.deployment import Deployment, Waivers
from lockgate.domain.drilling import DrillReport
from lockgate.domain.evidence import AccuracyEvidence, PackagedParity, ParityEvidence, TestsEvidence
from lockgate.domain.evidence_data import DataEvidence
from lockgate.domain.evidence_explanation import ExplanationEvidence
from lockgate.domain.evidence_latency import LatencyEvidence
from lockgate.domain.evidence_reference import ReferenceEvidence
from lockgate.domain.evidence_robustness import RobustnessEvidence
from lockgate.domain.policy import Policy
from lockgate.domain.profile import Profile
from lockgate.domain.release import Manifest, Provenance
from lockgate.domain.selection import Validation
from lockgate.domain.settings import Settings
from lockgate.domain.signature import Signature
from lockgate.domain.verdict import Verdict

SCHEMAS: dict[str, type] = {
    "accuracy": AccuracyEvidence,
    "data": DataEvidence,
    "explanation": ExplanationEvidence,
    "latency": LatencyEvidence,
    "robustness": RobustnessEvidence,
    "deployment": Deployment,
    "drill": DrillReport,
    "manifest": Manifest,
    "packaged": PackagedParity,
    "params": Settings,
    "parity": ParityEvidence,
    "profile": Profile,
    "provenance": Provenance,
    "reference": ReferenceEvidence,
    "policy": Policy,
    "signature": Signature,
    "tests": TestsEvidence,
    "trained": Trained,
    "validation": Validation,
    "verdict": Verdict,
    "waivers": Waivers,
}
