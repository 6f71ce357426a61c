"""Reading what lies beside the evidence, for gates to hold the documents against it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.project_facts import Beside
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.model.splits import SEEN
from lockgate.errors import LockgateError
from lockgate.usecases.measuring.methods import methods_here
from lockgate.usecases.project.project import Project


def look_beside(project: Project, name: str, documents: Mapping[str, Path]) -> Beside:
    """The facts of the project that collected these documents of a candidate, or of the release that sealed them.

    Today's report, tables, pins and libraries say nothing of a release: it was judged by those of its own commit.
    """
    layout, tables = project.layout, project.settings.tables
    tests = documents.get("tests", layout.tests)
    if tests != layout.tests:
        return Beside(model_bytes=_bytes(tests.parents[1] / MODEL))
    report = {"report": _hashed(project.files.sha256, layout.root / project.settings.tests.report)}
    splits = {split: _hashed(project.files.md5, layout.root / getattr(tables, split)) for split in SEEN}
    return Beside(
        files=report | splits,
        label=tables.label,
        positive=tables.positive,
        pins=_pins(layout.root / project.settings.service / "requirements.txt"),
        model_bytes=_bytes(layout.candidate(name).model),
        methods=methods_here(project),
    )


def _hashed(how: Callable[[Path], Digest], path: Path) -> Digest | None:
    try:
        return how(path)
    except LockgateError:  # it is not there, or is no file
        return None


def _bytes(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _pins(requirements: Path) -> Mapping[str, str]:
    text = requirements.read_text("utf-8") if requirements.is_file() else ""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
