"""Reading the evidence documents that lie somewhere: of a candidate, of a release, of a plant."""

from collections.abc import Mapping
from pathlib import Path

from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.errors import DocumentError
from lockgate.usecases.project.project import Project


def documents_of(project: Project) -> Mapping[str, type]:
    """Every evidence document by its name: Lockgate's, and those of the gates that the policy names."""
    others = {name: of for gate in project.gates for name, of in gate.gate.documents.items()}
    return {**DOCUMENTS, **others}


def read_documents(project: Project, documents: Mapping[str, Path]) -> tuple[Evidence, dict[str, Path]]:
    """Those that are there, and where each lies that was read; the evidence tells which cannot be read, and why."""
    kinds, found = documents_of(project), dict[str, object]()
    unreadable: dict[str, str] = {}
    for kind, path in documents.items():
        if not project.store.has(path):
            continue
        try:
            found[kind] = project.documents.read(path, kinds[kind])
        except DocumentError as error:
            unreadable[kind] = error.message.removeprefix(f"{project.layout.root}/")
    return Evidence(unreadable=unreadable).holding(*found.values()), {kind: documents[kind] for kind in found}
