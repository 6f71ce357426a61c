"""``lockgate promote``: the commit that points an environment at a release."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence
from lockgate.domain.model.candidate import SIGNATURE
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import Release, demand_passed, sealed
from lockgate.ports import Clock, Registry, Repository, Tables
from lockgate.usecases.judging.gate import judge, read_case
from lockgate.usecases.judging.stored_evidence import documents_of
from lockgate.usecases.measuring.champion import read_champion, registry_for
from lockgate.usecases.measuring.check import check_against_champion
from lockgate.usecases.measuring.kinds.latency import TimedModel
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release, open_release
from lockgate.usecases.releasing.desired_state import commit_state, named_already, push_state
from lockgate.usecases.releasing.follow_git import follow_git

WIDTH = 100
"""Of a commit message's lines: `git log` indents them."""


@dataclass(frozen=True)
class Promotion:
    """What an environment names now, and the commit that made it so; no commit where it was so already."""

    environment: str
    reference: ReleaseReference
    commit: str | None


def promote_release(
    instruments: Instruments, environment: str, version: str | None, branch: str | None, tell: Tell
) -> Promotion:
    """Promote the release of that version, by default that of the latest verdict; ``branch`` of origin gets it."""
    project, repository = instruments.project(), instruments.repository()
    name = project.settings.environment(environment)
    _, folder = latest_release(project, version)
    promotion = promote(
        project,
        folder,
        name,
        repository,
        registry_for(instruments, name),
        instruments.tables(),
        instruments.clock(),
        lambda entrant: check_against_champion(instruments, entrant, name, tell),
    )
    if branch:
        again = f"lockgate promote {name} --release {promotion.reference.release.short} --push {branch}"
        push_state(Deployment(name, promotion.reference), promotion.commit, branch, again, repository)
    follow_git(instruments, tell)
    return promotion


def promote(
    project: Project,
    folder: Path,
    environment: str,
    repository: Repository,
    registry: Registry | None,
    tables: Tables,
    clock: Clock,
    ask_champion: Callable[[TimedModel], object],
) -> Promotion:
    """Judge the release's evidence against this environment's champion, then commit the file of desired state.

    ``ask_champion`` is called where there is something to judge: it asks the champion today's rows, and takes its time
    beside the release's.
    """
    release = open_release(project, folder)
    reference = ReleaseReference(release.name, release.digest, release.content)
    if named_already(project, environment, reference, repository):
        return Promotion(environment, reference, None)
    _demand_committed(project, repository)
    ask_champion(TimedModel(folder, release.verdict.candidate.subject, project.layout.race(release.version)))
    verdict = _judge_here(project, folder, release, environment, registry, tables, clock.today())
    demand_passed(verdict, release.content)
    _demand_committed(project, repository)  # asking takes its time, and waivers are read after it
    commit = commit_state(project, Deployment(environment, reference), _message(release, verdict), repository)
    return Promotion(environment, reference, commit)


def _demand_committed(project: Project, repository: Repository) -> None:
    """Raise ``SourceError`` unless git has what decides: the evidence is sealed, the policy and the waivers are not."""
    layout, why = project.layout, "a promotion is decided by what is committed"
    demand_committed(layout, repository, why, layout.params, layout.waivers)


def _judge_here(
    project: Project,
    folder: Path,
    release: Release,
    environment: str,
    registry: Registry | None,
    tables: Tables,
    today: date,
) -> Verdict:
    """The verdict for this environment: the sealed evidence under today's policy, against this champion."""
    drawn = release.verdict
    champion = read_champion(project, environment, registry, tables)
    documents = {kind: folder / sealed(kind) for kind in documents_of(project)}
    if project.store.has(raced := project.layout.race(release.version)):
        documents[NAMES[LatencyEvidence]] = raced
    signature = project.documents.read(folder / SIGNATURE, Signature)
    case = read_case(project, drawn.candidate, signature, drawn.source, environment, champion, documents, tables)
    return judge(project, replace(case, sealed=True), today)


def _message(release: Release, verdict: Verdict) -> str:
    """The verdict that the promotion was drawn from stands nowhere else."""
    head = [
        f"Release {release.digest}",
        f"Content {release.content}",
        f"Source  {verdict.source.commit}",
        f"Against {verdict.champion or 'no champion'}",
    ]
    parts = {
        "Waivers used": [_permission(waiver) for waiver in verdict.waivers],
        "Waivers not used": [f"{_permission(unused.waiver)}: {unused.why}" for unused in verdict.unused_waivers],
        "Off": list(verdict.off),
        "Findings": [f"{f.gate}, {f.rule}: {f.outcome}: {f.message}" for f in verdict.findings],
    }
    lists = ["\n".join([f"{title}:", *map(_item, items)]) for title, items in parts.items() if items]
    title = f"Promote {release.name} {release.version} to {verdict.environment}"
    return "\n\n".join([title, "\n".join(head), *lists]) + "\n"


def _permission(waiver: Waiver) -> str:
    until = f"until {waiver.expires}" if waiver.expires else "without a date"
    return f"{waiver.gate}, by {waiver.name}, {until}: {waiver.reason}"


def _item(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
