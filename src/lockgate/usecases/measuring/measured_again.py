"""Evidence beside the answers that is measured again at release: it takes seconds, and no code of the project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.asked_again import explained_otherwise, glassbox_otherwise
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.parity.contradictions import compared_otherwise, varies_otherwise
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.measuring.measured_again import first_difference
from lockgate.domain.measuring.probes import sampled
from lockgate.domain.model.candidate import MODEL, PROFILE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Array
from lockgate.ports import Runtime, Tables
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.data import measure_data
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.kinds.robustness import measure_robustness
from lockgate.usecases.measuring.methods import measured_here
from lockgate.usecases.measuring.parity.variation import in_every_setting
from lockgate.usecases.project.project import Project

VARIED = 1_024
"""Rows that are asked in every other setting again: to ask all of them takes longer than all else together."""


@dataclass(frozen=True)
class Again:
    """The candidate's model, asked all held-out rows, and what it is measured again with; ``profile`` is its own.

    ``key`` chooses the rows of what is asked in part: another model's are other ones.
    """

    project: Project
    judged: LoadedModel
    profile: Profile
    runtime: Runtime
    tables: Tables
    key: Digest

    @classmethod
    def of(cls, project: Project, judged: LoadedModel, export: Path, runtime: Runtime, tables: Tables) -> "Again":
        """With the profile of an export's folder."""
        profile = project.documents.read(export / PROFILE, Profile)
        return cls(project, judged, profile, runtime, tables, project.files.sha256(export / MODEL))

    @property
    def truth(self) -> Array:
        """What ``Task.truth_of`` takes."""
        return self.project.settings.tables.truth(self.judged.columns)

    @property
    def versions(self) -> dict[str, str]:
        """The tools' versions."""
        return dict(self.runtime.versions())

    def some(self, most: int) -> LoadedModel:
        """The same model, asked some of the rows, at most so many; its answers are those that it gave among all."""
        rows = sampled(self.judged.rows, most, int(self.key.hex[:8], 16))
        whole = {name: values for name, values in self.judged.outputs.items() if len(values) == self.judged.rows}
        return replace(
            self.judged,
            columns={name: values[rows] for name, values in self.judged.columns.items()},
            outputs={name: values[rows] for name, values in whole.items()},
            inputs=self.judged.inputs.take(rows),
        )


def measured_otherwise(again: Again, kept: Evidence) -> str:
    """How the first evidence differs from what is measured now; empty where none does.

    Evidence that was measured by another method is not held to today's: its gate says that it is.
    """
    for kind, differs in CHECKS.items():
        document = kept.documents.get(kind)
        if document is None or not measured_here(again.project, NAMES[kind], getattr(document, "method", "")):
            continue
        if told := differs(again, kept):
            return f"the {NAMES[kind]} evidence says otherwise than what it is of: {told}"
    return ""


def _parity(again: Again, kept: Evidence) -> str:
    """The ONNX model's side, and whether it varies; what the trained model answered, only the project's code knows."""
    policy, told = again.project.settings.gates.parity, kept.of(ParityEvidence)
    if told is None:
        return ""
    if found := compared_otherwise(told, again.judged.outputs, again.judged.answers(), again.truth):
        return found
    some = again.some(VARIED)
    return varies_otherwise(policy, told, in_every_setting(some, again.runtime), some.rows)


def _data(again: Again, kept: Evidence) -> str:
    policy, told = again.project.settings.gates.data, kept.of(DataEvidence)
    if not policy or told is None:
        return ""
    inputs = again.judged.signature.inputs
    return first_difference(told, measure_data(again.project, inputs, again.tables, again.versions))


def _glassbox(again: Again, kept: Evidence) -> str:
    told, table = kept.of(ReferenceEvidence), kept.tables.get(ReferenceEvidence)
    if told is None or table is None:  # its gate says so
        return ""
    return glassbox_otherwise(told, table, again.judged.columns)


def _robustness(again: Again, kept: Evidence) -> str:
    policy, told = again.project.settings.gates.robustness, kept.of(RobustnessEvidence)
    if not policy or told is None:
        return ""
    probes = again.project.installed.with_probes(policy.probes)
    blocks = again.project.settings.tables.blocks(again.judged.columns)
    today = measure_robustness(
        again.judged, again.profile, told.subject, again.versions, probes, again.truth, blocks=blocks
    )
    return first_difference(told, today)


def _explanation(again: Again, kept: Evidence) -> str:
    told = kept.of(ExplanationEvidence)
    if again.project.settings.gates.explanation is None or told is None:
        return ""
    blocks = again.project.settings.tables.blocks(again.judged.columns)
    today = measure_explanation(again.judged, again.truth, told.subject, again.versions, blocks)
    return explained_otherwise(told, today, again.judged.answers())


CHECKS: Final[Mapping[type, Callable[[Again, Evidence], str]]] = {
    ReferenceEvidence: _glassbox,
    DataEvidence: _data,
    RobustnessEvidence: _robustness,
    ParityEvidence: _parity,
    ExplanationEvidence: _explanation,
}
"""What takes least comes first."""
