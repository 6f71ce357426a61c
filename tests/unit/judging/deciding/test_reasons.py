"""Every finding that does not pass says why, with a code that the docs explain, and each code has a case."""

import ast
import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from cases import DOCS, GATES, REASONS, WORSE, broken_where, unfair_to_smiths
from whole import CALIBRATIONS, DATA, LATENCY, PARITY, ROBUSTNESS, STRICT, WHOLE, changed, replaced

from lockgate.domain.identity import DigestStart, md5, sha256
from lockgate.domain.judging.deciding import decision, registry
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.judging.deciding.waivers import NEVER_WAIVED
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, ClassesPolicy, SlicesPolicy
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap, SplitFacts, TimeWindow
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing
from lockgate.domain.judging.gates.parity.evidence import Flip, ParityEvidence
from lockgate.domain.judging.gates.parity.packaged import judge_packaged
from lockgate.domain.judging.gates.robustness.evidence import RobustnessEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.anchor import Anchor
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.finding import OPENING, Outcome
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Binary
from lockgate.domain.reviewing.reasons_in_words import reason_tables
from lockgate.domain.statistics.bounds.means import Spread
from lockgate.domain.statistics.metrics.registry import value
from lockgate.testing.examples import POLICY, SUBJECT, champion, evidence_of_packaged, scores_of
from lockgate.testing.task_examples import TASKS_OF_EXAMPLES, case_of_task

SCORED = ("accuracy", "calibration", "fairness")
UNDER_ITS_NAME = {gate.name for gate in registry.GATES if gate.documents}
LABEL, PROBABILITIES = PARITY.outputs


THREE = ("no", "perhaps", "yes")


def undocumented(verdict):
    """The findings that were not let pass and lack a documented reason."""
    return [f for f in verdict.findings if f.outcome not in OPENING and f.reason not in REASONS[f.gate]]


@pytest.mark.parametrize("case", WORSE.values(), ids=WORSE)
def test_a_finding_that_does_not_pass_has_a_documented_reason(case):
    verdict = decide(POLICY, case)
    assert verdict.blocking
    assert undocumented(verdict) == []


def test_a_finding_that_passes_has_none():
    assert {finding.reason for finding in decide(STRICT, WHOLE).findings} == {""}


def test_the_tables_of_the_page_are_those_of_the_reasons(request):
    page = DOCS.read_text(encoding="utf-8")
    before, begin, rest = page.partition("<!-- reasons: written by `lockgate policy reasons` -->\n")
    _, end, after = rest.partition("<!-- end of reasons -->\n")
    assert begin
    assert end
    written = f"{before}{begin}{reason_tables()}{end}{after}"
    if request.config.getoption("--update-goldens"):
        DOCS.write_text(written, encoding="utf-8")
    assert DOCS.read_text(encoding="utf-8") == written


def test_every_reason_has_a_gate_that_gives_it_and_says_what_to_do():
    assert {reason for gate in registry.GATES for reason in gate.says} == set(Reason)
    for reason in Reason:
        assert reason.means
        assert reason.do
        assert "|" not in reason.means + reason.do


def test_no_waiver_helps_where_there_is_no_sound_evidence():
    sound = {"no-champion", "not-enough-rows", "below-floor", "differs", "edited", "not-measured", "gate-failed"}
    assert sound & NEVER_WAIVED == {"edited", "not-measured", "gate-failed"}


HOME = Path(decision.__file__).parents[2]


def modules(*folders):
    return [path for folder in folders for path in sorted((HOME / folder).rglob("*.py")) if path.stem != "reason"]


