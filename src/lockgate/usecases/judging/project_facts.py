"""Reading what lies beside the evidence, for gates to hold the documents against it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.model.splits import SEEN
from lockgate.errors import LockgateError
from lockgate.usecases.measuring.methods import methods_here
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.service_pins import service_pins

T = TypeVar("T")


def look_beside(project: Project, name: str, documents: Mapping[str, Path]) -> ProjectFacts:
    """The facts of the project that collected these documents of a candidate, or of the release that sealed them.

    Today's report, tables, pins and libraries say nothing of a release: it was judged by those of its own commit.
    """
    layout, tables = project.layout, project.settings.tables
    tests = documents.get(NAMES[TestsEvidence], layout.tests)
    if tests != layout.tests:
        return ProjectFacts(model_bytes=_or_none(project.store.size, tests.parents[1] / MODEL))
    report = {"report": _or_none(project.files.sha256, layout.root / project.settings.tests.report)}
    splits = {
        split: _or_none(project.files.md5, layout.root / getattr(tables, split))
        for split in tables.splits
        if split in SEEN
    }
    return ProjectFacts(
        files=report | splits,
        label=tables.label,
        positive=tables.positive,
        labels=tables.labels,
        time=tables.time,
        group=tables.group,
        pins=service_pins(project),
        model_bytes=_or_none(project.store.size, layout.candidate(name).model),
        methods=methods_here(project),
    )


def _or_none(how: Callable[[Path], T], path: Path) -> T | None:
    try:
        return how(path)
    except LockgateError:  # it is not there, or is no file
        return None
