"""Bills of materials by the CycloneDX library: the packages that serve a model, and the model itself."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.releasing.bundle_files import MLBOM, SBOM
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.releasing.formats.measures import Measure, measures_of
from lockgate.domain.releasing.formats.pins import Pin

_NAMESPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""That of URLs, by RFC 9562: equal names give equal serial numbers."""


class BillsOfMaterials:
    """The bundle-writer port: `sbom.cdx.json` and `mlbom.cdx.json`, both of CycloneDX 1.6."""

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """No random serial number, and no clock but the commit's."""
        return {SBOM: _written(_serving(facts)), MLBOM: _written(_model(facts))}


def _serving(facts: ReleaseFacts) -> dict[str, Any]:
    """The packages of the serving environment, each with the hashes of the files that may be installed."""
    root = _root(facts, ComponentType.APPLICATION, f"{facts.name}-serving", "what serves the model")
    bom = _bom(facts, "serving", root)
    packages = [_package(pin) for pin in facts.serving]
    bom.components.update(packages)
    bom.register_dependency(root, packages)
    return _told(bom)


def _package(pin: Pin) -> Component:
    purl = PackageURL("pypi", name=pin.name, version=pin.version or None)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes]
    # A package has a file for each platform: none of these is the hash of all of them.
    files = [
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(purl.to_string()),
            comment="the files that the lock file takes",
            hashes=hashes,
        )
    ]
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version or None,
        purl=purl,
        bom_ref=purl.to_string(),
        external_references=files if hashes else None,
    )


def _model(facts: ReleaseFacts) -> dict[str, Any]:
    """The model as a component with a model card: the library has no class for that, and its schemas do."""
    root = _root(facts, ComponentType.MACHINE_LEARNING_MODEL, facts.name, "an ONNX model with its preprocessing")
    root.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=facts.files[MODEL].hex))
    bom = _bom(facts, "model", root)
    tables = [_table(name, digest) for name, digest in _tables(facts).items()]
    bom.components.update(tables)
    bom.register_dependency(root, tables)
    told = _told(bom)
    told["metadata"]["component"]["modelCard"] = _card(facts)
    return told


def _tables(facts: ReleaseFacts) -> Mapping[str, Digest]:
    """What it was trained and judged on, by the name of the table."""
    data = facts.evidence.of(DataEvidence)
    return {"test": facts.verdict.candidate.subject.data, **(data.digests if data is not None else {})}


def _table(name: str, digest: Digest) -> Component:
    """CycloneDX knows MD5, by which DVC names data."""
    return Component(
        type=ComponentType.DATA,
        name=name,
        bom_ref=f"data:{name}",
        hashes=[HashType(alg=HashAlgorithm.MD5, content=digest.hex)] if digest.algorithm == "md5" else None,
    )


def _card(facts: ReleaseFacts) -> dict[str, Any]:
    tables = [{"ref": f"data:{name}"} for name in sorted(_tables(facts))]
    return {
        "bom-ref": f"card:{facts.name}",
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": f"{facts.task.kind} classification of {', '.join(facts.task.columns)}",
            "datasets": tables,
            "inputs": [{"format": f"{each.name}: {each.dtype}"} for each in facts.signature.inputs],
            "outputs": [{"format": f"{each.name}: {each.dtype}"} for each in facts.signature.outputs],
        },
        "quantitativeAnalysis": {"performanceMetrics": [_metric(each) for each in measures_of(facts)]},
        "considerations": {"technicalLimitations": [*_limitations(facts.verdict)]},
        "properties": [{"name": "lockgate:verdict", "value": str(facts.verdict.outcome)}],
    }


def _limitations(verdict: Verdict) -> Iterator[str]:
    """What was let pass, and what was not judged."""
    yield from (f"{f.gate}, {f.rule}: {f.message}" for f in verdict.findings if f.outcome is not Outcome.PASSED)
    yield from (f"{gate}: not judged" for gate in verdict.off)


def _metric(measure: Measure) -> dict[str, Any]:
    told: dict[str, Any] = {"type": measure.what, "value": repr(measure.value)}
    if measure.where:
        told["slice"] = measure.where
    if measure.interval is not None:
        bounds = {"lowerBound": repr(measure.interval.low), "upperBound": repr(measure.interval.high)}
        told["confidenceInterval"] = bounds
    return told


def _root(facts: ReleaseFacts, kind: ComponentType, name: str, description: str) -> Component:
    return Component(
        type=kind, name=name, version=facts.content.short, description=description, bom_ref=f"release:{name}"
    )


def _bom(facts: ReleaseFacts, of: str, root: Component) -> Bom:
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, f"urn:lockgate:{of}:{facts.name}:{_named(facts)}"))
    bom.metadata.timestamp = datetime.fromisoformat(facts.provenance.source.committed_at)
    bom.metadata.component = root
    bom.metadata.properties.update(_properties(facts))
    return bom


def _named(facts: ReleaseFacts) -> str:
    """All that a bill follows from: another one has another serial number."""
    return ":".join(f"{name}={digest}" for name, digest in sorted(facts.files.items()))


def _properties(facts: ReleaseFacts) -> Iterator[Property]:
    yield Property(name="lockgate:content", value=str(facts.content))
    yield Property(name="lockgate:commit", value=facts.provenance.source.commit)
    for name, digest in sorted(facts.provenance.files.items()):
        yield Property(name=f"lockgate:file:{name}", value=str(digest))


def _told(bom: Bom) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    return told


def _written(told: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return (json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
