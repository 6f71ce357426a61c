"""Which files a release holds: what each is, what reads it, and since when a release must have it."""

import re
from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE

MANIFEST: Final = "manifest.json"
SIGNED: Final = "model.sig"
"""The signature of the bundle. It is made when everything else is there, can be made again, and is in no digest."""
VERDICT: Final = "verdict.json"
PROVENANCE: Final = "provenance.json"
LABELS: Final = "labels.json"
POLICY: Final = "policy.json"
WAIVERS: Final = "waivers.json"
SCORES: Final = "evidence/scores.parquet"
STATEMENT: Final = "provenance.intoto.json"
SBOM: Final = "sbom.cdx.json"
MLBOM: Final = "mlbom.cdx.json"
CARD: Final = "README.md"
OUTSIDE: Final = frozenset({MANIFEST, SIGNED})
"""What lies in a bundle and is not in its manifest."""
VERSIONS: Final = ("lockgate/release/1", "lockgate/release/2")
"""The versions of a manifest. A later one demands more files; what it says is the same."""
_ANY: Final = "[A-Za-z0-9_][A-Za-z0-9_.-]*"


@dataclass(frozen=True)
class BundleFile:
    """A file of a release. ``*`` in its name stands for the name of a document or a picture.

    ``what`` it is, in a line, and the ``reader`` that others read it with. ``since`` is the version of the manifest
    that began to demand it; ``None`` where a release may have none. ``content`` files make the content digest.
    """

    name: str
    what: str
    reader: str
    since: int | None = None
    content: bool = False

    def matches(self, name: str) -> bool:
        """Whether that is a name of this file."""
        return re.fullmatch(_ANY.join(map(re.escape, self.name.split("*"))), name) is not None


def sealed(kind: str) -> str:
    """Where the evidence document of that name lies in a release."""
    return f"evidence/{kind}.json"


def plot(name: str) -> str:
    """Where the picture of that name lies in a release."""
    return f"plots/{name}.svg"


REQUIRED: Final = tuple(name for gate in GATES if gate.required for name in gate.documents)
"""The evidence without which there is no release."""

FILES: Final = (
    BundleFile(CARD, "the model card: what it is, how good, for whom not; start here", "huggingface_hub", 2),
    BundleFile(plot("*"), "the pictures of the card", "a browser"),
    BundleFile(MODEL, "the model, with its preprocessing", "ONNX Runtime", 1, content=True),
    BundleFile(SIGNATURE, "its inputs and outputs: names, types, shapes, and the task", "jq", 1, content=True),
    BundleFile(PROFILE, "what the training rows looked like, column by column", "jq", 1, content=True),
    BundleFile(LABELS, "the names of its answers, in the order of its probabilities", "jq", 2),
    BundleFile(VERDICT, "the verdict with every finding", "jq", 1),
    BundleFile(POLICY, "the policy that it was judged by, with every default, and the task", "jq", 2),
    BundleFile(WAIVERS, "the waivers that let a gate pass; most often none", "jq", 2),
    *(BundleFile(sealed(kind), "evidence that no release is without", "jq", 1) for kind in REQUIRED),
    BundleFile(sealed("*"), "evidence: what each check measured", "jq"),
    BundleFile(SCORES, "truth, answer and score of each held-out row, and nothing else of it", "pyarrow"),
    BundleFile(PROVENANCE, "the source, the params, the data and the tools that it comes from", "jq", 1),
    BundleFile(STATEMENT, "the same as an in-toto statement with SLSA's provenance", "in-toto-attestation", 2),
    BundleFile(SBOM, "every package of the serving environment: CycloneDX 1.6", "cyclonedx-python-lib", 2),
    BundleFile(MLBOM, "the model, its data and its measures: CycloneDX 1.6", "cyclonedx-python-lib", 2),
)
"""In the order in which people read them."""

CONTENT: Final = tuple(file.name for file in FILES if file.content)


def demanded(version: str) -> frozenset[str]:
    """The names of the files that a release with a manifest of that version must have."""
    number = VERSIONS.index(version) + 1
    return frozenset(file.name for file in FILES if file.since is not None and file.since <= number)


def is_known(name: str) -> bool:
    """Whether a release may hold a file of that name."""
    return any(file.matches(name) for file in FILES)
