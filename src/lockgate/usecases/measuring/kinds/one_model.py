"""``lockgate check explanation robustness``: ask the ONNX model itself, and keep what it answered as evidence."""

from dataclasses import replace

from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.protocol.others.installed import packages
from lockgate.domain.model.profile import Profile
from lockgate.ports import Runtime
from lockgate.usecases.measuring.kinds.accuracy import Judged
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.kinds.robustness import measure_robustness
from lockgate.usecases.measuring.methods import brought, demand_brought, method_here
from lockgate.usecases.project.project import Project, read_candidate


def check_explanation(project: Project, judged: Judged, runtime: Runtime) -> ExplanationEvidence:
    """What each input column means to the model, over all rows and for its worst errors."""
    tables, subject = project.settings.tables, read_candidate(project, judged.name).subject
    evidence = measure_explanation(judged, judged.truths(tables.label), subject, dict(runtime.versions()))
    evidence = replace(evidence, method=method_here(project, "explanation"))
    project.documents.write(project.layout.evidence(judged.name, "explanation"), evidence)
    return evidence


def check_robustness(project: Project, judged: Judged, runtime: Runtime) -> RobustnessEvidence:
    """What the model answers to rows with one column missing, unseen, at an edge or beyond, or nudged."""
    profile = project.documents.read(project.layout.candidate(judged.name).profile, Profile)
    subject = read_candidate(project, judged.name).subject
    policy = project.settings.gates.robustness
    names = policy.probes if policy else ()
    demand_brought(project, "robustness", names, "gates.robustness.probes")
    tools = {**runtime.versions(), **packages(brought(project, "robustness").values())}
    evidence = measure_robustness(judged, profile, subject, tools, project.installed.with_probes(names))
    evidence = replace(evidence, method=method_here(project, "robustness"))
    project.documents.write(project.layout.evidence(judged.name, "robustness"), evidence)
    return evidence