def given(path):
    """Every text that stands where a reason does, and every text that is the code of one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
            yield from [node.value.value] if node.value.value else []
        if isinstance(node, ast.Constant) and node.value in set(Reason):
            yield node.value


def test_no_reason_is_a_bare_text():
    assert {path.name: found for path in modules("judging", "reviewing") if (found := {*given(path)})} == {}


def named(path):
    """The reasons that a module gives; those that its gate lists are no such use."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lists = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "reasons"]
    listed = {id(each) for node in lists for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Reason" and id(node) not in listed:
            yield Reason[node.attr]


@pytest.mark.parametrize("gate", registry.GATES, ids=lambda gate: gate.name)
def test_a_gate_lists_every_reason_that_its_modules_give(gate):
    assert {reason for path in modules(f"judging/gates/{gate.name}") for reason in named(path)} <= {*gate.says}


MALFORMED = {
    "tests": replaced(tests=object.__new__(TestsEvidence)),
    "integrity": replaced(lineage=object()),
    **{gate: replaced(accuracy=object.__new__(AccuracyEvidence)) for gate in SCORED},
    "parity": replaced(parity=object.__new__(ParityEvidence)),
    "data": replaced(data=object.__new__(DataEvidence)),
    "explanation": replaced(explanation=object.__new__(ExplanationEvidence)),
    "robustness": replaced(robustness=object.__new__(RobustnessEvidence)),
    "latency": replaced(latency=object.__new__(LatencyEvidence)),
}
"""Documents without any field, which no reader gives."""


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_of_ours_that_raises_is_undecided_and_says_where(gate):
    every = [Waiver(gate=gate, reason="r", name="A. Person", candidate=DigestStart(str(WHOLE.candidate.content)),
                    expires=date(2999, 1, 1))]  # fmt: skip
    verdict = decide(STRICT, MALFORMED[gate], every, date(2026, 1, 1))
    (found,) = (finding for finding in verdict.findings if finding.gate == gate)
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "gate-failed")
    assert re.fullmatch(r"the gate failed: AttributeError: .+ \(at \w+\.py:\d+, in \w+\)", found.message)
    assert "fault in Lockgate" in found.remedy


# --- a case for each reason: the whole case with one thing broken, and the policy where it is another one ---


def with_accuracy(**fields):
    return changed("accuracy", **fields)


def with_output(**fields):
    return changed("parity", outputs=(LABEL, replace(PROBABILITIES, **fields)))


def with_setting(**fields):
    return changed("parity", settings=(replace(PARITY.settings[0], **fields), *PARITY.settings[1:]))


def with_probe(**fields):
    return changed("robustness", probes=(replace(ROBUSTNESS.probes[0], **fields), *ROBUSTNESS.probes[1:]))


def shuffled(column):
    """All of the importance is of one column."""
    return changed("explanation", importances=(Importance(column, 0.1, 0.1, 1.0, Spread(0.001, 1.0, 4.0), 0.01),))


def with_record(number, **fields):
    lineage = WHOLE.evidence.lineage
    records = [replace(each, **fields) if each is lineage.records[number] else each for each in lineage.records]
    return replaced(lineage=replace(lineage, records=tuple(records)))


def with_positive_smiths():
    """No smith is of the other class: there is nothing to rank, and no rate of false positives."""
    table = WHOLE.evidence.scores
    job = np.where(table.sample.labels, table.columns["job"], "clerk").astype(object)
    return replaced(scores=ScoreTable(table.sample, {**table.columns, "job": job}))


def certain_and_wrong():
    """Every probability is far off, and the evidence says so."""
    table = WHOLE.evidence.scores
    sample = replace(table.sample, scores=np.where(table.sample.labels, 0.05, 0.95))
    return replaced(with_accuracy(metrics={"roc_auc": 0.0}), scores=ScoreTable(sample, table.columns))


def of_classes(worse=0.7, **settings):
    """Several classes, and floors for each, of a model that has more noise than its champion."""
    task = TASKS_OF_EXAMPLES["multiclass"]
    accuracy = AccuracyPolicy("accuracy", 0.3, 0.5, classes=ClassesPolicy("recall", **settings))
    sound, noisy = case_of_task(task), case_of_task(task, worse)
    return replace(sound, evidence=noisy.evidence), replace(STRICT, accuracy=accuracy, fairness=None, explanation=None)


def crossed():
    """Quantiles in the other order, and the evidence that follows from them."""
    case = case_of_task(TASKS_OF_EXAMPLES["quantiles"])
    scores = case.evidence.scores
    scores = replace(scores, sample=replace(scores.sample, at=scores.sample.at[:, ::-1]))
    document = case.evidence.of(AccuracyEvidence)
    told = replace(document, metrics={name: value(name, scores.sample) for name in document.metrics})
    policy = replace(STRICT, calibration=CalibrationPolicy(max_crossing=0.1), fairness=None, explanation=None)
    accuracy = AccuracyPolicy("mean_absolute_error", 10, 1)
    case = replace(case, evidence=replace(case.evidence, scores=scores).holding(told))
    return case, replace(policy, accuracy=accuracy)


def in_blocks(scores):
    """Rows of three machines."""
    return replace(scores, sample=replace(scores.sample, blocks=np.arange(scores.rows) % 3))


