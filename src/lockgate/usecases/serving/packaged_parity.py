"""``lockgate parity --bento`` and ``--image``: the held-out rows through a packaged release."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.judging.gates.parity.comparator import Comparator
from lockgate.domain.judging.gates.parity.evidence import PackagedParity
from lockgate.domain.judging.gates.parity.packaged import judge_packaged
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.domain.model.candidate import MODEL, SIGNATURE
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.request_rows import RowError, write_rows
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.domain.releasing.release import Release
from lockgate.errors import DataError, DocumentError, Refused, ToolError, Undecided
from lockgate.ports import Answering, Package, Runtime, Tables
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release, open_release
from lockgate.usecases.serving.proof import Prediction, prove, served_form

BATCH = 1000


@dataclass(frozen=True)
class PackagedReport:
    """What was found, where it is written, how many rows were asked, and what was told of what answers."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    evidence: str
    rows: int
    served: Mapping[str, str]


def compare_bento(instruments: Instruments, path: Path) -> PackagedReport:
    """Serve the Bento in that folder, and compare it. Raises ``DocumentError`` where it is none of a release."""
    package = Package(f"{path.parent.name}:{path.name}", path, created=False)
    project = instruments.project()
    if not project.store.has_folder(package.release):
        raise DocumentError(f"{path}: not a release's Bento", hint="lockgate package prints where it lies")
    runtime, tables = instruments.runtime(soon=True), instruments.tables()
    with instruments.server().start(package, "127.0.0.1", 0) as running:
        return compare_packaged(project, package.release, running, package.tag, runtime, tables)


def compare_image(instruments: Instruments, image: str) -> PackagedReport:
    """Run the image, and compare what it serves; the release that it says it is must lie here."""
    project, images = instruments.project(), instruments.images()
    _, folder = latest_release(project, images.label(image, "lockgate.release"))
    runtime, tables = instruments.runtime(soon=True), instruments.tables()
    with images.serve(image) as url:
        return compare_packaged(project, folder, instruments.client(url), image, runtime, tables)


def compare_packaged(
    project: Project, folder: Path, answering: Answering, where: str, runtime: Runtime, tables: Tables
) -> PackagedReport:
    """Ask a packaged release for every held-out row; ``folder`` is the bundle of the release that it must be."""
    release = open_release(project, folder)
    if why := unasked(project, release):
        raise DataError(why, hint="check out the release's commit, and run: lockgate run")
    return _compared(project, release, folder, answering, where, runtime, tables)


def unasked(project: Project, release: Release) -> str:
    """Why the held-out rows cannot be asked here; empty where they lie here as the release was judged on them."""
    name = project.settings.tables.test
    path = project.layout.root / name
    if not project.store.has(path):
        return f"{name}: missing"
    if project.files.md5(path) != release.verdict.candidate.subject.data:
        return f"{name}: not the rows that release {release.version} was judged on"
    return ""


@dataclass(frozen=True)
class Answered:
    """What a packaged release was asked, and answered as judged.

    ``prediction`` is of the single rows, ``held_out`` counts the held-out rows; ``unasked`` says why there are none.
    """

    prediction: Prediction
    held_out: int
    unasked: str
    served: Mapping[str, str]


def answers_as_judged(
    project: Project,
    release: Release,
    folder: Path,
    answering: Answering,
    where: str,
    runtime: Runtime,
    tables: Tables,
) -> Answered:
    """Ask rows of every kind, and every held-out row that lies here. Raises ``GateClosed`` unless all is as judged."""
    prediction = prove(project, folder, answering, runtime)
    _demand_release(release, prediction.release, where)
    if why := unasked(project, release):
        return Answered(prediction, 0, why, _told(answering.runtime()))
    report = _compared(project, release, folder, answering, where, runtime, tables)
    if report.outcome is not Outcome.PASSED:
        found = "; ".join(f"{f.rule}: {f.message}" for f in report.findings if f.outcome is not Outcome.PASSED)
        closed = Refused if report.outcome is Outcome.REFUSED else Undecided
        raise closed(
            f"{where} does not answer the held-out rows as judged: {found}",
            hint=f"it gets no name; see {report.evidence}, and service.py and requirements.txt of the service",
        )
    return Answered(prediction, report.rows, "", report.served)


def _demand_release(release: Release, served: str, where: str) -> None:
    if served != str(release.digest):
        raise Refused(f"{where} says that it serves {served}, not {release.digest}", hint="see its service.py")


def _compared(
    project: Project,
    release: Release,
    folder: Path,
    answering: Answering,
    where: str,
    runtime: Runtime,
    tables: Tables,
) -> PackagedReport:
    signature = project.documents.read(folder / SIGNATURE, Signature)
    columns = tables.read(project.layout.root / project.settings.tables.test)
    session, comparator = runtime.open(folder / MODEL, signature), Comparator(signature)
    inputs = Inputs.of(columns, signature.inputs)
    for part in inputs.batches(BATCH):
        comparator.add(session.run(part), _answers(signature, answering.predict(_as_rows(part, signature))))
    found = comparator.result()
    evidence = PackagedParity(
        release=release.digest,
        subject=release.verdict.candidate.subject,
        where=where,
        rows=inputs.rows,
        served=_told(answering.runtime()),
        judged=dict(runtime.versions()),
        missing_outputs=found.missing,
        outputs=found.outputs,
        flips=found.flips,
        worst_flips=found.worst_flips,
        task=signature.task,
        method=method_here(project, "packaged"),
    )
    path = project.layout.packaged(release.version)
    project.documents.write(path, evidence)
    findings = judge_packaged(project.settings.gates.parity, evidence, release.digest)
    where_written = path.relative_to(project.layout.root).as_posix()
    return PackagedReport(overall(findings), findings, where_written, inputs.rows, evidence.served)


def _as_rows(columns: Columns, signature: Signature) -> list[dict[str, object]]:
    try:
        return write_rows(columns, signature.dtypes)
    except RowError as error:
        raise DataError(
            f"held-out rows cannot be asked for over HTTP: {error}", hint="no client could send them: see `data()`"
        ) from error


def _answers(signature: Signature, answer: Mapping[str, object]) -> Outputs:
    """What was answered, in the declared types."""
    try:
        found = served_form(signature).read(answer.get("predictions"))
    except ValueError as error:
        raise ToolError(f"the server's answer is no prediction: {error}", hint="see serving/service.py") from error
    return {**found, signature.probabilities: found[signature.probabilities].astype(np.float32)}


def _told(runtime: Mapping[str, object]) -> dict[str, str]:
    return {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in runtime.items()}
