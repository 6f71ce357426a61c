"""Ask the ONNX model held-out rows with one column missing, unseen, at an edge, beyond it, or nudged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.measuring.probes import Probe, probes_of, replaced, rows_of, sampled, stacked, tables_per_call
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.domain.names import listed, meant
from lockgate.domain.statistics.means import spread_of
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import ModelError
from lockgate.usecases.measuring.accuracy import Judged

ROWS = 512
"""Enough that rows which never move show a mean change below 0.006, with 95 %: the default limit is 0.01."""
ROUNDING = 1e-6
"""How far outside 0 to 1 a probability may be: a few steps of float32."""
SUM = 1e-4
"""How far from 1 the sum of a row's probabilities may be."""


def measure_robustness(
    judged: Judged, profile: Profile, subject: Subject, tools: Mapping[str, str], positive: str
) -> RobustnessEvidence:
    """Probe every input column over the same sample of held-out rows; ``profile`` is of the training rows.

    All probes are asked in one call where they fit; where the model gives up, one by one. Raises ``ModelError`` where
    the model's answers to the rows as they are lack the signature's outputs or the class ``positive``.
    """
    signature, rows = judged.signature, sampled(judged.rows, ROWS)
    table = rows_of(judged.columns, signature, rows)
    before = _read(signature, judged.outputs, judged.rows, positive).part(rows)
    # Without a row there is nothing to probe, and the evidence says so.
    probes, found = probes_of(signature, profile, table) if len(rows) else iter(()), list[ProbeResult]()
    while batch := list(islice(probes, tables_per_call(table))):
        found += _ask(judged, table, batch, before, positive)
    return RobustnessEvidence(subject, dict(tools), len(rows), tuple(found))


@dataclass(frozen=True)
class _Answers:
    """Labels ``(rows,)``, probabilities ``(rows, classes)`` and the positive one's ``(rows,)``."""

    labels: npt.NDArray[np.str_]
    probabilities: Floats
    positive: Floats

    def part(self, rows: npt.NDArray[np.intp]) -> "_Answers":
        """The answers to some of the rows."""
        return _Answers(self.labels[rows], self.probabilities[rows], self.positive[rows])


def _read(signature: Signature, outputs: Outputs, rows: int, positive: str) -> _Answers:
    """Raises ``ModelError`` for outputs of other names or shapes, and where ``positive`` is no class."""
    wanted, shape = (signature.label, signature.probabilities), (rows, len(signature.classes))
    if absent := [name for name in wanted if name not in outputs]:
        raise ModelError(
            f"the ONNX model has no output {listed(absent)}",
            hint="let the plug-in's model answer it; then lockgate run",
        )
    if positive not in signature.classes:
        raise ModelError(
            f"{positive} is none of the classes {listed(signature.classes)}{meant(positive, signature.classes)}",
            hint="see tables.positive",
        )
    labels, probabilities = (np.asarray(outputs[name]) for name in wanted)
    if labels.size != rows or probabilities.shape != shape:
        raise ModelError(f"the ONNX model answers {probabilities.shape} to {rows} rows, not {shape}")
    numbers = probabilities.astype(np.float64)
    return _Answers(labels.reshape(rows).astype(np.str_), numbers, numbers[:, signature.classes.index(positive)])


def _ask(judged: Judged, table: Columns, probes: Sequence[Probe], before: _Answers, positive: str) -> list[ProbeResult]:
    rows = len(before.labels)
    try:
        outputs = judged.session.run(stacked([replaced(table, probe.column, probe.values) for probe in probes]))
        answers = _read(judged.signature, outputs, rows * len(probes), positive)
    except ModelError as error:
        if len(probes) > 1:
            return [found for probe in probes for found in _ask(judged, table, [probe], before, positive)]
        return [ProbeResult(probes[0].column, probes[0].kind, rows, error=error.message)]
    parts = np.split(np.arange(rows * len(probes)), len(probes))
    return [
        _facts(judged.signature, probe, answers.part(part), before) for probe, part in zip(probes, parts, strict=True)
    ]


def _facts(signature: Signature, probe: Probe, answers: _Answers, before: _Answers) -> ProbeResult:
    probabilities = answers.probabilities
    finite = np.isfinite(probabilities).all(axis=1)
    known = probabilities[finite]
    outside = ((known < -ROUNDING) | (known > 1 + ROUNDING)).any(axis=1)
    unequal = np.abs(known.sum(axis=1) - 1) > SUM
    with np.errstate(invalid="ignore"):
        change = np.abs(answers.positive - before.positive)
    return ProbeResult(
        column=probe.column,
        kind=probe.kind,
        rows=len(before.labels),
        not_finite=int((~finite).sum()),
        out_of_range=int((outside | unequal).sum()),
        unknown_labels=int((~np.isin(answers.labels, signature.classes)).sum()),
        mean_change=_number(change.mean()),
        max_change=_number(change.max()),
        spread=spread_of(change),
    )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
