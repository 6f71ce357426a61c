"""A policy with every gate, and a case with evidence for every gate that all of them let pass."""

from dataclasses import replace

from cases import CASE, document, put, put_of, with_evidence

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.accuracy.policy import ClassesPolicy, SlicesPolicy
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap, SplitFacts
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence, Term
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.gates.parity.evidence import Calibration, ParityEvidence
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.making.selection import SelectionPolicy
from lockgate.domain.model.score_table import TableReference
from lockgate.domain.model.task import Binary
from lockgate.domain.statistics.bounds.means import Spread
from lockgate.domain.statistics.metrics.registry import value
from lockgate.testing.examples import POLICY, ROWS, SUBJECT, champion, scores_of

TOOLS = {"onnxruntime": "1.0"}
MODEL = sha256(b"other")
SECONDS = tuple(0.001 + 0.00001 * (round_ % 7) for round_ in range(51))
DATA = DataEvidence(
    digests={"training": md5(b"training"), "validation": md5(b"validation"), "test": SUBJECT.data},
    tools=TOOLS,
    label="outcome",
    task=Binary((), "yes"),
    splits={
        "training": SplitFacts(9000, {"yes": 2700}),
        "validation": SplitFacts(2000, {"yes": 600}),
        "test": SplitFacts(ROWS, {"yes": 600}),
    },
    overlaps={"training": Overlap(0, 20), "validation": Overlap(0, 4)},
    features={"age": 0.7, "job": 0.6},
    distances=(
        ColumnDistance("age", "kolmogorov-smirnov", 0.02, 0.02),
        ColumnDistance("job", "total-variation", 0.01, 0.01),
    ),
    feature_errors={"age": 0.006, "job": 0.007},
)
EXPLANATION = ExplanationEvidence(
    SUBJECT,
    TOOLS,
    1000,
    3,
    (
        Importance("age", 0.2, 0.1, 1.0, Spread(0.002, 1.5, 6.0), 0.0),
        Importance("job", 0.0, 0.0, 0.0, Spread(0.0, 0.0, 1.0), 0.0),
    ),
    (),
)
ROBUSTNESS = RobustnessEvidence(
    SUBJECT,
    TOOLS,
    500,
    tuple(
        ProbeResult(column, kind, 500, 0, 0, 0, 0.001, 0.1, spread=Spread(0.0002, 3.0, 20.0))
        for column, kinds in {
            "age": ("missing", "low", "high", "below", "above", "nudge"),
            "job": ("unseen", "empty"),
        }.items()
        for kind in kinds
    ),
)
LATENCY = LatencyEvidence(
    SUBJECT, TOOLS, MODEL, 1000, 900, (Timing(1, SECONDS, SECONDS), Timing(1000, SECONDS, SECONDS))
)
CALIBRATIONS = (Calibration("probabilities", ROWS, 6e-8, 4e-7, 6e-8, 3e-7, 5e-8),)
PARITY = replace(
    CASE.evidence.of(ParityEvidence),
    tools=TOOLS,
    serving_runtime="1.0",
    calibrations=CALIBRATIONS,
    invented=replace(CASE.evidence.of(ParityEvidence).invented, calibrations=CALIBRATIONS),
)
GLASSBOX = scores_of(2.1)
REFERENCE = ReferenceEvidence(
    training=DATA.digests["training"],
    data=SUBJECT.data,
    tools=TOOLS,
    settings={},
    inputs=("age", "job"),
    training_rows=9000,
    rows=GLASSBOX.rows,
    task=Binary((), "yes"),
    counts={"yes": int(GLASSBOX.sample.labels.sum())},
    metrics={"roc_auc": value("roc_auc", GLASSBOX.sample)},
    intercepts={"yes": -1.0},
    terms=(Term("age", ("age",), 0.5),),
    scores=TableReference("scores.parquet", GLASSBOX.rows, sha256(b"glassbox")),
)
WHOLE = replace(
    CASE,
    evidence=put(
        CASE.evidence,
        parity=PARITY,
        data=DATA,
        explanation=EXPLANATION,
        robustness=ROBUSTNESS,
        latency=LATENCY,
        reference=REFERENCE,
        reference_scores=GLASSBOX,
    ),
    champion=put_of(
        champion(2.1), explanation=replace(EXPLANATION, subject=replace(SUBJECT, model=MODEL)), model=MODEL
    ),
)
STRICT = replace(
    POLICY,
    parity=ParityPolicy(max_absolute=1e-5, max_relative=0.01, tolerance="calibrated"),
    data=DataPolicy(),
    calibration=CalibrationPolicy(max_brier=0.2, max_calibration_error=0.1),
    fairness=FairnessPolicy(("job",), max_equalized_odds_difference=0.2, max_worsening=0.05),
    explanation=ExplanationPolicy(forbidden=("job",), max_behind_reference=0.01),
    robustness=RobustnessPolicy(max_change=0.2),
    latency=LatencyPolicy(max_ratio=1.5, max_size_ratio=2, max_milliseconds=5, max_mib=1),
)
FULL = replace(
    STRICT,
    accuracy=replace(
        STRICT.accuracy,
        slices=SlicesPolicy(("job", "age < 40"), 0.5, 0.1, total_margin=0.2),
        total_margin=0.02,
        classes=ClassesPolicy("recall", 0.5, {"cat": 0.7}, 0.1, total_margin=0.2),
    ),
    calibration=replace(STRICT.calibration, max_class_calibration_error=0.1, max_coverage_error=0.1, max_crossing=0.1),
    selection=SelectionPolicy("roc_auc", 100),
    fairness=replace(
        STRICT.fairness,
        max_demographic_parity_difference=0.2,
        min_demographic_parity_ratio=0.7,
        min_equalized_odds_ratio=0.7,
        min_error_rate_ratio=0.6,
        max_error_rate_difference=0.2,
        max_mean_error_gap=2.0,
        max_absolute_error_gap=3.0,
        max_gap_worsening=0.5,
    ),
    robustness=replace(STRICT.robustness, probes=("acme.shouted",)),
    latency=replace(STRICT.latency, batches=(1,), batch_milliseconds=(5.0,)),
    plugins={"steady": {"max_share": 0.5, "mode": "enforce"}},
)
"""Every key of a policy has a value, so that a new one has to stand here too."""


def changed(kind, case=WHOLE, **fields):
    """The case with some fields of one document changed."""
    return replaced(case, **{kind: replace(document(case.evidence, kind), **fields)})


def replaced(case=WHOLE, **documents):
    """The case with other documents."""
    return with_evidence(case, **documents)
