"""``lockgate lineage``: a release traced to everything and everybody that made it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.bundle_files import SBOM
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import (
    Doubt,
    Environment,
    EvidenceFile,
    Judged,
    ReleaseLineage,
    Served,
)
from lockgate.domain.releasing.release import VERDICT, Provenance, sealed
from lockgate.domain.reviewing.headlines import headlines
from lockgate.domain.source import Source
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.releasing.lineage.approved import approvals_told, approved_together
from lockgate.usecases.releasing.lineage.asked import answer, fetched
from lockgate.usecases.releasing.lineage.code import code_of, params_of, waivers_of
from lockgate.usecases.releasing.lineage.environments import stays_of
from lockgate.usecases.releasing.lineage.found_release import named_in_git, raw_json
from lockgate.usecases.releasing.lineage.registered import registered_versions
from lockgate.usecases.releasing.lineage.stages import data_of, params_read, recorded_stages, runs_of


@dataclass
class Parts:
    """What was found so far: the fields of the document, and what of them cannot be confirmed."""

    fields: dict[str, Any] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def take(self, found: tuple[Any, list[Doubt]]) -> Any:
        """What was found; its doubts are kept."""
        self.doubts += found[1]
        return found[0]


def trace(instruments: Instruments, reference: str, when: str | None = None) -> ReleaseLineage:
    """The lineage of what a reference names; with ``when``, of what an environment named at that time.

    Raises ``InputError`` for a reference that names nothing, and for a time before the first commit.
    """
    answered = answer(instruments, reference, when)
    found = answered.found
    if found is None:
        return ReleaseLineage(answered.asked, None, doubts=answered.doubts)
    parts = Parts(doubts=[*answered.doubts, *found.doubts])
    if found.verdict is not None and found.folder is not None:
        _judged(instruments, found.folder, found.verdict, parts)
    if found.provenance is not None and found.folder is not None:
        _made(instruments, found.folder, found.provenance, parts)
    parts.fields["signature"] = found.signer
    parts.fields["approvals"] = parts.take(approvals_told(instruments, found))
    parts.fields["registered"] = parts.take(registered_versions(instruments, found.reference))
    served = tuple(_served(instruments, found.reference))
    parts.fields |= {"served": served, "approved": tuple(approved_together(instruments, found, served))}
    doubts = tuple(dict.fromkeys(parts.doubts))
    told = ReleaseLineage(answered.asked, found.reference, found.where, found.verified, doubts=doubts)
    return replace(told, **parts.fields)


def _judged(instruments: Instruments, folder: Path, verdict: Verdict, parts: Parts) -> None:
    project, log = instruments.project(), instruments.commit_log()
    counted = Counter(str(each.outcome) for each in verdict.findings)
    parts.fields |= {
        "candidate": verdict.candidate.subject.candidate,
        "evidence": tuple(_evidence(project, folder, verdict)),
        "waivers": parts.take(waivers_of(project, log, verdict.waivers, verdict.source)),
        "verdict": Judged(
            digest=project.files.sha256(folder / VERDICT),
            outcome=str(verdict.outcome),
            environment=verdict.environment,
            engine=verdict.engine,
            rows=verdict.candidate.subject.data,
            champion=verdict.champion,
            findings=dict(counted),
            gates={each.gate: str(each.outcome) for each in headlines(verdict.findings)},
            off=verdict.off,
        ),
        "code": parts.take(code_of(log, verdict.source, _champions_source(instruments, verdict, parts))),
    }


def _evidence(project: Project, folder: Path, verdict: Verdict) -> Iterator[EvidenceFile]:
    for kind, digest in verdict.evidence.items():
        document = raw_json(project, folder / sealed(kind))
        tools = document.get("tools")
        named = {str(name): str(version) for name, version in tools.items()} if isinstance(tools, dict) else {}
        yield EvidenceFile(kind, digest, str(document.get("method") or ""), named)


def _champions_source(instruments: Instruments, verdict: Verdict, parts: Parts) -> Source | None:
    """The source of the champion that it was judged against, where its release can be had."""
    if verdict.champion is None:
        return None
    named = named_in_git(instruments.project(), instruments.commit_log())
    champion = next((each for each in named if each.release == verdict.champion), None)
    there = champion or ReleaseReference(instruments.project().settings.model, verdict.champion, verdict.champion)
    source = getattr(fetched(instruments, there).verdict, "source", None)
    if source is None:
        why = f"the champion {verdict.champion.short}, since which they would be, cannot be had"
        parts.doubts.append(Doubt("commits", why))
    return source


def _made(instruments: Instruments, folder: Path, provenance: Provenance, parts: Parts) -> None:
    project, log, past = instruments.project(), instruments.commit_log(), instruments.past_stages()
    candidate, source = parts.fields.get("candidate", ""), provenance.source.commit
    recorded = parts.take(recorded_stages(project, log, past, candidate, source, provenance.data))
    params = parts.take(params_of(project, log, provenance))
    values = {key: value for stage in recorded.stages for key, value in params_read(stage).items()}
    parts.fields |= {
        "params": replace(params, values=dict(sorted(values.items()))),
        "environment": _environment(project, folder, provenance),
        "data": parts.take(data_of(project, log, past, recorded, source)),
        "stages": parts.take(runs_of(project, candidate, recorded, instruments.past_trainings())),
    }


def _environment(project: Project, folder: Path, provenance: Provenance) -> Environment:
    """The tools that judged, the lock files of packages, and how many the serving environment has."""
    components = raw_json(project, folder / SBOM).get("components")
    locks = {name: digest for name, digest in provenance.files.items() if name != project.layout.dvc_lock.name}
    packages = len(components) if isinstance(components, list) else None
    return Environment(provenance.tools, locks, packages, provenance.builder)


def _served(instruments: Instruments, reference: ReleaseReference) -> Iterator[Served]:
    project, log = instruments.project(), instruments.commit_log()
    for environment in project.settings.environments:
        stays = stays_of(project, environment, log)
        yield from (Served(environment, stay) for stay in stays if stay.release == reference)
