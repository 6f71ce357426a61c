"""Evidence beside the answers that is measured again at release: it takes seconds, and no code of the project."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.measuring.measured_again import first_difference
from lockgate.domain.model.candidate import PROFILE
from lockgate.domain.model.profile import Profile
from lockgate.ports import Runtime, Tables
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.data import measure_data
from lockgate.usecases.measuring.kinds.robustness import measure_robustness
from lockgate.usecases.measuring.methods import measured_here
from lockgate.usecases.project.project import Project


def measured_otherwise(
    project: Project, kept: Evidence, judged: LoadedModel, export: Path, runtime: Runtime, tables: Tables
) -> str:
    """How evidence on robustness or on the data differs from what is measured now; empty where it does not.

    Evidence that was measured by another method is not held to today's: its gate says that it is.
    """
    return next(filter(None, _differences(project, kept, judged, export, runtime, tables)), "")


def _differences(
    project: Project, kept: Evidence, judged: LoadedModel, export: Path, runtime: Runtime, tables: Tables
) -> Iterator[str]:
    policy, versions = project.settings.gates, dict(runtime.versions())
    robustness, data = kept.of(RobustnessEvidence), kept.of(DataEvidence)
    if policy.robustness and robustness and measured_here(project, "robustness", robustness.method):
        profile = project.documents.read(export / PROFILE, Profile)
        probes = project.installed.with_probes(policy.robustness.probes)
        truth = project.settings.tables.truth(judged.columns)
        yield _edited(robustness, measure_robustness(judged, profile, robustness.subject, versions, probes, truth))
    if policy.data and data and measured_here(project, "data", data.method):
        yield _edited(data, measure_data(project, judged.signature.inputs, tables, versions))


def _edited(kept: object, today: object) -> str:
    told = first_difference(kept, today)
    return f"the {NAMES[type(kept)]} evidence says otherwise than what it is of: {told}" if told else ""
