"""``lockgate drill``: plant, measure, judge, and tell what became of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate, Rules, passed, permitted, stopped
from lockgate.domain.judging.deciding.registry import OPTIONAL, mode_of
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.accuracy.asked_again import held_to
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence
from lockgate.domain.judging.gates.latency.gate import LATENCY
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.measuring.kinds import OF_A_CANDIDATE
from lockgate.domain.model.candidate import SIGNATURE, Candidate
from lockgate.domain.model.signature import Signature
from lockgate.domain.project.origin import origin, told
from lockgate.domain.source import Source
from lockgate.errors import FOREIGN, DataError, LockgateError, Undecided
from lockgate.ports import Clock, CommitLog, Repository, StageLock
from lockgate.usecases.judging.drill.forgery import Forgery, forged
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Plant, Planted
from lockgate.usecases.judging.drill.sandbox import (
    PATIENT_SECONDS,
    PLANT_SECONDS,
    Tools,
    collected,
    grown,
    kinds_for,
    measure,
)
from lockgate.usecases.judging.drill.twin import twin
from lockgate.usecases.judging.gate import read_waivers
from lockgate.usecases.judging.stored_evidence import documents_of
from lockgate.usecases.measuring.kinds.latency import SECONDS
from lockgate.usecases.measuring.stage_records import read_lineage
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.sources import judged_source
from lockgate.usecases.project.standing import as_tested

ITSELF, TWIN = "the candidate itself", "a retrained twin"


@dataclass(frozen=True)
class Entry:
    """What is put before the gates: a candidate, its signature, and its evidence."""

    candidate: Candidate
    signature: Signature
    evidence: Evidence


@dataclass(frozen=True)
class Drill:
    """A sound candidate, which is the champion of everything that is planted.

    ``permitted`` are the rules that it passes by a waiver or a warning alone, ``sound_findings`` all that was found.
    """

    project: Project
    name: str
    candidate: Candidate
    evidence: Evidence
    source: Source
    tools: Tools
    waivers: tuple[Waiver, ...] = ()
    permitted: Rules = frozenset()
    sound_findings: tuple[Finding, ...] = ()

    @property
    def champion(self) -> Champion:
        """The sound candidate as the release to beat."""
        evidence = self.evidence
        return Champion(
            self.candidate.content,
            Evidence(scores=evidence.scores).holding(evidence.of(AccuracyEvidence), evidence.of(ExplanationEvidence)),
            self.candidate.subject.model,
        )

    @property
    def export(self) -> Path:
        """The folder of its ONNX model."""
        return self.project.layout.candidate(self.name).export

    @property
    def sound(self) -> Entry:
        """The candidate itself, with what it was measured to be."""
        return Entry(self.candidate, self.project.documents.read(self.export / SIGNATURE, Signature), self.evidence)

    def findings(self, entry: Entry) -> tuple[Finding, ...]:
        """As production would judge: no waiver, and no warning is let pass."""
        return self._judge(entry, self.project.settings.production, ()).findings

    def verdict_by_permission(self, entry: Entry) -> Verdict:
        """As the gate judges on the way of a model: by waivers, and by warnings where they do."""
        return self._judge(entry, self.project.settings.environment(None), self.waivers)

    def _judge(self, entry: Entry, environment: str, waivers: Sequence[Waiver]) -> Verdict:
        settings = self.project.settings
        production = environment == settings.production
        case = Case(
            entry.candidate,
            entry.signature,
            self.source,
            environment,
            entry.evidence,
            {},
            self.champion,
            production=production,
            min_rows_per_value=settings.tables.min_rows_per_value,
            installed=self.project.installed,
        )
        return decide(settings.gates, case, waivers, self.tools.clock.today(), self.project.gates)


def open_drill(
    project: Project, name: str, repository: Repository, log: CommitLog, tools: Tools, lock: StageLock
) -> Drill:
    """Read the candidate and its evidence. The drill is of the gates, so that uncommitted changes do not matter here.

    Raises ``InputError`` where there is no candidate.
    """
    evidence = collected(project, name, tools)
    now, tests = judged_source(project, repository), evidence.of(TestsEvidence)
    source = as_tested(project, repository, log, lock, now, tests).source
    clean = replace(source, changed=())
    kinds = [kind for kind, of in documents_of(project).items() if evidence.of(of) is not None]
    evidence = replace(evidence, lineage=read_lineage(project, name, kinds, lock, repository).as_recorded())
    if tests is not None and tests.source == source:
        evidence = evidence.holding(replace(tests, source=clean))
    return Drill(project, name, read_candidate(project, name), evidence, clean, tools, read_waivers(project))


def drill(
    of: Drill, plants: Sequence[Plant | Forgery], report: Callable[[Drilled], None], *, twin: bool = True
) -> DrillReport:
    """Plant one after the other, the sound candidate and its twin first.

    Raises ``Undecided`` where the sound candidate does not pass its own gates: a stopped plant would show nothing.
    """
    results = []
    for result in _results(of, _bed(of), plants, twin=twin):
        report(result)
        results.append(result)
        if result.plant == ITSELF and not result.right:
            raise Undecided(
                f"{of.name} does not pass the gates itself: {result.message}",
                hint="drill one that passes: lockgate gate",
            )
    return DrillReport(of.name, of.candidate.content, tuple(results))


def _bed(of: Drill) -> Bed:
    project, root = of.project, of.project.layout.root
    tables = project.settings.tables
    if tables.training is None:
        told = "a drill makes bad candidates of training rows, and tables.training of params.yaml names none"
        raise DataError(told, hint="drill a project that has them; its gates are the same")
    return Bed(
        policy=project.settings.gates,
        tables=tables,
        signature=of.sound.signature,
        model=project.store.content(project.layout.candidate(of.name).model),
        training=of.tools.tables.read(root / tables.training),
        test=of.tools.tables.read(root / tables.test),
        source=of.source,
        graphs=of.tools.graphs,
        evidence=of.evidence,
    )


def _results(of: Drill, bed: Bed, plants: Sequence[Plant | Forgery], *, twin: bool) -> Iterator[Drilled]:
    clock = of.tools.clock
    start = clock.seconds()
    verdict = _itself(of)
    yield _since(start, clock, passed(ITSELF, verdict.findings))
    of = replace(of, permitted=permitted(verdict.findings), sound_findings=verdict.findings)
    if twin:
        yield _timed(clock, lambda: _guarded(of, TWIN, "every gate", lambda: passed(TWIN, _twin(of, bed))))
    for plant in plants:
        became = (
            partial(_forged, of, verdict, plant) if isinstance(plant, Forgery) else partial(_planted, of, bed, plant)
        )
        yield _timed(clock, partial(_guarded, of, plant.name, plant.gate, became))


def _timed(clock: Clock, work: Callable[[], Drilled]) -> Drilled:
    start = clock.seconds()
    return _since(start, clock, work())


def _since(start: float, clock: Clock, result: Drilled) -> Drilled:
    return replace(result, seconds=round(clock.seconds() - start, 1))


def _guarded(of: Drill, plant: str, gate: str, work: Callable[[], Drilled]) -> Drilled:
    """A plant that cannot be planted is spoiled, and the drill goes on."""
    try:
        return work()
    except NotAsked as why:
        return Drilled(plant, gate, Fate.OFF, str(why))
    except LockgateError as error:
        return Drilled(plant, gate, Fate.SPOILED, str(error))
    except FOREIGN as error:
        place = origin(error, of.project.layout.root, of.project.settings.drill.plants)
        at = f" (at {place})" if place else ""
        return Drilled(plant, gate, Fate.SPOILED, f"it could not be planted: {told(error)}{at}")


def _itself(of: Drill) -> Verdict:
    """The sound candidate as a challenger of itself; its times are taken for what holds without a champion."""
    entry = of.sound
    if mode_of(of.project.settings.gates, LATENCY.name) != "off":
        measured = _measured(of, ITSELF, Planted(), LATENCY.name, (LATENCY.name,), patient=True).evidence
        entry = replace(entry, evidence=entry.evidence.holding(measured.of(LatencyEvidence)))
    return of.verdict_by_permission(entry)


def _twin(of: Drill, bed: Bed) -> tuple[Finding, ...]:
    """A waiver may be for the sound candidate alone, so that what it needs one for is not asked of its twin."""
    findings = of.findings(_measured(of, TWIN, twin(bed), "", _asked(of.project), patient=True))
    return tuple(finding for finding in findings if (finding.gate, finding.rule) not in of.permitted)


def _asked(project: Project) -> tuple[str, ...]:
    """Every kind that the policy asks for, all of them where gates of others may."""
    policy = project.settings.gates
    return tuple(
        kind for kind in OF_A_CANDIDATE if policy.plugins or kind not in OPTIONAL or mode_of(policy, kind) != "off"
    )


def _forged(of: Drill, verdict: Verdict, forgery: Forgery) -> Drilled:
    """The verdict names the documents that lie there, as one that is released does."""
    paths = {kind: of.project.layout.evidence(of.name, kind) for kind in documents_of(of.project)}
    found = {kind: of.project.files.sha256(path) for kind, path in paths.items() if of.project.store.has(path)}
    return forged(of.project, of.name, replace(verdict, evidence=found), forgery)


def _planted(of: Drill, bed: Bed, plant: Plant) -> Drilled:
    policy = of.project.settings.gates
    if plant.gate in OPTIONAL and mode_of(policy, plant.gate) == "off":
        raise NotAsked(f"gates.{plant.gate} is off")
    planted = plant.plant(bed)
    entry = _entry(of, plant, planted)
    entry = replace(entry, evidence=_changed(of, planted, entry.evidence))
    findings = of.findings(entry)
    found = stopped(plant.name, plant.gate, plant.reasons, findings, of.permitted, of.sound_findings)
    if lost := _lost(of, getattr(plant, "keeps", ()), findings):
        if found.fate is Fate.STOPPED:  # what is broken is so large here that it takes the rest with it
            raise NotAsked(f"its rule stops it, and it breaks more than is meant: {lost}")
        return Drilled(plant.name, plant.gate, Fate.SPOILED, f"it is not what it says: {lost}")
    return found


def _changed(of: Drill, planted: Planted, measured: Evidence) -> Evidence:
    """The evidence as somebody altered it, held to the model's answers where it is about to be released."""
    evidence = measured if planted.change is None else planted.change(measured)
    if not planted.released or measured.scores is None:
        return evidence
    return held_to(evidence, measured.scores, of.project.metric)


