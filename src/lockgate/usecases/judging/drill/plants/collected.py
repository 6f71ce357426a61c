"""Plants in the data and in the evidence: leaks, and what was changed, borrowed or left out after measuring."""

from dataclasses import replace

import numpy as np

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.making.stage_records import ABSENT
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.slices import Slice
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SEED = 22
BETTER = 0.01
EMPTY = '<testsuites><testsuite name="none" tests="0" failures="0" errors="0" skipped="0"/></testsuites>'


def leak(bed: Bed) -> Planted:
    """A number that is the label, with a little noise."""
    if not bed.numbers:
        raise NotAsked("the model takes no numbers")
    name = bed.numbers[0]
    return Planted(tables={split: _leaking(bed, table, name) for split, table in _splits(bed).items()})


def _leaking(bed: Bed, table: Columns, name: str) -> Columns:
    label = bed.positives(table)
    noise = np.random.default_rng(SEED).uniform(0, 0.9, len(label))
    return {**table, name: (label + noise).astype(np.float32)}


def _splits(bed: Bed) -> dict[str, Columns]:
    return {"training": bed.training, "test": bed.test}


def repeated_rows(bed: Bed) -> Planted:
    """All test rows stand in the training table as well."""
    return Planted(
        tables={"training": {name: np.concatenate([bed.training[name], bed.test[name]]) for name in bed.training}}
    )


def edited(_: Bed) -> Planted:
    """The accuracy evidence says a little more than its scores do."""

    def change(evidence: Evidence) -> Evidence:
        accuracy = evidence.of(AccuracyEvidence)
        if accuracy is None:
            return evidence
        better = {name: None if found is None else found + BETTER for name, found in accuracy.metrics.items()}
        return evidence.holding(replace(accuracy, metrics=better))

    return Planted(change=change)


def other_model(_: Bed) -> Planted:
    """The accuracy evidence is of another model."""

    def change(evidence: Evidence) -> Evidence:
        accuracy = evidence.of(AccuracyEvidence)
        if accuracy is None:
            return evidence
        subject = replace(accuracy.subject, model=sha256(b"another model"))
        return evidence.holding(replace(accuracy, subject=subject))

    return Planted(change=change)


def other_commit(bed: Bed) -> Planted:
    """The tests ran on another commit."""
    first = "1" if bed.source.commit.startswith("0") else "0"
    return Planted(source=replace(bed.source, commit=first + bed.source.commit[1:]))


def other_source(_: Bed) -> Planted:
    """The stages ran before one of the files or params changed that they read."""

    def change(evidence: Evidence) -> Evidence:
        lineage = evidence.lineage
        if lineage is None:
            return evidence
        read = next((record for record in lineage.records if record.kind != "result"), None)
        records = (replace(each, found=ABSENT) if each is read else each for each in lineage.records)
        return replace(evidence, lineage=replace(lineage, records=tuple(records)))

    return Planted(change=change)


def empty_report(_: Bed) -> Planted:
    """The tests left a report, and no test in it."""
    return Planted(report=EMPTY)


def missing_slice(bed: Bed) -> Planted:
    """The score table lacks the columns of a slice."""
    slices = bed.policy.accuracy.slices
    if slices is None:
        raise NotAsked("gates.accuracy.slices is not set")
    names = Slice.parse(slices.by[0]).names

    def change(evidence: Evidence) -> Evidence:
        scores = evidence.scores
        if scores is None:
            return evidence
        left = {name: values for name, values in scores.columns.items() if name not in names}
        return replace(evidence, scores=replace(scores, columns=left))

    return Planted(change=change)


LEAKS = (Reason.LEAKAGE_FEATURE, Reason.NOT_ENOUGH_ROWS)
"""No feature has an area above 1: where the limit is next to it, few rows only leave open that it is broken."""
PLANTS = (
    Simple("a feature that leaks the label", "data", LEAKS, leak),
    Simple("test rows in training", "data", (Reason.LEAKAGE_DUPLICATES, Reason.LEAKAGE_NEAR_DUPLICATES), repeated_rows),
    Simple("evidence edited by hand", "accuracy", (Reason.EDITED,), edited),
    Simple("evidence of another model", "accuracy", (Reason.OTHER_SUBJECT,), other_model),
    Simple("evidence of another commit", "tests", (Reason.NOT_FRESH,), other_commit),
    Simple("a candidate of another commit", "integrity", (Reason.OTHER_SOURCE,), other_source),
    Simple("an empty test report", "tests", (Reason.NO_TEST_RAN,), empty_report),
    Simple("a missing slice", "accuracy", (Reason.MISSING_SLICE,), missing_slice),
)
