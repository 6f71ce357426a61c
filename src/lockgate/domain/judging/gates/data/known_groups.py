"""Groups of rows that stand in two tables, such as persons whom the model knows: figures on them hold for no other."""

from collections.abc import Iterator

import numpy as np

from lockgate.domain.judging.gates.data.contradictions import GATE
from lockgate.domain.judging.gates.data.evidence import DataEvidence, Overlap
from lockgate.domain.judging.gates.data.limits import at_most, sizes, worst_of
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.data.table_checks import codes, is_number, joined
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.inputs import Array, Columns
from lockgate.domain.model.splits import SEEN

RULE = "shared groups"
REMEDY = (
    "keep all rows of one {0} in one table; or, where the model serves those that it knows, as in a split by time, "
    "state their share in gates.data.max_shared_groups: 1 is all of them"
)


def shared_groups(column: str, test: Columns, other: Columns) -> tuple[int, int] | None:
    """How many values of the column in the test table stand in the other as well, and how many test rows have them.

    ``None`` where a table has no such column.
    """
    if column not in test or column not in other:
        return None
    both, rows = _alike(test[column], other[column]), len(test[column])
    code = codes(both)
    known = code[:rows][np.isin(code[:rows], code[rows:])]
    return len(np.unique(known)), len(known)


def _alike(first: Array, second: Array) -> Array:
    """Both in one column; a number and a text are compared as texts, as they are told."""
    if {first.dtype.kind, second.dtype.kind} == {"M"}:
        return np.concatenate([first, second])
    if is_number(first) == is_number(second) and "M" not in {first.dtype.kind, second.dtype.kind}:
        return joined(first, second)
    return np.concatenate([first.astype(np.str_), second.astype(np.str_)])


def judge_groups(policy: DataPolicy, evidence: DataEvidence) -> Iterator[Finding]:
    """At most so many test rows are of a group that the model knows, where the tables name a column of groups.

    Evidence of before does not say: that is undecided, unless the policy lets all of them pass.
    """
    if not evidence.group:
        return
    limit, rows = policy.max_shared_groups, evidence.splits["test"].rows
    overlaps: dict[str, Overlap] = {name: evidence.overlaps[name] for name in SEEN if name in evidence.overlaps}
    split, count = worst_of(sizes({name: overlap.rows_of_groups for name, overlap in overlaps.items()}))
    if count is None or rows <= 0:
        if limit < 1:
            either = " or ".join(overlaps)
            told = f"nothing says how many test rows are of a {evidence.group} that stands in {either} too"
            yield unmeasured(GATE, told, Reason.NOT_MEASURED)
        return
    remedy = REMEDY.format(evidence.group)
    yield at_most(
        RULE, _told(evidence, split, overlaps[split]), count / rows, limit, rows, (Reason.LEAKAGE_GROUPS, remedy)
    )


def _told(evidence: DataEvidence, split: str, overlap: Overlap) -> str:
    test = evidence.splits["test"]
    if not overlap.rows_of_groups:
        return f"no {evidence.group} of the test rows stands in another table"
    of = f" of {test.blocks}" if test.blocks else ""
    return (
        f"{overlap.rows_of_groups} of {test.rows} test rows are of {overlap.groups}{of} values of {evidence.group} "
        f"that stand in {split} too"
    )
