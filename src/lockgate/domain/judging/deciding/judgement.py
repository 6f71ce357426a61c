"""What is said of an ONNX file that belongs to no project: what was understood, measured, judged and not asked."""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import ENGINE
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.domain.model.task import Task
from lockgate.domain.statistics.interval import Estimate


@dataclass(frozen=True)
class JudgedFile:
    """A file by the name that it was given by, and its content."""

    name: str
    digest: Digest


@dataclass(frozen=True)
class Fed:
    """An input of the model, its type, and the columns that it was fed with, side by side in that order."""

    input: str
    dtype: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ModelJudgement:
    """An ONNX file on a table of rows, judged as far as it can be without a project.

    ``why`` says how the task is known, ``said`` what else was understood of the model, ``measured`` are metrics with
    their intervals, ``not_asked`` why a gate asked nothing. ``demanded`` tells whether anything was: without a floor or
    a policy nothing passes. ``label`` and ``numbers`` name the outputs that were judged; empty where there is none.
    """

    outcome: Outcome
    model: JudgedFile
    rows: JudgedFile
    count: int
    task: Task
    why: str
    fed: tuple[Fed, ...]
    label: str
    numbers: str
    measured: dict[str, Estimate]
    findings: tuple[Finding, ...]
    said: tuple[str, ...]
    not_asked: dict[str, str]
    demanded: bool
    tools: dict[str, str]
    engine: str = ENGINE
    schema: Literal["lockgate/judgement/1"] = "lockgate/judgement/1"


def outcome_of(findings: tuple[Finding, ...], *, demanded: bool) -> Outcome:
    """As of a verdict; a model of which nothing was demanded is undecided at best."""
    found = overall(findings)
    return Outcome.UNDECIDED if found is Outcome.PASSED and not demanded else found
