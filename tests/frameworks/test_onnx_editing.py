"""Graphs that are changed as numbers and as text still run, and answer what the change says."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary, Multiclass
from lockgate.domain.project.settings import TablesSettings
from lockgate.errors import ModelError
from lockgate.usecases.judging.drill.onnx_nodes import floats, holds
from lockgate.usecases.judging.drill.plant import Bed
from lockgate.usecases.judging.drill.plants.accuracy import one_weight_is_nan
from lockgate.usecases.judging.drill.plants.of_tasks import never_answered

pytestmark = pytest.mark.slow
SIGNATURE = Signature(
    (Column("hours-per-week", "float32"), Column("job", "string")),
    (Output("label", "string"), Output("probabilities", "float32", (2,))),
    ("no", "yes"),
)
COLUMNS = {
    "hours-per-week": np.array([0.1, 0.5, 0.9, np.nan], dtype=np.float32),
    "job": np.array(["clerk", "", 'the "smith"', "clerk"], dtype=object),
    "sex": np.array(["f", "m", "f", "m"], dtype=object),
}
EDITOR = OnnxEditor()


def model(ml=1):
    """The first number is the probability of yes, NaN is 0."""
    nodes = [
        helper.make_node("IsNaN", ["hours-per-week"], ["missing"]),
        helper.make_node("Where", ["missing", "nothing", "hours-per-week"], ["yes"]),
        helper.make_node("Sub", ["one", "yes"], ["no"]),
        helper.make_node("Concat", ["no", "yes"], ["both"], axis=1),
        helper.make_node("Mul", ["both", "weights"], ["probabilities"]),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "best"], ["label"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [
            helper.make_tensor_value_info("hours-per-week", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("job", TensorProto.STRING, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [
            numpy_helper.from_array(np.array([[0.0]], np.float32), "nothing"),
            numpy_helper.from_array(np.array([[1.0]], np.float32), "one"),
            numpy_helper.from_array(np.array([[1.0, 1.0]], np.float32), "weights"),
            helper.make_tensor("classes", TensorProto.STRING, [2], [b"no", b"yes"]),
        ],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", ml)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def answers(content, tmp_path, signature=SIGNATURE):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    return OnnxRuntime().open(path, signature).run(COLUMNS)


def yes(content, tmp_path, signature=SIGNATURE):
    return answers(content, tmp_path, signature)["probabilities"][:, 1].tolist()


PLAIN = pytest.approx([0.1, 0.5, 0.9, 0.0])


def test_weights_are_read_and_written(tmp_path):
    weights = EDITOR.weights(model())
    assert list(weights) == ["nothing", "one", "weights"]
    changed = EDITOR.with_weights(model(), {"weights": np.array([[1.0, 0.5]])})
    assert yes(changed, tmp_path) == pytest.approx([0.05, 0.25, 0.45, 0.0])
    with pytest.raises(ModelError, match="no weight 'gone'"):
        EDITOR.with_weights(model(), {"gone": np.zeros(1)})


def test_nodes_behind_an_output_may_use_names_that_the_graph_has_and_labels_are_swapped(tmp_path):
    nodes = f"{floats('one', [0.5])}\nafter = Mul(before, one)"
    assert yes(EDITOR.behind(model(), "probabilities", nodes), tmp_path) == pytest.approx([0.05, 0.25, 0.45, 0.0])
    encoder = 'after = ai.onnx.ml.LabelEncoder<keys_strings=["no", "yes"], values_strings=["yes", "no"]>(before)'
    found = answers(EDITOR.behind(model(), "label", encoder), tmp_path)
    assert found["label"].tolist() == ["yes", "yes", "no", "yes"]
    double = EDITOR.behind(model(), "probabilities", "after = Cast<to=11>(before)", "double")
    assert answers(double, tmp_path)["probabilities"].dtype == np.float64


def test_nodes_ahead_of_an_input_change_what_the_graph_gets(tmp_path):
    nodes = f"{floats('half', [0.5])}\nafter = Mul(before, half)"
    content = EDITOR.ahead(model(), "hours-per-week", nodes)
    assert yes(content, tmp_path) == pytest.approx([0.05, 0.25, 0.45, 0.0])
    onnx.checker.check_model(onnx.load_from_string(content))


def test_a_new_input_is_one_that_nodes_may_take(tmp_path):
    from dataclasses import replace

    from lockgate.domain.model.slices import Condition

    nodes = holds("inside", "column", Condition("sex", "=", "m"), text=True) + "\nafter = Mul(before, inside)"
    content = EDITOR.behind(
        EDITOR.with_input(model(), "sex", "string"), "probabilities", nodes, names={"column": "sex"}
    )
    wider = replace(SIGNATURE, inputs=(*SIGNATURE.inputs, Column("sex", "string")))
    assert yes(content, tmp_path, wider) == pytest.approx([0.0, 0.5, 0.0, 0.0])


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [("<", "0.5", [1, 0, 0, 0]), ("<=", "0.5", [1, 1, 0, 0]), ("!=", "0.5", [1, 0, 1, 1]), (">=", "0.9", [0, 0, 1, 0])],
)
def test_a_condition_on_a_number_holds_where_its_slice_does(tmp_path, operator, value, expected):
    from lockgate.domain.model.slices import Condition

    condition = Condition("hours-per-week", operator, value)
    nodes = holds("inside", "column", condition, text=False) + "\n" + floats("nil", [0.0])
    nodes += "\nblank = Mul(before, nil)\nafter = Add(blank, inside)"
    content = EDITOR.behind(model(), "probabilities", nodes, names={"column": "hours-per-week"})
    assert yes(content, tmp_path) == expected
    assert condition.mask(COLUMNS["hours-per-week"]).astype(float).tolist() == expected


def test_outputs_go_and_get_other_names(tmp_path):
    assert list(answers(EDITOR.without_output(model(), "probabilities"), tmp_path)) == ["label"]
    assert list(answers(EDITOR.with_output_named(model(), "label", "best_1"), tmp_path)) == ["best_1", "probabilities"]
    with pytest.raises(ModelError, match="no output 'gone'"):
        EDITOR.without_output(model(), "gone")


def test_a_repeated_graph_answers_the_same_and_is_not_made_one_again(tmp_path):
    many = EDITOR.repeated(model(), 5, SIGNATURE)
    assert yes(many, tmp_path) == PLAIN
    assert sum(node.op_type == "ArgMax" for node in onnx.load_from_string(many).graph.node) == 5
    with pytest.raises(ModelError, match="without a number"):
        EDITOR.repeated(model(), 2, Signature(SIGNATURE.inputs[1:], SIGNATURE.outputs, SIGNATURE.classes))


def test_a_padded_model_is_larger_and_answers_the_same(tmp_path):
    padded = EDITOR.padded(model(), 100_000)
    assert 99_000 < len(padded) - len(model()) < 101_000
    assert yes(padded, tmp_path) == PLAIN


def test_what_is_no_model_and_what_are_no_nodes_is_said():
    with pytest.raises(ModelError, match="not an ONNX model"):
        EDITOR.weights(b"\xff\xff")
    with pytest.raises(ModelError, match="no ONNX nodes"):
        EDITOR.behind(model(), "probabilities", "after = = before")
    with pytest.raises(ModelError, match="no input 'gone'"):
        EDITOR.ahead(model(), "gone", "after = Identity(before)")


def test_nan_in_the_weights_of_a_forest_of_several_labels_leaves_no_row_a_number(tmp_path):
    """Its trees tell a leaf alone: what they weigh goes nowhere, and the numbers of the leaves are tables."""
    rows = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    forest = RandomForestClassifier(4, random_state=0).fit(rows, (rows > 0).astype(int))
    content = to_onnx(
        forest, initial_types=[("X", FloatTensorType([None, 2]))], options={id(forest): {"zipmap": False}}
    ).SerializeToString()
    path = tmp_path / "planted.onnx"
    path.write_bytes(one_weight_is_nan(Bed(None, None, SIGNATURE, content, {}, {}, None, EDITOR)).model)
    numbers = onnxruntime.InferenceSession(path).run(None, {"X": rows})[1]
    assert np.isnan(np.asarray(numbers)).all(axis=(0, 2)).all()


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), RandomForestClassifier(4, random_state=0), GradientBoostingClassifier(n_estimators=4)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_nan_in_the_weights_of_any_model_leaves_every_row_without_a_probability(estimator, tmp_path):
    """Of a linear model it may hit another class than the positive one, of a tree a leaf that few rows reach."""
    names, rows = ("age", "hours"), np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    signature = Signature(tuple(Column(name, "float32") for name in names), SIGNATURE.outputs, SIGNATURE.classes)
    pipeline = make_pipeline(ColumnTransformer([("numbers", "passthrough", [0, 1])]), estimator)
    pipeline.fit(rows, np.where(rows[:, 0] > 0, "yes", "no"))
    content = to_onnx(
        pipeline,
        initial_types=[(name, FloatTensorType([None, 1])) for name in names],
        options={id(estimator): {"zipmap": False}},
    )
    columns = {name: rows[:, at] for at, name in enumerate(names)}
    bed = Bed(None, None, signature, content.SerializeToString(), columns, columns, None, EDITOR)
    path = tmp_path / "planted.onnx"
    path.write_bytes(one_weight_is_nan(bed).model)
    outputs = OnnxRuntime().open(path, signature).run(columns)
    for positive in signature.classes:
        answers = Answers.of(replace(signature, task=Binary(signature.classes, positive)), outputs)
        assert np.isnan(answers.positive()).all()


@pytest.mark.parametrize("opset", [9, 18])
def test_one_class_is_never_answered_in_graphs_of_any_opset(opset, tmp_path):
    names, rows = ("a", "b"), np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
    classes = ("cat", "dog", "owl")
    truth = np.array(classes, dtype=object)[np.digitize(rows[:, 0], [-0.2, 0.8])]
    pipeline = make_pipeline(ColumnTransformer([("numbers", "passthrough", [0, 1])]), LogisticRegression())
    content = to_onnx(
        pipeline.fit(rows, truth.astype(str)),
        initial_types=[(name, FloatTensorType([None, 1])) for name in names],
        options={id(pipeline[-1]): {"zipmap": False}},
        target_opset={"": opset, "ai.onnx.ml": 1},
    ).SerializeToString()
    inputs = tuple(Column(name, "float32") for name in names)
    outputs = (Output("label", "string", ()), Output("probabilities", "float32", (3,)))
    signature = Signature(inputs, outputs, classes, task=Multiclass(classes))
    table = {**{name: rows[:, at] for at, name in enumerate(names)}, "kind": truth}
    tables = TablesSettings("validation", "test", "kind", training="training", task="multiclass")
    path = tmp_path / "planted.onnx"
    path.write_bytes(never_answered(Bed(None, tables, signature, content, table, table, None, EDITOR)).model)
    label, numbers = onnxruntime.InferenceSession(path).run(
        None, {name: rows[:, [at]] for at, name in enumerate(names)}
    )
    most = max(classes, key=truth.tolist().count)
    assert most not in set(label.tolist())
    np.testing.assert_allclose(numbers.sum(axis=1), 1, atol=1e-5)
