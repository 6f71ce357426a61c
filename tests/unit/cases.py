"""A case that every gate lets pass, ways to change one part of it, and what is then decided."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding import registry
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import SlicesPolicy
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.gates.parity.evidence import Flip, ParityEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics.registry import value
from lockgate.testing.examples import POLICY, SUBJECT, evidence_of_accuracy, passing_case, scores_of

DOCS = Path(__file__).parents[2] / "docs/gates.md"
GATES = tuple(gate.name for gate in registry.GATES)
PASSED, WAIVED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.WAIVED, Outcome.REFUSED, Outcome.UNDECIDED
CASE = passing_case()
STRICTNESS = {PASSED: 0, WAIVED: 0, Outcome.WARNED: 0, UNDECIDED: 1, REFUSED: 2}


REASONS = {gate.name: {str(reason) for reason in gate.says} - {"gate-failed"} for gate in registry.GATES}
"""What each gate may find; that it fails is never the case, whatever the evidence says."""


def document(evidence, name):
    """The document of that name, ``None`` where it is not there; or another part of the evidence."""
    return evidence.of(DOCUMENTS[name]) if name in DOCUMENTS else getattr(evidence, name)


def put(evidence, **parts):
    """The evidence with other parts: documents by their names, ``None`` for one that is taken away, and fields."""
    given = {name: parts.pop(name) for name in [*parts] if name in DOCUMENTS}
    gone = [DOCUMENTS[name] for name, found in given.items() if found is None]
    if "reference_scores" in parts:
        scores = parts.pop("reference_scores")
        parts["tables"] = {} if scores is None else {DOCUMENTS["reference"]: scores}
    return replace(evidence.without(*gone).holding(*given.values()), **parts)


def put_of(champion, **parts):
    """The champion with other parts: documents by their names, scores, and what else is known of it."""
    own = {name: parts.pop(name) for name in [*parts] if name in {"release", "model", "bytes"}}
    return replace(champion, evidence=put(champion.evidence, **parts), **own)


def part_of(champion, name):
    """A document or the scores of a champion, or what else is known of it."""
    return document(champion.evidence, name) if name in DOCUMENTS else getattr(champion, name)


def with_evidence(case=CASE, **parts):
    return replace(case, evidence=put(case.evidence, **parts))


def with_tests(**changes):
    return with_evidence(tests=replace(CASE.evidence.of(TestsEvidence), **changes))


def with_accuracy(**changes):
    return with_evidence(accuracy=replace(CASE.evidence.of(AccuracyEvidence), **changes))


def with_scores(separation, **changes):
    """The evidence of another candidate, whose scores are as good as that."""
    found = evidence_of_accuracy(separation=separation)
    return with_evidence(accuracy=replace(found, **changes), scores=scores_of(separation))


def with_parity(**changes):
    return with_evidence(parity=replace(CASE.evidence.of(ParityEvidence), **changes))


def with_setting(**changes):
    first, *others = CASE.evidence.of(ParityEvidence).settings
    return with_parity(settings=(replace(first, **changes), *others))


def with_invented(**changes):
    return with_parity(invented=replace(CASE.evidence.of(ParityEvidence).invented, **changes))


PROBABILITIES = CASE.evidence.of(ParityEvidence).outputs[1]


def with_output(**changes):
    label, probabilities = CASE.evidence.of(ParityEvidence).outputs
    return with_parity(outputs=(label, replace(probabilities, **changes)))


def outcome(case, policy=POLICY, waivers=()):
    return decide(policy, case, waivers).outcome


def finding(case, gate, rule, policy=POLICY, waivers=()):
    (found,) = (f for f in decide(policy, case, waivers).findings if (f.gate, f.rule) == (gate, rule))
    return found


def unfair_to_smiths(case=CASE):
    """Every smith is answered no."""
    scores = scores_of()
    smith = scores.columns["job"] == "smith"
    sample = replace(scores.sample, predicted=scores.sample.predicted & ~smith)
    accuracy = replace(case.evidence.of(AccuracyEvidence), metrics={"roc_auc": value("roc_auc", sample)})
    return with_evidence(case, accuracy=accuracy, scores=ScoreTable(sample, scores.columns))


def broken_where(column, wanted, case=CASE):
    """One slice answered with the opposite of what was learned; the total hardly moves."""
    scores = scores_of()
    rows = scores.columns[column] == wanted
    rows &= np.cumsum(rows) <= 150
    columns = {**scores.columns, column: np.where(rows, "broken", scores.columns[column]).astype(object)}
    sample = replace(scores.sample, scores=np.where(rows, 1 - scores.sample.scores, scores.sample.scores))
    accuracy = replace(case.evidence.of(AccuracyEvidence), metrics={"roc_auc": value("roc_auc", sample)})
    return with_evidence(case, accuracy=accuracy, scores=ScoreTable(sample, columns))


FAIR = replace(POLICY, fairness=FairnessPolicy(("job",), max_equalized_odds_difference=0.2, max_worsening=0.05))


WORSE = {
    "no tests": with_evidence(tests=None),
    "no accuracy": with_evidence(accuracy=None),
    "no parity": with_evidence(parity=None),
    "failed test": with_tests(failures=1),
    "exit code": with_tests(exit_code=1),
    "no tests ran": with_tests(tests=0),
    "skipped": with_tests(tests=30, skipped=5),
    "tests of another commit": with_tests(source=Source("f" * 40, "")),
    "below the floor": with_scores(0.5),
    "no metric": with_accuracy(metrics={"roc_auc": None}),
    "no scores": with_evidence(scores=None),
    "edited by hand": with_accuracy(metrics={"roc_auc": 0.999}),
    "no rows": with_accuracy(rows=0),
    "accuracy of another model": with_accuracy(subject=replace(SUBJECT, model=sha256(b"o"))),
    "parity of other data": with_parity(subject=replace(SUBJECT, data=md5(b"o"))),
    "missing output": with_parity(missing_outputs=("probabilities",)),
    "unexpected output": with_parity(unexpected_outputs=("extra",)),
    "missing input": with_parity(missing_inputs=("age",)),
    "unexpected input": with_parity(unexpected_inputs=("sex",)),
    "nothing compared": with_parity(outputs=()),
    "no parity rows": with_parity(rows=0),
    "other type": with_output(actual_dtype="float64"),
    "other shape": with_output(actual_shape=(100, 3)),
    "nan on one side": with_output(mismatches=1),
    "no absolute": with_output(max_absolute=None),
    "no relative": with_output(max_relative=None),
    "nan absolute": with_output(max_absolute=math.nan),
    "too different": with_output(max_absolute=1e-4),
    "relatively too different": with_output(max_relative=0.1),
    "flips": with_parity(flips=1, worst_flips=(Flip(17, "no", "yes"),)),
    "flips unknown": with_parity(flips=None),
    "outputs reordered": with_parity(reordered_outputs=("probabilities", "label")),
    "other settings not asked": with_parity(settings=()),
    "a setting that fails": with_setting(error="it does not run"),
    "a setting that lacks an output": with_setting(missing_outputs=("probabilities",)),
    "a setting with other labels": with_setting(flips=1),
    "a setting without labels": with_setting(flips=None),
    "a setting that varies": with_setting(outputs=(replace(PROBABILITIES, max_absolute=1.1e-6),)),
    "a setting without numbers": with_setting(outputs=(replace(PROBABILITIES, max_absolute=None),)),
    "a setting with NaN": with_setting(outputs=(replace(PROBABILITIES, mismatches=1),)),
    "invented rows not compared": with_parity(invented=None),
    "no invented rows": with_invented(rows=0),
    "invented rows that fail": with_invented(error="they do not run"),
    "invented rows that flip": with_invented(flips=1, worst_flips=(Flip(3, "no", "yes", name="age=nan"),)),
    "invented rows that differ": with_invented(outputs=(replace(PROBABILITIES, max_absolute=1e-4),)),
    "invented rows of another shape": with_invented(outputs=(replace(PROBABILITIES, actual_shape=(1,)),)),
}


def with_slices(*by, **changes):
    chosen = SlicesPolicy(by, **({"floor": 0.85, "margin": 0.05, "min_rows": 100} | changes))
    return replace(POLICY, accuracy=replace(POLICY.accuracy, slices=chosen))