def glassbox(separation, *, flipped=False):
    """Another glassbox, whose evidence states what its scores give."""
    scores = scores_of(separation)
    if flipped:
        scores = ScoreTable(replace(scores.sample, labels=~scores.sample.labels), scores.columns)
    metrics = {"roc_auc": value("roc_auc", scores.sample)}
    return replaced(reference=replace(WHOLE.evidence.of(ReferenceEvidence), metrics=metrics), reference_scores=scores)


def behind_by(limit):
    return replace(STRICT, explanation=replace(STRICT.explanation, max_behind_reference=limit))


def with_slices(*by, **fields):
    slices = SlicesPolicy(by, **({"floor": 0.5, "margin": 0.5, "min_rows": 100} | fields))
    return replace(STRICT, accuracy=replace(STRICT.accuracy, floor=0.5, margin=0.5, slices=slices))


def tight(**fields):
    return replace(STRICT, accuracy=replace(STRICT.accuracy, **fields))


def anchor(separation):
    """A champion of before, which was as good as that."""
    return Anchor.of(replace(champion(separation), release=sha256(b"before")), 2)


OTHER = replace(SUBJECT, model=sha256(b"another"))
SLOW = tuple(Timing(t.rows, tuple(9 * s for s in t.seconds), t.champion) for t in LATENCY.timings)
NOISY = tuple((1 + round_ % 2) * s for round_, s in enumerate(LATENCY.timings[0].seconds))
NO_CHAMPION = replace(WHOLE, champion=None)
WITHOUT_ITS_EVIDENCE = replace(WHOLE, champion=Champion(sha256(b"champion")))
ON_OTHER_ROWS = replace(WHOLE, champion=champion(2.1, replace(SUBJECT, data=md5(b"other rows"))))
BEHIND = value("roc_auc", scores_of(4.0).sample) - value("roc_auc", WHOLE.evidence.scores.sample) + 1e-4

METHOD = "1, onnxruntime 1.32.0, numpy 2.4.6"
OLDER = METHOD.replace("1.32.0", "1.31.0")


def measured_otherwise(kind):
    case = changed(kind, method=OLDER)
    return replace(case, evidence=replace(case.evidence, beside=replace(case.evidence.beside, methods={kind: METHOD})))


