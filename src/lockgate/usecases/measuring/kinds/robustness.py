"""Ask the ONNX model held-out rows with one column missing, unseen, at an edge, beyond it, or nudged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import numpy as np

from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.judging.protocol.extensions.installed import packages
from lockgate.domain.measuring.changes import flips, improbable, moved, named, spreads_of
from lockgate.domain.measuring.probes import PROBES, Probe, Probed, probes_of, sampled, tables_per_call
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.inputs import Inputs, stacked
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Array, Outputs
from lockgate.domain.statistics.bounds.means import spread_of
from lockgate.domain.statistics.sample import Floats, Places
from lockgate.errors import ModelError
from lockgate.ports import Runtime
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.methods import brought, demand_brought, method_here
from lockgate.usecases.project.project import Project, read_candidate

ROWS = 512
"""Enough that rows which never move show a mean change below 0.006, with 95 %: the default limit is 0.01."""
_Before: TypeAlias = tuple[Answers, Floats, Places | None]
"""The answers to the rows as they are, the spreads that changes are told in, and which rows depend on each other."""


def check_robustness(project: Project, judged: LoadedModel, runtime: Runtime) -> RobustnessEvidence:
    """What the model answers to rows with one column missing, unseen, at an edge or beyond, or nudged."""
    profile = project.documents.read(project.layout.candidate(judged.name).profile, Profile)
    subject, truth = read_candidate(project, judged.name).subject, project.settings.tables.truth(judged.columns)
    policy = project.settings.gates.robustness
    names = policy.probes if policy else ()
    demand_brought(project, "robustness", names, "gates.robustness.probes")
    tools = {**runtime.versions(), **packages(brought(project, "robustness").values())}
    asked, blocks = project.installed.with_probes(names), project.settings.tables.blocks(judged.columns)
    evidence = measure_robustness(judged, profile, subject, tools, asked, truth, blocks=blocks)
    evidence = replace(evidence, method=method_here(project, "robustness"))
    project.documents.write(project.layout.evidence(judged.name, "robustness"), evidence)
    return evidence


def measure_robustness(
    judged: LoadedModel,
    profile: Profile,
    subject: Subject,
    tools: Mapping[str, str],
    probes: Sequence[Probe] = PROBES,
    truth: Array | None = None,
    most: int = ROWS,
    blocks: Places | None = None,
) -> RobustnessEvidence:
    """Probe every input column over one sample of ``most`` held-out rows; ``profile`` is of the training rows.

    ``truth`` is what ``Task.truth_of`` takes, of every held-out row: a regression's changes are told in its spread.
    ``blocks`` ``(rows,)`` are numbers of those that depend on each other.
    All probes are asked in one call where they fit; where the model gives up, one by one. Raises ``ModelError`` where
    the model's answers to the rows as they are lack the signature's outputs.
    """
    signature, rows = judged.signature, sampled(judged.rows, most)
    table = judged.inputs.take(rows)
    every = _read(judged, judged.outputs, judged.rows)
    before = every.take(rows)
    spreads = spreads_of(judged.task, every.scores if truth is None else truth, every.scores)
    # Without a row there is nothing to probe, and the evidence says so.
    probed, found = probes_of(signature, profile, table, probes) if len(rows) else iter(()), list[ProbeResult]()
    while batch := list(islice(probed, tables_per_call(table))):
        found += [ProbeResult(each.column, each.kind, 0, error=each.error) for each in batch if each.error]
        if asked := [each for each in batch if not each.error]:
            found += _ask(judged, table, asked, (before, spreads, None if blocks is None else blocks[rows]))
    return RobustnessEvidence(subject, dict(tools), len(rows), tuple(found), judged.task, named(judged.task, spreads))


def _read(judged: LoadedModel, outputs: Outputs, rows: int) -> Answers:
    """Raises ``ModelError`` for outputs of other names or shapes."""
    answers = Answers.of(judged.signature, outputs)
    if answers.rows != rows:
        shape = (rows, judged.task.width)
        raise ModelError(f"the ONNX model answers {answers.scores.shape} to {rows} rows, not {shape}")
    return answers


def _ask(judged: LoadedModel, table: Inputs, probes: Sequence[Probed], by: _Before) -> list[ProbeResult]:
    rows = by[0].rows
    try:
        outputs = judged.session.run(stacked([table.replaced(probe.column, probe.values) for probe in probes]))
        answers = _read(judged, outputs, rows * len(probes))
    except ModelError as error:
        if len(probes) > 1:
            return [found for probe in probes for found in _ask(judged, table, [probe], by)]
        return [ProbeResult(probes[0].column, probes[0].kind, rows, error=error.message)]
    parts = np.split(np.arange(rows * len(probes)), len(probes))
    return [_facts(probe, answers.take(part), *by) for probe, part in zip(probes, parts, strict=True)]


def _facts(probe: Probed, answers: Answers, before: Answers, spreads: Floats, blocks: Places | None) -> ProbeResult:
    task, change = answers.task, moved(before, answers, spreads)
    finite = np.isfinite(answers.scores).all(axis=1)
    return ProbeResult(
        column=probe.column,
        kind=probe.kind,
        rows=before.rows,
        not_finite=int((~finite).sum()),
        out_of_range=improbable(answers.take(np.flatnonzero(finite))),
        unknown_labels=answers.unknown_labels() if task.labelled else None,
        mean_change=_number(change.mean()),
        max_change=_number(change.max()),
        spread=spread_of(change, blocks),
        flips=flips(before, answers),
    )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
