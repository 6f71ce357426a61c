"""What is written into a release beside what was judged: what it says of itself, and the files in others' formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.making.stage_records import Stage, behind, overlap
from lockgate.domain.model.candidate import PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.score_table import only_scores
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.bundle_documents import Labels, ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.bundle_files import LABELS, POLICY, PROVENANCE, SCORES, WAIVERS, sealed
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.releasing.formats.pins import Pin, pins_of
from lockgate.domain.releasing.provenance import HERE, Provenance
from lockgate.errors import DocumentError
from lockgate.ports import BundleWriter, Pipeline, Runtime, StageLock, Tables
from lockgate.usecases.judging.stored_evidence import documents_of, read_documents
from lockgate.usecases.measuring.score_tables import find_scores
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

ENVIRONMENT: Final = "requirements.lock"
SERVING: Final = "docker/serving/requirements.lock"
DECIDING: Final = ("dvc.lock", "dvc.yaml", "measuring.yaml", ENVIRONMENT, SERVING)
"""Files of a project that say what a release was made of and with, as far as they are there."""


@dataclass(frozen=True)
class SealingTools:
    """What a release is written with; ``builder`` is a URI of who seals."""

    pipeline: Pipeline
    stages: StageLock
    runtime: Runtime
    tables: Tables
    writers: Sequence[BundleWriter]
    builder: str = HERE

    @classmethod
    def of(cls, instruments: Instruments, runtime: Runtime) -> "SealingTools":
        """Those of a working copy; the runtime tells its versions."""
        return cls(
            instruments.pipeline(),
            instruments.stage_lock(),
            runtime,
            instruments.tables(),
            instruments.bundle_writers(),
            instruments.builder(),
        )


def write_files(project: Project, verdict: Verdict, folder: Path, tools: SealingTools) -> None:
    """Complete the bundle in ``folder``, in which the candidate, its evidence and the verdict lie already.

    Whoever writes in a format of others sees what was written before: the statement of provenance, which comes last,
    is about everything else.
    """
    facts = _facts(project, verdict, folder, tools)
    settings = project.settings
    documents = {
        LABELS: Labels.of(facts.signature, settings.tables.positive),
        POLICY: ResolvedPolicy(facts.task, verdict.policy, settings.production, settings.tables.min_rows_per_value),
        WAIVERS: UsedWaivers.of(verdict),
        PROVENANCE: facts.provenance,
    }
    for name, document in documents.items():
        project.documents.write(folder / name, document)
    if settings.release.scores:
        _write_scores(project, verdict, facts.evidence, folder, tools.tables)
    for writer in tools.writers:
        files = dict(project.files.tree(folder))
        for name, content in writer.write(replace(facts, files=files)).items():
            project.files.write_bytes(folder / name, content)


def provenance_of(project: Project, verdict: Verdict, tools: SealingTools) -> Provenance:
    """The source, and all that the stages behind the candidate read and made, by what was recorded of them."""
    layout, name = project.layout, verdict.candidate.subject.candidate
    stages = _stages(project, name, tools.stages)
    paths = [path for stage in stages for path in (*stage.deps, *stage.outs)]
    hashes = tools.pipeline.hashes()
    files = {each: layout.root / each for each in (*DECIDING, f"{project.settings.service}/requirements.txt")}
    return Provenance(
        source=verdict.source,
        params=project.files.sha256(layout.params),
        data={path: digest for path, digest in hashes.items() if not paths or any(overlap(path, p) for p in paths)},
        tools=dict(tools.runtime.versions()),
        files={each: project.files.sha256(path) for each, path in files.items() if project.store.has(path)},
        results=_evidence(project, name, stages, tools.stages),
        stages={stage.name: stage.cmd for stage in stages},
        builder=tools.builder,
    )


def _evidence(project: Project, name: str, stages: Sequence[Stage], lock: StageLock) -> dict[str, Digest]:
    """Every file of the folders in which stages left evidence: `dvc.lock` records a folder by the list of these."""
    root = project.layout.root
    lies = [project.layout.evidence(name, kind).relative_to(root).as_posix() for kind in documents_of(project)]
    folders = [out for stage in stages for out in stage.outs if any(path.startswith(f"{out}/") for path in lies)]
    paths = sorted(path for folder in folders for path in lock.states(folder))
    return {path: project.files.md5(root / path) for path in paths}


def _stages(project: Project, name: str, lock: StageLock) -> tuple[Stage, ...]:
    """The stages behind the candidate; none where nothing was recorded, which a gate has said before."""
    root, paths = project.layout.root, project.layout.candidate(name)
    made = [paths.model, paths.signature, paths.profile, paths.evidence]
    try:
        return behind(lock.stages(), [path.relative_to(root).as_posix() for path in made])[0]
    except DocumentError:
        return ()


def _facts(project: Project, verdict: Verdict, folder: Path, tools: SealingTools) -> ReleaseFacts:
    signature = project.documents.read(folder / SIGNATURE, Signature)
    evidence, _ = read_documents(project, {kind: folder / sealed(kind) for kind in documents_of(project)})
    return ReleaseFacts(
        name=project.settings.model,
        task=project.settings.tables.task_of(signature.task.columns),
        verdict=verdict,
        signature=signature,
        profile=project.documents.read(folder / PROFILE, Profile),
        evidence=replace(evidence, scores=find_scores(project, tools.tables, evidence.of(AccuracyEvidence))),
        provenance=provenance_of(project, verdict, tools),
        serving=tuple(_serving(project)),
        files={},
    )


def _serving(project: Project) -> Iterator[Pin]:
    """The packages that will serve: of the lock file of the serving image, or what the service itself pins."""
    for path in (SERVING, f"{project.settings.service}/requirements.txt"):
        text = project.store.text(project.layout.root / path)
        if text is not None:
            yield from pins_of(text)
            return


def _write_scores(project: Project, verdict: Verdict, evidence: Evidence, folder: Path, tables: Tables) -> None:
    """The score table that the evidence names, without any column of the rows' own.

    Raises ``DocumentError`` where it does not lie here any more: then the verdict could not be judged again.
    """
    accuracy = evidence.of(AccuracyEvidence)
    path = project.layout.candidate(verdict.candidate.subject.candidate).scores
    if accuracy is None or evidence.scores is None or project.files.sha256(path) != accuracy.scores.digest:
        raise DocumentError(f"{path}: not the table of the evidence that was judged", hint="run `lockgate run` again")
    tables.write(folder / SCORES, only_scores(tables.read(path)))
