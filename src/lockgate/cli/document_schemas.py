"""The documents that have a JSON Schema, by the name that `lockgate schema` knows them under."""

from importlib.resources import files

from lockgate.domain.judging.deciding.drill_report import DrillReport
from lockgate.domain.judging.deciding.judgement import ModelJudgement
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.parity.evidence import PackagedParity
from lockgate.domain.making.selection import Validation
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Signature
from lockgate.domain.project.settings import Settings
from lockgate.domain.releasing.bundle_documents import Labels, ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.deployment import Deployment, Waivers
from lockgate.domain.releasing.lineage.difference import ReleaseDifference
from lockgate.domain.releasing.lineage.document import ReleaseLineage
from lockgate.domain.releasing.lineage.environment_log import EnvironmentLog
from lockgate.domain.releasing.registry_state import RegistryReport
from lockgate.domain.releasing.release import Manifest, Provenance
from lockgate.domain.releasing.signing.keys import Keys
from lockgate.domain.releasing.signing.verification import Verification
from lockgate.domain.serving.package_proof import PackageProof

SCHEMAS: dict[str, type] = {
    **DOCUMENTS,
    "deployment": Deployment,
    "difference": ReleaseDifference,
    "drill": DrillReport,
    "environment-log": EnvironmentLog,
    "judgement": ModelJudgement,
    "keys": Keys,
    "labels": Labels,
    "lineage": ReleaseLineage,
    "manifest": Manifest,
    "package-proof": PackageProof,
    "packaged": PackagedParity,
    "params": Settings,
    "profile": Profile,
    "provenance": Provenance,
    "policy": Policy,
    "resolved-policy": ResolvedPolicy,
    "registry-check": RegistryReport,
    "signature": Signature,
    "trained": Trained,
    "used-waivers": UsedWaivers,
    "validation": Validation,
    "verdict": Verdict,
    "verification": Verification,
    "waivers": Waivers,
}

VERSION_1 = tuple(
    f"{name}/1"
    for name in (
        *("accuracy", "data", "explanation", "packaged", "parity", "profile"),
        *("reference", "robustness", "signature", "trained", "validation"),
    )
)
"""Documents of which an earlier version is read too; its schema is stored as it was, since no class has that form."""


def schema_of_version_1(name: str) -> str:
    """The JSON Schema of one of ``VERSION_1``."""
    kind, _, version = name.partition("/")
    return files("lockgate.cli").joinpath(f"schemas/version_{version}/{kind}.json").read_text(encoding="utf-8")