def _entry(of: Drill, plant: Plant, planted: Planted) -> Entry:
    """Measured anew where anything of the candidate is another, else that of the sound one."""
    entry = of.sound
    if planted.training is not None or planted.model is not None or planted.tables:
        entry = _measured(of, plant.name, planted, plant.gate, kinds_for(plant.gate), PLANT_SECONDS)
    evidence = entry.evidence
    if planted.report is not None:
        evidence = evidence.holding(_tests(of, planted.report))
    tests = evidence.of(TestsEvidence)
    if planted.source is not None and tests is not None:
        evidence = evidence.holding(replace(tests, source=planted.source))
    return replace(entry, evidence=evidence)


def _measured(
    of: Drill,
    plant: str,
    planted: Planted,
    gate: str,
    kinds: tuple[str, ...],
    seconds: float = SECONDS,
    *,
    patient: bool = False,
) -> Entry:
    """Grown, measured, and cleared away again; what is the project's, and no candidate's, stays as it is.

    With ``patient``, times that decide nothing are taken once more, and for longer.
    """
    tools = of.tools.of_one_plant()
    with grown(of.project, of.name, plant, planted, gate, tools) as plot:
        entry = _grown_entry(of, plot, measure(plot, of.name, kinds, of.export, tools, seconds))
        if patient and _undecided_times(of.findings(entry)):
            again = measure(plot, of.name, (LATENCY.name,), of.export, tools, PATIENT_SECONDS)
            entry = _grown_entry(of, plot, again)
    return entry


