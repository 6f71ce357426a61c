"""Every check measures every task, and every gate judges what it measured."""

import json
from dataclasses import replace

import builders
import numpy as np
import pytest
import yaml

from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.judging.gates.explanation.gate import judge_explanation
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.gates.latency.gate import judge_latency
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.robustness.gate import judge_robustness
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.testing import FakePlugin, FakeRuntime, FakeTracker
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train
from lockgate.usecases.measuring.kinds.accuracy import check_accuracy, open_judged
from lockgate.usecases.measuring.kinds.explanation import check_explanation
from lockgate.usecases.measuring.kinds.latency import of_candidate, take_times
from lockgate.usecases.measuring.kinds.robustness import check_robustness
from lockgate.usecases.measuring.measured_again import Again, measured_otherwise
from lockgate.usecases.measuring.parity.real_rows import check_parity
from lockgate.usecases.project.project import read_candidate

TABLES = ParquetTables(builders.FILES)
TASKS = {
    "binary": (Binary(("no", "yes"), "yes"), "roc_auc", 0.9),
    "multiclass": (Multiclass(("child", "adult", "old")), "accuracy", 0.9),
    "multilabel": (Multilabel(("walks", "works")), "f1_macro", 0.9),
    "regression": (Regression(("number", "next")), "mean_absolute_error", 0.1),
    "quantiles": (Regression(("number",), (0.05, 0.5, 0.95)), "mean_pinball_loss", 0.1),
}


def project_of(folder, task, metric, floor):
    params = yaml.safe_load(builders.PARAMS)
    tables = params["tables"]
    tables["task"] = task.kind
    if task.kind != "binary":
        del tables["positive"]
    if not task.labelled:
        del tables["label"]
        tables["labels"] = list(task.truths)
        if len(task.truths) == 1:
            tables["label"], _ = tables["labels"][0], tables.pop("labels")
    if quantiles := getattr(task, "quantiles", ()):
        tables["quantiles"] = list(quantiles)
    params["gates"]["accuracy"] = {"metric": metric, "floor": floor, "margin": 0.01}
    params["gates"]["parity"] = {"max_absolute": 1e-5, "max_relative": 0.01}
    (folder / "params.yaml").write_text(json.dumps(params))
    return builders.opened(folder)


@pytest.fixture(params=TASKS)
def delivered(project, request):
    """A project of the task with a candidate that was exported, and its model, asked the held-out rows."""
    task, metric, floor = TASKS[request.param]
    opened, plugin, runtime = project_of(project, task, metric, floor), FakePlugin(rows=300, task=task), FakeRuntime()
    prepare(opened, plugin, TABLES)
    repository = builders.GitRepository(project)
    train(opened, "fake", plugin, TABLES, SklearnMetrics(), FakeTracker(), repository, lambda *_: None)
    export(opened, "fake", plugin, runtime, TABLES, None)
    return opened, plugin, runtime, open_judged(opened, "fake", runtime, TABLES)


