"""What a promotion is decided by: the release's evidence, under the policy of now, against the champion."""

from dataclasses import replace
from pathlib import Path

from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence
from lockgate.domain.model.candidate import SIGNATURE
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.release import Release, sealed
from lockgate.usecases.judging.gate import judge, read_case
from lockgate.usecases.judging.stored_evidence import documents_of
from lockgate.usecases.measuring.champion import read_champion
from lockgate.usecases.measuring.check import check_against_champion
from lockgate.usecases.measuring.kinds.latency import TimedModel
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.stored.elsewhere import elsewhere


def judge_promotion(instruments: Instruments, release: Release, folder: Path, environment: str, tell: Tell) -> Verdict:
    """The verdict for this environment. The champion is asked today's rows, and takes its time beside the release's.

    Raises ``SourceError`` unless git has what decides, before and after: asking takes its time.
    """
    project = instruments.project()
    demand_decided(instruments)
    others = elsewhere(instruments)
    raced = project.layout.race(release.version)
    check_against_champion(instruments, TimedModel(folder, release.verdict.candidate.subject, raced), environment, tell)
    drawn, tables = release.verdict, instruments.tables()
    champion = read_champion(project, environment, others, tables)
    documents = {kind: folder / sealed(kind) for kind in documents_of(project)}
    if project.store.has(raced):
        documents[NAMES[LatencyEvidence]] = raced
    signature = project.documents.read(folder / SIGNATURE, Signature)
    case = read_case(project, drawn.candidate, signature, drawn.source, environment, champion, documents, tables)
    verdict = judge(project, replace(case, sealed=True), instruments.clock().today())
    demand_decided(instruments)
    return verdict


def demand_decided(instruments: Instruments) -> None:
    """Raise ``SourceError`` unless git has what decides: the evidence is sealed, the policy and the waivers are not."""
    layout, why = instruments.layout, "a promotion is decided by what is committed"
    demand_committed(layout, instruments.repository(), why, layout.params, layout.waivers)