def _grown_entry(of: Drill, plot: Project, evidence: Evidence) -> Entry:
    candidate = read_candidate(plot, of.name)
    signature = plot.documents.read(plot.layout.candidate(of.name).signature, Signature)
    ours = of.evidence
    evidence = evidence.holding(ours.of(TestsEvidence), ours.of(ReferenceEvidence))
    return Entry(candidate, signature, replace(evidence, lineage=ours.lineage, tables=ours.tables))


def _undecided_times(findings: Sequence[Finding]) -> bool:
    """Whether the machine was too busy to tell: what it measures is the same, and only longer."""
    undecided = (each for each in findings if each.gate == LATENCY.name and each.outcome is Outcome.UNDECIDED)
    return any(each.reason == Reason.NOT_ENOUGH_ROWS for each in undecided)


def _tests(of: Drill, report: str) -> TestsEvidence:
    folder = of.project.layout.build / "drill" / "tests"
    of.project.files.write_bytes(folder / "planted.xml", report.encode())
    return of.tools.runner.run("cp planted.xml junit.xml", folder / "junit.xml", of.source, folder)


def _lost(of: Drill, keeps: Sequence[tuple[str, str]], findings: Sequence[Finding]) -> str:
    kept = of.permitted | {(finding.gate, finding.rule) for finding in findings if finding.outcome in OPENING}
    return ", ".join(f"{gate}, {rule} does not pass" for gate, rule in keeps if (gate, rule) not in kept)