def test_every_check_measures_it_and_every_gate_judges_that(delivered):
    opened, plugin, runtime, judged = delivered
    metrics, task = SklearnMetrics(), judged.task
    subject, signature = read_candidate(opened, "fake").subject, judged.signature
    check_accuracy(opened, judged, runtime, metrics, TABLES)
    parity = check_parity(opened, judged, plugin, runtime, metrics)
    found = [*judge_parity(opened.settings.gates.parity, parity, subject, signature)]
    explanation = check_explanation(opened, judged, runtime)
    found += judge_explanation(
        ExplanationPolicy(forbidden=("job",), max_forbidden=0.01),
        explanation,
        subject,
        explanation,
        has_champion=True,
        champion_name="champion",
        inputs=signature.names,
    )
    robustness = check_robustness(opened, judged, runtime)
    found += judge_robustness(RobustnessPolicy(), robustness, subject, signature.inputs, task=task)
    latency = take_times(opened, of_candidate(opened, "fake"), None, runtime, TABLES)
    found += judge_latency(LatencyPolicy(max_milliseconds=10.0), latency, subject, None, rows=300)
    assert [(f.gate, f.rule, f.message) for f in found if f.outcome is not Outcome.PASSED] == []
    by_column = {each.column: each for each in explanation.importances}
    assert by_column["age"].share == pytest.approx(1.0)
    assert by_column["age"].drop > 0.05
    assert len(explanation.worst) == 10
    assert {each.column for each in explanation.worst} <= {*task.columns}
    assert explanation.worst[0].contributions["job"] == 0
    assert (parity.flips is None) == (task.kind == "regression")
    assert {"flips"} <= {f.rule for f in found} or task.kind == "regression"
    for kind in ("parity", "explanation", "robustness"):
        read = opened.documents.read(opened.layout.evidence("fake", kind), type(locals()[kind]))
        assert read == locals()[kind]


def test_its_robustness_measured_again_is_the_same(delivered):
    opened, _, runtime, exact = delivered
    outputs = {**exact.outputs, exact.signature.probabilities: exact.outputs[exact.signature.probabilities] * 0.9}
    judged = replace(exact, outputs=outputs)
    kept = Evidence().holding(check_robustness(opened, judged, runtime))
    policy = replace(opened.settings.gates, robustness=RobustnessPolicy(), data=None)
    again = replace(opened, settings=replace(opened.settings, gates=policy))
    export_folder = opened.layout.candidate("fake").export
    assert measured_otherwise(Again.of(again, judged, export_folder, runtime, TABLES), kept) == ""


def test_all_that_is_measured_again_is_the_same(delivered):
    """Of what passed, whatever the task is; and what was edited is told."""
    opened, plugin, runtime, judged = delivered
    check_accuracy(opened, judged, runtime, SklearnMetrics(), TABLES)
    parity = check_parity(opened, judged, plugin, runtime, SklearnMetrics())
    explanation = check_explanation(opened, judged, runtime)
    robustness = check_robustness(opened, judged, runtime)
    gates = replace(
        opened.settings.gates, robustness=RobustnessPolicy(), explanation=ExplanationPolicy(forbidden=()), data=None
    )
    asked = replace(opened, settings=replace(opened.settings, gates=gates))
    again = Again.of(asked, judged, opened.layout.candidate("fake").export, runtime, TABLES)
    kept = Evidence().holding(parity, explanation, robustness)
    assert measured_otherwise(again, kept) == ""
    first, *others = explanation.importances
    edited = replace(explanation, importances=(replace(first, share=0.0), *others))
    assert f"importances[{first.column}].share is 0, and " in measured_otherwise(again, kept.holding(edited))
    worst, *others = explanation.worst
    edited = replace(explanation, worst=(replace(worst, row=(worst.row + 1) % 300), *others))
    assert "the explanation evidence says otherwise" in measured_otherwise(again, kept.holding(edited))
    metric, *others = parity.metrics
    edited = replace(parity, metrics=(replace(metric, onnx=0.5), *others))
    assert f"{metric.name} of the ONNX model is 0.500000" in measured_otherwise(again, kept.holding(edited))


def test_a_model_that_is_off_differs(delivered):
    opened, plugin, runtime, judged = delivered
    moved = judged.outputs[judged.signature.probabilities] * 1.01
    off = replace(judged, outputs={**judged.outputs, judged.signature.probabilities: moved.astype(np.float32)})
    parity = check_parity(opened, off, plugin, runtime, SklearnMetrics())
    subject = read_candidate(opened, "fake").subject
    findings = judge_parity(opened.settings.gates.parity, parity, subject, judged.signature)
    refused = {f.reason for f in findings if f.outcome is Outcome.REFUSED}
    assert "differs" in refused
    assert ("out-of-range" in refused) == judged.task.labelled