CASES = {
    **{(gate, "not-measured"): replaced(**{gate: None}) for gate in GATES if gate in UNDER_ITS_NAME},
    ("integrity", "not-measured"): replaced(lineage=None),
    **{(gate, "measured-otherwise"): measured_otherwise(gate) for gate in GATES if gate in UNDER_ITS_NAME},
    ("calibration", "measured-otherwise"): measured_otherwise("accuracy"),
    ("fairness", "measured-otherwise"): measured_otherwise("accuracy"),
    ("integrity", "other-source"): with_record(0, found={"seed": 8}),
    ("integrity", "other-result"): with_record(2, found="9" * 32),
    ("integrity", "policy-loosened"): replaced(beside=ProjectFacts(loosened=("gates.accuracy.floor",))),
    ("integrity", "not-committed"): replaced(lineage=replace(WHOLE.evidence.lineage, uncommitted=("plugin.py",))),
    ("calibration", "not-measured"): replaced(accuracy=None),
    ("fairness", "not-measured"): replaced(accuracy=None),
    **{(gate, "other-subject"): changed(gate, subject=OTHER) for gate in ("accuracy", "parity", "explanation",
                                                                        "robustness", "latency")},
    ("calibration", "other-subject"): with_accuracy(subject=OTHER),
    ("fairness", "other-subject"): with_accuracy(subject=OTHER),
    ("data", "other-subject"): changed("data", digests={**DATA.digests, "test": md5(b"another")}),
    **{(gate, "no-scores"): replaced(scores=None) for gate in SCORED},
    **{(gate, "edited"): with_accuracy(metrics={"roc_auc": 0.99}) for gate in SCORED},
    ("tests", "edited"): changed("tests", failed=("test_one",)),
    ("parity", "edited"): changed("parity", rows=3),
    ("data", "edited"): changed("data", task=Binary((), "no")),
    ("latency", "edited"): changed("latency", timings=(Timing(0, *[LATENCY.timings[0].seconds] * 2), *LATENCY.timings)),
    ("tests", "not-fresh"): changed("tests", source=replace(WHOLE.source, changed=("src/x.py",))),
    ("tests", "no-test-ran"): changed("tests", tests=0),
    ("tests", "test-failed"): changed("tests", failures=1, failed=("test_one",)),
    ("tests", "test-command-failed"): changed("tests", exit_code=2),
    ("tests", "tests-skipped"): changed("tests", tests=30, skipped=5),
    ("accuracy", "not-binary"): replace(
        WHOLE, signature=replace(WHOLE.signature, classes=THREE, task=Binary(THREE, "yes"))
    ),
    ("parity", "not-compared"): changed("parity", flips=None),
    ("parity", "no-truth"): changed("parity", calibrations=()),
    ("accuracy", "not-a-number"): (with_positive_smiths(), with_slices("job")),
    ("fairness", "not-a-number"): with_positive_smiths(),
    ("data", "not-a-number"): changed("data", features={"age": None}),
    ("explanation", "not-a-number"): changed("explanation", importances=(Importance("job", None, None, None),)),
    ("robustness", "not-a-number"): with_probe(not_finite=None),
    ("latency", "not-a-number"): changed("latency", timings=(Timing(1, (math.nan,) * 51, LATENCY.timings[0].seconds),)),
    ("accuracy", "not-enough-rows"): (WHOLE, tight(floor=0.94)),
    ("calibration", "not-enough-rows"):
        (WHOLE, replace(STRICT, calibration=replace(STRICT.calibration, max_brier=0.085))),
    ("fairness", "not-enough-rows"): (WHOLE, replace(STRICT, fairness=replace(STRICT.fairness, max_worsening=0.001))),
    ("latency", "not-enough-rows"): changed("latency", timings=(Timing(1, NOISY, LATENCY.timings[0].seconds),)),
    **{(gate, "no-champion"): NO_CHAMPION for gate in ("accuracy", "fairness", "explanation", "latency")},
    **{(gate, "no-champion-evidence"): WITHOUT_ITS_EVIDENCE for gate in ("accuracy", "fairness", "explanation",
                                                                         "latency")},
    ("accuracy", "other-rows"): ON_OTHER_ROWS,
    ("fairness", "other-rows"): ON_OTHER_ROWS,
    ("accuracy", "below-floor"): (WHOLE, tight(floor=0.99)),
    ("accuracy", "worse-than-champion"): replace(WHOLE, champion=champion(3.0)),
    ("accuracy", "no-anchor"): replace(WHOLE, anchor=Anchor(sha256(b"anchor"), among=2)),
    ("accuracy", "worse-than-anchor"): replace(WHOLE, anchor=anchor(3.0)),
    ("accuracy", "slice-below-floor"): (broken_where("job", "clerk", WHOLE), with_slices("job")),
    ("accuracy", "slice-worse-than-champion"): (broken_where("job", "clerk", WHOLE), with_slices("job", margin=0.1)),
    ("accuracy", "missing-slice"): (WHOLE, with_slices("county")),
    ("accuracy", "slice-too-small"): (WHOLE, with_slices("age < 17")),
    ("parity", "input-missing"): changed("parity", missing_inputs=("age",)),
    ("parity", "input-unexpected"): changed("parity", unexpected_inputs=("sex",)),
    ("parity", "output-missing"): changed("parity", missing_outputs=("probabilities",)),
    ("parity", "output-unexpected"): changed("parity", unexpected_outputs=("extra",)),
    ("parity", "output-reordered"): changed("parity", reordered_outputs=("probabilities", "label")),
    ("parity", "other-form"): with_output(actual_dtype="float64"),
    ("parity", "mismatch"): with_output(mismatches=1),
    ("parity", "differs"): with_output(max_absolute=1e-4),
    ("parity", "label-flips"): changed("parity", flips=1, worst_flips=(Flip(17, "no", "yes"),)),
    ("parity", "crosses-threshold"):
        changed("parity", calibrations=(replace(CALIBRATIONS[0], crossing=3, crossing_largest=0.4),)),
    ("parity", "out-of-range"): changed("parity", improbable=1),
    ("parity", "varies"): with_setting(outputs=(LABEL, replace(PROBABILITIES, max_absolute=1e-3))),
    ("parity", "no-answer"): with_setting(error="it does not run"),
    ("parity", "other-runtime"): changed("parity", serving_runtime="0.9"),
    ("data", "contract-broken"): changed(
        "data", splits={**DATA.splits, "test": SplitFacts(2000, {"yes": 600}, ("no age",))}
    ),
    ("data", "leakage-duplicates"): changed("data", overlaps={**DATA.overlaps, "training": Overlap(1, 20)}),
    ("data", "leakage-near-duplicates"): changed("data", overlaps={**DATA.overlaps, "training": Overlap(0, 900)}),
    ("data", "leakage-groups"): changed(
        "data", group="person", overlaps=dict.fromkeys(DATA.overlaps, Overlap(0, 4, 9, 90))
    ),
    ("data", "leakage-feature"): changed("data", features={"age": 0.995}, feature_errors={"age": 0.001}),
    ("data", "not-enough-rows"): changed("data", features={"age": 0.98}, feature_errors={"age": 0.001}),
    ("data", "label-balance"): changed("data", splits={**DATA.splits, "test": SplitFacts(2000, {"yes": 1})}),
    ("data", "split-distance"): changed("data", distances=(ColumnDistance("age", "kolmogorov-smirnov", 0.3, 0.01),)),
    **{
        ("accuracy", f"class-{reason}"): of_classes(**settings)
        for reason, settings in {
            "below-floor": {"floors": {"cat": 0.9}},
            "worse-than-champion": {"margin": 0.001, "worse": 3.0},
            "too-small": {"floor": 0.5, "min_rows": 1200},
        }.items()
    },
    ("accuracy", "unknown-class"): of_classes(floors={"cow": 0.5}),
    ("calibration", "not-a-number"): replaced(scores=in_blocks(WHOLE.evidence.scores)),
    ("data", "test-before-training"): changed("data", time=TimeWindow("day", "2026-03-01", "2026-02-01", 40)),
    ("calibration", "miscalibrated"): certain_and_wrong(),
    ("calibration", "quantiles-cross"): crossed(),
    ("fairness", "unfair"): unfair_to_smiths(WHOLE),
    ("fairness", "less-fair-than-champion"): unfair_to_smiths(WHOLE),
    ("fairness", "missing-group"): (WHOLE, replace(STRICT, fairness=replace(STRICT.fairness, min_rows=1500))),
    ("explanation", "behind-glassbox"): glassbox(4.0),
    ("explanation", "no-scores"): replaced(reference_scores=None),
    ("explanation", "edited"): changed("reference", metrics={"roc_auc": 0.99}),
    ("explanation", "other-rows"): glassbox(2.1, flipped=True),
    ("explanation", "not-enough-rows"): (glassbox(4.0), behind_by(limit=BEHIND)),
    ("explanation", "unknown-feature"): (
        WHOLE,
        replace(STRICT, explanation=replace(STRICT.explanation, forbidden=("jobb",))),
    ),
    ("explanation", "forbidden-feature"): shuffled("job"),
    ("explanation", "importance-moved"): shuffled("pay"),
    ("robustness", "not-finite"): with_probe(not_finite=1),
    ("robustness", "out-of-range"): with_probe(out_of_range=1),
    ("robustness", "unknown-label"): with_probe(unknown_labels=1),
    ("robustness", "not-enough-rows"): with_probe(mean_change=0.2),
    ("robustness", "fragile"): with_probe(mean_change=0.5),
    ("robustness", "probe-failed"): with_probe(error="gave up"),
    ("latency", "slower-than-champion"): changed("latency", timings=SLOW),
    ("latency", "too-slow"): changed("latency", timings=SLOW),
    ("latency", "too-large"): changed("latency", bytes=2 * 1024**2),
    ("latency", "other-champion"): changed("latency", champion=sha256(b"another")),
}  # fmt: skip
PACKAGED = {("parity", "other-release")}
"""What only a packaged release can give, to which its own rule is put."""


@pytest.mark.parametrize(
    ("gate", "reason"), [(gate, reason) for gate in GATES for reason in sorted(REASONS[gate])], ids="{}".format
)
def test_every_documented_reason_is_given_where_it_is_the_case(gate, reason):
    if (gate, reason) in PACKAGED:
        findings = judge_packaged(STRICT.parity, evidence_of_packaged(), sha256(b"another"))
    else:
        broken = CASES[gate, reason]
        case, policy = broken if isinstance(broken, tuple) else (broken, STRICT)
        verdict = decide(policy, case)
        assert undocumented(verdict) == []
        findings = verdict.blocking
    assert reason in {finding.reason for finding in findings if finding.gate == gate}
