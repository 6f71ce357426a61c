"""A test window lies after the training window: whoever trains on what comes later knows what will be asked."""

from collections.abc import Iterator

import numpy as np

from lockgate.domain.judging.gates.data.contradictions import GATE
from lockgate.domain.judging.gates.data.evidence import DataEvidence, TimeWindow
from lockgate.domain.judging.gates.data.limits import no_number
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.inputs import Array, Columns
from lockgate.domain.numbers import size

RULE = "time order"


def time_window(column: str, training: Columns, test: Columns) -> TimeWindow:
    """When training ends and the test begins, by a column of dates, times or numbers; ``None`` where there is none."""
    if any(problem_of_times(column, table) or not len(table[column]) for table in (training, test)):
        return TimeWindow(column, None, None, None)
    end, begin = training[column].max(), test[column].min()
    return TimeWindow(column, str(end), str(begin), int((test[column] < end).sum()))


def problem_of_times(column: str, table: Columns) -> str:
    """Why a column says of some rows not when they were; empty where it does."""
    if column not in table:
        return f"has no column {column}"
    values = table[column]
    if values.ndim > 1 or values.dtype.kind not in "Miuf":
        return f"column {column} is no column of dates, times or numbers, and tables.time names it"
    missing = int(_missing(values).sum())
    return f"column {column} has {missing} rows without a time, and tables.time names it" if missing else ""


def _missing(values: Array) -> Array:
    return np.isnat(values) if values.dtype.kind == "M" else ~np.isfinite(values.astype(np.float64))


def judge_time_order(policy: DataPolicy, evidence: DataEvidence) -> Iterator[Finding]:
    """No test row is of a time before training ends, where a column says when rows were and the policy asks."""
    window = evidence.time
    if window is None or not policy.test_after_training:
        return
    rows = evidence.splits["test"].rows
    early = size(window.early)
    if early is None or window.training_ends is None or window.test_begins is None:
        yield no_number(RULE, f"when the rows were, by {window.column},", 0, rows)
        return
    told = f"training ends at {window.training_ends} of {window.column}, test begins at {window.test_begins}"
    refused = early > 0
    yield Finding(
        GATE,
        RULE,
        Outcome.REFUSED if refused else Outcome.PASSED,
        f"{told}: {window.early} of {rows} test rows are of before that end" if refused else told,
        measured=early,
        limit=0,
        rows=rows,
        remedy="split by time; or set gates.data.test_after_training: false where rows do not follow each other"
        if refused
        else "",
        reason=Reason.TEST_BEFORE_TRAINING if refused else "",
    )
