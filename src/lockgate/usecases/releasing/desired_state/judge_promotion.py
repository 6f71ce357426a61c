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
from lockgate.usecases.measuring.check import check_latency, latency_counts
from lockgate.usecases.measuring.kinds.latency import TimedModel
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.judge_again import answered_again


def judge_promotion(instruments: Instruments, release: Release, folder: Path, environment: str, tell: Tell) -> Verdict:
    """The verdict for this environment. Release and champion are asked today's rows, and take their time side by side.

    What was kept of their answers under ``build/`` is not judged; where it says otherwise, the verdict says so.
    Raises ``SourceError`` unless git has what decides, before and after: asking takes its time.
    """
    project, drawn, tables = instruments.project(), release.verdict, instruments.tables()
    demand_decided(instruments)
    runtime = instruments.runtime(soon=True)
    raced = project.layout.race(release.version)
    if latency_counts(project):
        check_latency(instruments, TimedModel(folder, drawn.candidate.subject, raced), environment, tell)
    champion = read_champion(project, environment, elsewhere(instruments), tables)
    documents = {kind: folder / sealed(kind) for kind in documents_of(project)}
    if project.store.has(raced):
        documents[NAMES[LatencyEvidence]] = raced
    signature = project.documents.read(folder / SIGNATURE, Signature)
    case = read_case(project, drawn.candidate, signature, drawn.source, environment, champion, documents, tables)
    case = answered_again(instruments, replace(case, sealed=True), folder, runtime)
    verdict = judge(project, case, instruments.clock().today())
    demand_decided(instruments)
    return verdict


def demand_decided(instruments: Instruments) -> None:
    """Raise ``SourceError`` unless git has what decides: the evidence is sealed, the policy and the waivers are not."""
    layout, why = instruments.layout, "a promotion is decided by what is committed"
    demand_committed(layout, instruments.repository(), why, layout.params, layout.waivers)
