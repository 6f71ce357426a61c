"""What the evidence on the data may not contradict: tables, label, and the other evidence."""

from dataclasses import replace

import pytest
from cases import UNDECIDED
from whole import DATA, STRICT, WHOLE, changed, replaced

from lockgate.domain.identity import md5
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.data.evidence import Overlap
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.model.task import Binary


def found_in(case):
    return [f for f in decide(STRICT, case).findings if f.gate == "data" and f.outcome is not Outcome.PASSED]


def with_split(name, **fields):
    return changed("data", splits={**DATA.splits, name: replace(DATA.splits[name], **fields)})


def test_evidence_of_the_very_tables_passes():
    files = {split: DATA.digests[split] for split in ("training", "validation")}
    assert found_in(replaced(beside=ProjectFacts(files, label="outcome", positive="yes"))) == []


@pytest.mark.parametrize("split", ["training", "validation"])
def test_evidence_of_another_table_is_undecided(split):
    case = changed("data", digests={**DATA.digests, split: md5(b"another")})
    case = replaced(case, beside=ProjectFacts(files={split: DATA.digests[split]}))
    found = found_in(case)[0]
    assert (found.outcome, found.reason) == (UNDECIDED, "other-subject")
    assert found.message == f"the evidence is of another {split} table"


def test_a_table_that_is_gone_is_not_compared():
    assert found_in(replaced(beside=ProjectFacts(files={"training": None, "validation": None}))) == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            replaced(beside=ProjectFacts(label="income")),
            "the label is income in params.yaml, and outcome in the evidence",
        ),
        (
            replaced(beside=ProjectFacts(positive="no")),
            "the positive class is no in params.yaml, and yes in the evidence",
        ),
        (
            replaced(beside=ProjectFacts(label="outcome", group="person")),
            "tables.group is person in params.yaml, and None in the evidence",
        ),
        (
            replaced(
                changed(
                    "data",
                    group="person",
                    overlaps=dict.fromkeys(DATA.overlaps, Overlap(0, 0, 0, 0)),
                    splits={**DATA.splits, "test": replace(DATA.splits["test"], blocks=9)},
                )
            ),
            "test: rows of 9 blocks, in the score table of 0",
        ),
        (changed("data", task=Binary((), "maybe")), "the positive class, maybe, is none of no, yes"),
        (changed("data", task=Binary((), "no")), "the positive class is no, and yes in the accuracy evidence"),
        (with_split("test", rows=1999), "test: 1999 rows and 600 positives, in the score table 2000 rows and 600"),
        (with_split("test", counts={"yes": 599}), "test: 2000 rows and 599 positives"),
        (with_split("training", rows=8999), "training: 8999 rows, and the glassbox was fitted on 9000"),
    ],
    ids=["label", "class", "group", "blocks", "no class", "accuracy", "rows", "positives", "training"],
)
def test_what_contradicts_is_undecided_and_told(case, said):
    (found,) = [f for f in found_in(case) if f.rule == "measured"]
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")
    assert said in found.message


def test_evidence_of_other_rows_is_told_so_and_no_more():
    case = changed("data", digests={**DATA.digests, "test": md5(b"another")}, task=Binary((), "maybe"))
    assert [f.reason for f in found_in(case)] == ["other-subject"]


def test_a_glassbox_of_other_rows_is_no_witness():
    reference = replace(WHOLE.evidence.of(ReferenceEvidence), training=md5(b"older"), training_rows=1)
    assert found_in(replaced(reference=reference)) == []
