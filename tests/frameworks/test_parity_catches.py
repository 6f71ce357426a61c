"""Exports that silently answer differently, each caught by the finding that is meant for it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.sklearn.models import SklearnFramework
from lockgate.adapters.sklearn.saving import save
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.parity.real_rows import measure_parity

pytestmark = pytest.mark.slow
CLASSES = ("no", "yes")
NAMES = ("age", "hours")
SIGNATURE = Signature(
    tuple(Column(name, "float32") for name in NAMES),
    (Output("label", "string"), Output("probabilities", "float32", (2,))),
    CLASSES,
)
SUBJECT = Subject("small", sha256(b"model"), md5(b"data"))
POLICY = ParityPolicy(max_absolute=1e-5, max_relative=0.01)
ROWS = 5_000
MEAN, SCALE = np.array([38.6, 40.4]), np.array([13.6, 12.3])
WEIGHTS = np.array([[0.7, -0.7], [-0.4, 0.4]])


def rows():
    random = np.random.default_rng(7)
    return {
        "age": random.integers(17, 90, ROWS).astype(np.float32),
        "hours": random.integers(1, 99, ROWS).astype(np.float32),
    }


@dataclass(frozen=True)
class Source:
    """The model itself, in float64."""

    def predict(self, columns):
        features = (np.column_stack([columns[name].astype(np.float64) for name in NAMES]) - MEAN) / SCALE
        logits = np.clip(features @ WEIGHTS, -50, 50)
        probabilities = 1 / (1 + np.exp(-logits))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return {"label": np.array(CLASSES, dtype=object)[probabilities.argmax(axis=1)], "probabilities": probabilities}


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def export(
    *, mean=MEAN, weights=WEIGHTS, classes=CLASSES, between=(), constants=(), order=("label", "probabilities"), opset=17
):
    """The same model in ONNX; ``between`` are nodes from ``before`` to ``probabilities``."""
    nodes = [
        helper.make_node("Concat", list(NAMES), ["raw"], axis=1),
        helper.make_node("Sub", ["raw", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["features"]),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
        helper.make_node("Clip", ["logits", "low", "high"], ["clipped"]),
        helper.make_node("Sigmoid", ["clipped"], ["odds"]),
        helper.make_node("ReduceSum", ["odds", "one"], ["total"], keepdims=1),
        helper.make_node("Div", ["odds", "total"], ["before"]),
        *(between or [helper.make_node("Identity", ["before"], ["probabilities"])]),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "best"], ["label"]),
    ]
    outputs = {
        "label": helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
        "probabilities": helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
    }
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in NAMES],
        [outputs[name] for name in order],
        [
            constant("mean", mean),
            constant("scale", SCALE),
            constant("weights", weights),
            constant("low", -50),
            constant("high", 50),
            constant("one", [1], np.int64),
            helper.make_tensor("classes", TensorProto.STRING, [2], [name.encode() for name in classes]),
            *constants,
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def judge(model, tmp_path):
    """The findings on a model, by rule."""
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return judge_file(path, Source(), rows())


def judge_file(path, source, columns):
    runtime = OnnxRuntime()
    session = runtime.open(path, SIGNATURE)
    judged = LoadedModel.asked("small", path, SIGNATURE, session, columns)
    evidence = measure_parity(judged, source, runtime, profile_of(columns, SIGNATURE), SUBJECT, sha256(b"source"))
    return {finding.rule: finding for finding in judge_parity(POLICY, evidence, SUBJECT, SIGNATURE)}


def outcomes(findings):
    return {finding.outcome for finding in findings.values()}


def test_a_faithful_export_passes_on_every_row_and_in_every_setting(tmp_path):
    findings = judge(export(), tmp_path)
    assert outcomes(findings) == {Outcome.PASSED}, findings
    assert {"settings", "invented rows", "flips", "probabilities: absolute"} <= set(findings)


def moved():
    weights = WEIGHTS.copy()
    weights[1, 0] += 1e-3
    return weights


def node(kind, inputs, outputs=("probabilities",), **attributes):
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def one_row_is_nan():
    """NaN where the age is that of a single row."""
    lonely = rows()
    age, hours = float(lonely["age"][4711]), float(lonely["hours"][4711])
    return export(
        between=[
            node("Equal", ["age", "its_age"], ["same_age"]),
            node("Equal", ["hours", "its_hours"], ["same_hours"]),
            node("And", ["same_age", "same_hours"], ["it"]),
            node("Where", ["it", "nan", "before"]),
        ],
        constants=[constant("its_age", age), constant("its_hours", hours), constant("nan", np.nan)],
    )


def drifts_with_its_neighbours():
    return export(
        between=[
            node("ReduceMean", ["before"], ["average"], axes=[0], keepdims=1),
            node("Sub", ["before", "average"], ["distance"]),
            node("Mul", ["distance", "little"], ["shift"]),
            node("Add", ["before", "shift"]),
        ],
        constants=[constant("little", 5e-6)],
    )


def differs_from_run_to_run():
    return export(
        between=[
            node("RandomUniformLike", ["before"], ["noise"], low=-5e-6, high=5e-6),
            node("Add", ["before", "noise"]),
        ]
    )


def batch_norm_in_training_mode():
    return export(
        between=[
            node(
                "BatchNormalization",
                ["before", "gain", "offset", "running_mean", "running_variance"],
                ["probabilities", "new_mean", "new_variance"],
                training_mode=1,
            )
        ],
        constants=[
            constant("gain", [0.25, 0.25]),
            constant("offset", [0.5, 0.5]),
            constant("running_mean", [0.5, 0.5]),
            constant("running_variance", [0.06, 0.06]),
        ],
    )


def dropout_left_on():
    return export(
        between=[node("Dropout", ["before", "ratio", "training"])],
        constants=[constant("ratio", 0.1), constant("training", [True][0], np.bool_)],
    )


@pytest.mark.parametrize(
    ("model", "rule", "said"),
    [
        (lambda: export(weights=moved()), "probabilities: absolute", "largest absolute difference"),
        (lambda: export(mean=MEAN + 0.5), "probabilities: absolute", "largest absolute difference"),
        (lambda: export(classes=("yes", "no")), "flips", "5000 of 5000 labels flip"),
        (lambda: export(order=("probabilities", "label")), "names", "outputs in another order"),
        (lambda: export(order=("label",)), "names", "missing output probabilities"),
        (one_row_is_nan, "probabilities: form", "NaN or infinite on one side only"),
        (drifts_with_its_neighbours, "settings", "batches of 1: answers vary by"),
        (differs_from_run_to_run, "settings", "again: answers vary by"),
        (batch_norm_in_training_mode, "settings", ": "),
        (dropout_left_on, "settings", "again: "),
    ],
)
def test_an_export_that_answers_differently_is_refused_by_the_finding_meant_for_it(tmp_path, model, rule, said):
    finding = judge(model(), tmp_path)[rule]
    assert finding.outcome is Outcome.REFUSED, finding
    assert said in finding.message
    assert finding.remedy


def test_an_output_of_another_name_is_missing_and_unexpected(tmp_path):
    model = export()
    model.graph.output[1].name = "scores"
    model.graph.node.append(node("Identity", ["probabilities"], ["scores"]))
    message = judge(model, tmp_path)["names"].message
    assert "missing output probabilities" in message
    assert "unexpected output scores" in message


def test_an_output_of_another_type_is_refused(tmp_path):
    model = export(between=[node("Cast", ["before"], to=TensorProto.DOUBLE)])
    model.graph.output[1].type.tensor_type.elem_type = TensorProto.DOUBLE
    finding = judge(model, tmp_path)["probabilities: form"]
    assert (finding.outcome, "float64 [5000, 2] answered" in finding.message) == (Outcome.REFUSED, True)


def test_a_difference_beyond_the_training_data_is_told_apart_from_one_on_real_rows(tmp_path):
    """The export answers otherwise for ages that nobody in the data has."""
    model = export(
        between=[
            node("Less", ["age", "youngest"], ["younger"]),
            node("Where", ["younger", "half", "before"]),
        ],
        constants=[constant("youngest", 17.0), constant("half", [0.5, 0.5])],
    )
    findings = judge(model, tmp_path)
    assert findings["probabilities: absolute"].outcome is Outcome.PASSED
    assert findings["flips"].outcome is Outcome.PASSED
    assert findings["invented rows"].outcome is Outcome.REFUSED
    assert "age=" in findings["invented rows"].message


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_scaler_in_front_of_trees_is_caught_and_raw_numbers_pass(tmp_path):
    """float64 scaling rounds to the other side of a tree's threshold in float32."""
    columns = rows()
    random = np.random.default_rng(1)
    columns = {name: (values * random.uniform(0.9, 1.1, ROWS)).astype(np.float32) for name, values in columns.items()}
    frame = pd.DataFrame(columns)
    labels = np.where((frame["age"] * frame["hours"] + random.normal(0, 400, ROWS)) > 1600, "yes", "no")
    found = {}
    for name, numbers in {"scaled": StandardScaler(), "raw": "passthrough"}.items():
        model = make_pipeline(
            ColumnTransformer([("numbers", numbers, list(NAMES))]),
            HistGradientBoostingClassifier(max_iter=80, random_state=7),
        ).fit(frame, labels)
        save(model, tmp_path / f"{name}.skops")
        source = SklearnFramework().load(tmp_path / f"{name}.skops", SIGNATURE.inputs, Binary(CLASSES, ""))
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(source.to_onnx(SIGNATURE.inputs))
        found[name] = judge_file(path, source, columns)["probabilities: absolute"]
    assert found["raw"].outcome is Outcome.PASSED, found
    assert found["scaled"].outcome is Outcome.REFUSED, found


@dataclass(frozen=True)
class Picky(Source):
    """A model that raises at missing numbers, as scikit-learn's linear ones do."""

    def predict(self, columns):
        if any(np.isnan(values).any() for values in columns.values()):
            raise ValueError("Input X contains NaN.")
        return super().predict(columns)


def test_invented_rows_that_the_trained_model_itself_refuses_are_left_out_and_said_so(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(export().SerializeToString())
    finding = judge_file(path, Picky(), rows())["invented rows"]
    assert finding.outcome is Outcome.PASSED
    assert finding.message.endswith("2 more get no answer from the trained model, as age=nan")
