"""Provenance as an in-toto statement with SLSA's predicate, by the in-toto-attestation library."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.bundle_files import STATEMENT
from lockgate.domain.releasing.formats.facts import ReleaseFacts

PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:lockgate:build:delivery:1"
"""The stages of `dvc.yaml` in their order, the checks, the gate, and `lockgate release`."""


class ProvenanceStatements:
    """The bundle-writer port: `provenance.intoto.json`, about every file that lies in the bundle already."""

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """One statement; it is not signed by itself: the bundle is."""
        statement = Statement([_descriptor(*each) for each in facts.files.items()], PREDICATE, _predicate(facts))
        statement.validate()
        told = json_format.MessageToDict(statement.pb)
        return {STATEMENT: (json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()}


def _predicate(facts: ReleaseFacts) -> dict[str, Any]:
    """SLSA's predicate, held to its message: a field that it does not have is an error."""
    provenance, verdict = facts.provenance, facts.verdict
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "model": facts.name,
                "candidate": verdict.candidate.subject.candidate,
                "environment": verdict.environment,
                "params": str(provenance.params),
            },
            "internalParameters": {
                "stages": dict(provenance.stages),
                "committedAt": provenance.source.committed_at,
                "changed": list(provenance.source.changed),
            },
            "resolvedDependencies": [json_format.MessageToDict(each) for each in _dependencies(facts)],
        },
        "runDetails": {
            "builder": {"id": provenance.builder, "version": dict(provenance.tools)},
            "metadata": {},
        },
    }
    told: dict[str, Any] = json_format.MessageToDict(json_format.ParseDict(predicate, provenance_pb2.Provenance()))
    return told


def _dependencies(facts: ReleaseFacts) -> Iterator[Any]:
    """The commit, the files that decide, and every file that the stages read or made."""
    provenance = facts.provenance
    yield ResourceDescriptor(name="source", digest={"gitCommit": provenance.source.commit}).pb
    yield _descriptor("params.yaml", provenance.params)
    for name, digest in sorted(provenance.files.items()):
        yield _descriptor(name, digest)
    for name, digest in sorted(provenance.data.items()):
        yield _descriptor(name, digest)


def _descriptor(name: str, digest: Digest) -> Any:
    return ResourceDescriptor(name=name, digest={digest.algorithm: digest.hex}).pb
