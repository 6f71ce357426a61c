"""``lockgate gate``: evidence x policy x champion -> verdict. Runs no model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lockgate.domain.judging.deciding.decision import decide, measured_otherwise
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.making.selection import Selection
from lockgate.domain.model.candidate import Candidate
from lockgate.domain.model.signature import Signature
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.task_of_candidates import demand_still
from lockgate.domain.releasing.deployment import Waivers
from lockgate.domain.source import Source
from lockgate.errors import LockgateError
from lockgate.ports import ProjectStore, Repository, Tables
from lockgate.usecases.judging.loosened_policy import loosened
from lockgate.usecases.judging.project_facts import look_beside
from lockgate.usecases.judging.rows_judged import rows_judged
from lockgate.usecases.judging.stored_evidence import documents_of, read_documents
from lockgate.usecases.making.stages.evidence import edits_needed
from lockgate.usecases.measuring.champion import read_anchor, read_champion
from lockgate.usecases.measuring.renewal import edits_to_renew
from lockgate.usecases.measuring.score_tables import find_scores, tables_beside
from lockgate.usecases.measuring.stage_records import read_lineage
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.release_folders import contents
from lockgate.usecases.project.sources import look_at_source
from lockgate.usecases.project.standing import as_tested
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.project.valid_documents import read_if_sound


@dataclass(frozen=True)
class Judgement:
    """A verdict, the case that it was drawn from, and what commits since changed that tests and stages did not read."""

    verdict: Verdict
    case: Case
    unread: tuple[str, ...] = ()


def gate(instruments: Instruments, name: str, environment: str, selection: Selection | None = None) -> Judgement:
    """Judge the candidate against the environment's champion and write ``build/verdict.json``."""
    project = instruments.project()
    instruments.repository().head()
    forget(project.layout, project.store)
    judged = try_gate(instruments, name, environment, selection)
    project.documents.write(project.layout.verdict, judged.verdict)
    return judged


def try_gate(instruments: Instruments, name: str, environment: str, selection: Selection | None = None) -> Judgement:
    """The verdict alone; nothing is written, so that a policy that is tried opens no gate."""
    case, unread = _case_of(instruments, name, environment, selection)
    return Judgement(judge(instruments.project(), case, instruments.clock().today()), case, unread)


def _case_of(
    instruments: Instruments, name: str, environment: str, selection: Selection | None
) -> tuple[Case, tuple[str, ...]]:
    project, repository, tables = instruments.project(), instruments.repository(), instruments.tables()
    log = instruments.commit_log()
    candidate = read_candidate(project, name)
    signature = project.documents.read(project.layout.candidate(name).signature, Signature)
    demand_still(name, signature, project.settings.tables)
    champion = read_champion(project, environment, elsewhere(instruments), tables)
    documents = {kind: project.layout.evidence(name, kind) for kind in documents_of(project)}
    looked, lock = look_at_source(project, repository), instruments.stage_lock()
    tests = read_if_sound(project, project.layout.tests, TestsEvidence)
    standing = as_tested(project, repository, log, lock, looked.source, tests)
    source = _source(project, environment, repository, standing.source)
    case = read_case(project, candidate, signature, source, environment, champion, documents, tables, selection)
    lineage = read_lineage(project, name, case.digests, lock, repository)
    edits = dict(edits_needed(project, name, lock))
    for kind, edit in edits_to_renew(project, name, lock, measured_otherwise(case.evidence)).items():
        edits[kind] = f"{edits[kind]}; {edit}" if kind in edits else edit
    anchor = read_anchor(project, environment, champion, elsewhere(instruments), tables)
    own = loosened(project, log, lock, champion)
    counted = rows_judged(project, log, candidate, instruments.near_store)
    beside = replace(case.evidence.beside, told=looked.told, loosened=own)
    evidence = replace(case.evidence, lineage=lineage, edits=edits, beside=beside)
    return replace(case, evidence=evidence, rows_judged=counted, anchor=anchor), standing.unread


def _source(project: Project, environment: str, repository: Repository, source: Source) -> Source:
    """The source as git sees it; what decides here counts where git was told not to see it, too."""
    layout = project.layout
    deciding = repository.uncommitted(layout.params, layout.waivers, layout.environment(environment))
    unseen = (path.relative_to(layout.root).as_posix() for path in deciding)
    return replace(source, changed=tuple(sorted({*source.changed, *unseen})))


def begin(
    layout: Layout,
    store: ProjectStore,
    repository: Repository,
    opened: Callable[[], Project],
    candidate: str | None,
    environment: str | None = None,
) -> Project:
    """The project; the verdict of before is forgotten, where today's can be begun or the settings cannot be read.

    Where git refuses the folder, or a name that was asked for is not known, nothing is judged and everything stays.
    """
    repository.head()
    try:
        project = opened()
    except LockgateError:
        forget(layout, store)
        raise
    if candidate is not None:
        project.settings.candidate(candidate)
    project.settings.environment(environment)
    forget(layout, store)
    return project


def forget(layout: Layout, store: ProjectStore) -> None:
    """Remove the verdict of before: it must not be read as today's if today's cannot be drawn."""
    store.forget(layout.verdict, layout.verdict_junit, layout.verdict_markdown)


def judge(project: Project, case: Case, today: date) -> Verdict:
    """Decide by today's policy and waivers."""
    waivers = read_waivers(project)
    if any(waiver.candidate is not None and not waiver.candidate.whole for waiver in waivers):
        case = replace(case, contents=frozenset(contents(project)))
    return decide(project.settings.gates, case, waivers, today, project.gates)


def read_case(
    project: Project,
    candidate: Candidate,
    signature: Signature,
    source: Source,
    environment: str,
    champion: Champion | None,
    documents: dict[str, Path],
    tables: Tables,
    selection: Selection | None = None,
) -> Case:
    """Read the evidence documents that there are; what is absent or cannot be read will be undecided."""
    evidence, read = read_documents(project, documents)
    evidence = replace(
        evidence,
        scores=find_scores(project, tables, evidence.of(AccuracyEvidence)),
        tables=tables_beside(project, tables, evidence),
        beside=look_beside(project, candidate.subject.candidate, documents),
    )
    # What was not read is not what the verdict was drawn from, and no release carries it.
    digests = {kind: project.files.sha256(path) for kind, path in read.items()}
    production = environment == project.settings.production
    return Case(
        candidate,
        signature,
        source,
        environment,
        evidence,
        digests,
        champion,
        selection,
        production,
        min_rows_per_value=project.settings.tables.min_rows_per_value,
        installed=project.installed,
    )


def read_waivers(project: Project) -> tuple[Waiver, ...]:
    """The waivers of ``deploy/waivers.yaml``; none where there is no such file."""
    if not project.store.has(project.layout.waivers):
        return ()
    return project.documents.read_settings(project.layout.waivers, Waivers).waivers
