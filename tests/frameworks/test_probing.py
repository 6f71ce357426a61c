"""Probes and importances of a real ONNX model: what it cannot take is found, and what it ignores has no importance."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.robustness.gate import judge_robustness
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.kinds.robustness import measure_robustness

SUBJECT = Subject("small", sha256(b"model"), md5(b"data"))
SIGNATURE = Signature(
    (Column("age", "float32"), Column("job", "string")),
    (Output("label", "string"), Output("probabilities", "float32", (2,))),
    ("no", "yes"),
    task=Binary(("no", "yes"), "yes"),
)


def graph(*, imputes):
    """The logistic function of the age, and of whether the job is `smith`; a missing age is 0 where it is imputed."""
    text = [
        helper.make_node(
            "LabelEncoder",
            ["job"],
            ["code"],
            "encode",
            domain="ai.onnx.ml",
            keys_strings=["smith"],
            values_floats=[1.0],
            default_float=0.0,
        ),
        helper.make_node("IsNaN", ["age"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "age"], ["known"]),
        helper.make_node("Add", ["known" if imputes else "age", "code"], ["raw"]),
        helper.make_node("Neg", ["raw"], ["minus"]),
        helper.make_node("Concat", ["minus", "raw"], ["both"], axis=1),
        helper.make_node("Softmax", ["both"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node(
            "LabelEncoder",
            ["best"],
            ["label"],
            "name",
            domain="ai.onnx.ml",
            keys_int64s=[0, 1],
            values_strings=["no", "yes"],
            default_string="?",
        ),
    ]
    made = helper.make_graph(
        text,
        "small",
        [
            helper.make_tensor_value_info("age", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("job", TensorProto.STRING, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def judged(folder, *, imputes):
    (folder / "model.onnx").write_bytes(graph(imputes=imputes).SerializeToString())
    random = np.random.default_rng(1)
    columns = {
        "age": random.normal(size=500).astype(np.float32),
        "job": np.array(["smith", "clerk"], dtype=object)[random.integers(0, 2, 500)],
    }
    session = OnnxRuntime().open(folder / "model.onnx", SIGNATURE)
    return LoadedModel.asked("small", folder / "model.onnx", SIGNATURE, session, columns)


@pytest.mark.parametrize(
    ("imputes", "outcome", "reason"), [(True, Outcome.PASSED, ""), (False, Outcome.REFUSED, "not-finite")]
)
def test_a_model_that_does_not_impute_is_found(tmp_path, imputes, outcome, reason):
    asked = judged(tmp_path, imputes=imputes)
    evidence = measure_robustness(asked, profile_of(asked.columns, SIGNATURE), SUBJECT, {})
    judged_by = judge_robustness(RobustnessPolicy(), evidence, SUBJECT, SIGNATURE.inputs)
    found = {finding.rule: finding for finding in judged_by}
    assert evidence.rows == 500
    assert (found["finite"].outcome, found["finite"].reason) == (outcome, reason)
    assert found["answered"].outcome is found["nudge"].outcome is found["labels"].outcome is Outcome.PASSED


def test_importances_are_of_the_graph_itself(tmp_path):
    asked = judged(tmp_path, imputes=True)
    labels = np.asarray(asked.outputs["label"])
    evidence = measure_explanation(asked, labels, SUBJECT, {})
    age, job = evidence.importances
    assert age.share > job.share > 0
    assert age.drop > 0.1
    constant = {**asked.columns, "job": np.full(500, "clerk", dtype=object)}
    again = LoadedModel.asked("small", asked.model, SIGNATURE, asked.session, constant)
    assert measure_explanation(again, labels, SUBJECT, {}).importances[1].mean_change == 0
