"""Comparing what two models answered on the same rows: forms, differences, flips. Facts only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from lockgate.domain.judging.gates.parity.differences import Differences
from lockgate.domain.judging.gates.parity.evidence import Calibration, Flip, OutputParity
from lockgate.domain.judging.gates.parity.flips import Flips
from lockgate.domain.judging.gates.parity.float64_errors import Calibrating
from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.signature import Output, Outputs, Signature

CHUNK = 65_536
"""Rows that are compared at once: many small batches cost no more than few large ones."""


@dataclass(frozen=True)
class Comparison:
    """The facts about outputs that a parity check records."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reordered: tuple[str, ...]
    outputs: tuple[OutputParity, ...]
    flips: int | None
    worst_flips: tuple[Flip, ...]
    calibrations: tuple[Calibration, ...] = ()


def compare(signature: Signature, expected: Outputs, actual: Outputs, truth: Reference | None = None) -> Comparison:
    """Compare two models' outputs on all rows at once; see ``Comparator``."""
    comparator = Comparator(signature)
    comparator.add(expected, actual, truth)
    return comparator.result()


@dataclass
class _Pending:
    """Batches of one form that wait to be compared together."""

    form: object = None
    rows: int = 0
    expected: list[Outputs] = field(default_factory=list)
    actual: list[Outputs] = field(default_factory=list)


class Comparator:
    """Compares two models' outputs, each named array of shape ``(rows, ...)``, by the declared signature.

    The expected answers may be of higher precision than declared (float64 for float32); the actual ones may not differ
    from the declaration at all. Rows come in any number of batches; memory does not grow with them.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._names = [output.name for output in signature.outputs]
        self._differences = {
            output.name: Differences(output, scaled=_has_no_end(output, signature)) for output in signature.outputs
        }
        self._calibrating = {
            output.name: Calibrating(output.name, output.dtype)
            for output in signature.outputs
            if output.dtype.startswith("float")
        }
        self._missing: dict[str, None] = {}
        self._unexpected: dict[str, None] = {}
        self._reordered: tuple[str, ...] = ()
        self._flips = Flips(signature)
        self._pending = _Pending()
        self._rows = 0
        self._calibrated = True

    def add(self, expected: Outputs, actual: Outputs, truth: Reference | None = None) -> None:
        """Some more rows. ``truth`` calibrates, where all rows have one."""
        form = _common_form(expected, actual) if truth is None else None
        if form is None or form != self._pending.form:
            self._flush()
        if form is None:
            self._compare(expected, actual, truth)
            return
        pending = self._pending
        pending.form = form
        pending.expected.append(expected)
        pending.actual.append(actual)
        pending.rows += len(next(iter(expected.values())))
        if pending.rows >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        pending, self._pending = self._pending, _Pending()
        if pending.expected:
            self._compare(_joined(pending.expected), _joined(pending.actual), None)

    def _compare(self, expected: Outputs, actual: Outputs, truth: Reference | None) -> None:
        self._compare_names(expected, actual)
        for name in self._names:
            if name in expected and name in actual:
                self._differences[name].add(expected[name], actual[name])
        self._flips.add(expected, actual)
        self._calibrated = self._calibrated and truth is not None and self._calibrate(actual, truth)

    def _compare_names(self, expected: Outputs, actual: Outputs) -> None:
        self._missing.update(dict.fromkeys(n for n in self._names if n not in actual or n not in expected))
        self._unexpected.update(dict.fromkeys(name for name in actual if name not in self._names))
        if [*actual] != self._names and {*actual} == {*self._names}:
            self._reordered = tuple(actual)

    def _calibrate(self, actual: Outputs, truth: Reference) -> bool:
        for name, calibrating in self._calibrating.items():
            shapes = {side[name].shape for side in (actual, truth.exact, truth.rounded) if name in side}
            if name not in actual or name not in truth.exact or len(shapes) != 1:
                return False
            calibrating.add(actual[name], truth)
        return True

    def result(self) -> Comparison:
        """What was found on all rows so far."""
        self._flush()
        return Comparison(
            missing=tuple(self._missing),
            unexpected=tuple(self._unexpected),
            reordered=self._reordered,
            outputs=tuple(self._differences[name].result() for name in self._names if name not in self._missing),
            flips=self._flips.count,
            worst_flips=tuple(self._flips.worst),
            calibrations=tuple(each.result() for each in self._calibrating.values()) if self._calibrated else (),
        )


def _has_no_end(output: Output, signature: Signature) -> bool:
    numbers = output.dtype.startswith("float") or output.name == signature.probabilities
    return numbers and output.name != signature.bounded


def _common_form(expected: Outputs, actual: Outputs) -> object:
    """What batches must share to be joined; ``None`` for one that is compared by itself."""
    lengths = {array.shape[:1] for array in chain(expected.values(), actual.values())}
    if len(lengths) != 1 or not expected:
        return None
    return [[(name, array.dtype, array.shape[1:]) for name, array in side.items()] for side in (expected, actual)]


def _joined(batches: Sequence[Outputs]) -> Outputs:
    if len(batches) == 1:
        return batches[0]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
