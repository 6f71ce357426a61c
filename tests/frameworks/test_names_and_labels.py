"""Columns of any name and labels of any plain type through conversion: the graph loads, and answers as the model."""

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, parser
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.onnx.composer import OnnxComposer
from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.onnx.stored_answers import OnnxModel
from lockgate.adapters.sklearn.models import SklearnFramework, SklearnPreprocessor
from lockgate.adapters.sklearn.saving import save
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary
from lockgate.errors import ModelError
from lockgate.usecases.making.export import with_texts
from lockgate.usecases.making.source_answers import answers, signature_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]
ODD = [
    ["label", "probabilities"],
    ["label", "label_"],
    ["features", "variable"],
    ["a b", "a_b"],
    ["a.b", 'say "x"'],
    ["größe", "it's"],
    ["network/features", "preprocessing/features"],
    ["label/classes", "label/index"],
    ["row", "score"],
    ["0", "1"],
]
RNG = np.random.default_rng(0)


def fitted(names, labels):
    columns = {name: RNG.normal(size=200).astype(np.float32) for name in names}
    first = next(iter(columns.values()))
    model = make_pipeline(ColumnTransformer([("n", StandardScaler(), list(names))]), LogisticRegression())
    return model.fit(pd.DataFrame(columns), np.asarray(labels)[(first > 0).astype(int)]), columns


def run(content, columns):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    feed = {node.name: columns[node.name].reshape(-1, 1) for node in session.get_inputs()}
    return dict(zip(names, session.run(None, feed), strict=True))


def compared(source, trained, columns):
    """What the exported graph answers, which is what the model itself answers."""
    signature = signature_of(trained, source, Binary(trained.classes, trained.classes[-1]))
    ours = run(with_texts(source, signature, source.to_onnx(trained.inputs), OnnxEditor()), columns)
    theirs = answers(source, columns, signature)
    assert list(ours) == [output.name for output in signature.outputs] == [signature.label, signature.probabilities]
    np.testing.assert_array_equal(ours[signature.label], theirs[signature.label])
    np.testing.assert_allclose(ours[signature.probabilities], theirs[signature.probabilities], atol=1e-5)
    assert set(ours[signature.label]) == set(signature.classes)
    return ours


@pytest.mark.parametrize("names", ODD, ids=" ".join)
def test_a_pipeline_takes_columns_of_any_name(names, tmp_path):
    model, columns = fitted(names, ["no", "yes"])
    save(model, tmp_path / "model.skops")
    trained = Trained("sklearn", "model.skops", tuple(Column(name, "float32") for name in names), ("no", "yes"))
    compared(SklearnFramework().load(tmp_path / "model.skops", trained.inputs, trained.answered), trained, columns)


@pytest.mark.parametrize("names", ODD, ids=" ".join)
def test_a_network_behind_preprocessing_takes_columns_of_any_name(names, tmp_path):
    model, columns = fitted(names, ["no", "yes"])
    save(model[0], tmp_path / "preprocessing.skops")
    inputs = tuple(Column(name, "float32") for name in names)
    front = SklearnPreprocessor().load(tmp_path / "preprocessing.skops", inputs)
    network = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]>\n'
        "network (float[rows, 2] features) => (float[rows, 2] probabilities) { probabilities = Softmax(features) }"
    )
    ours = run(
        OnnxComposer().compose(front.to_onnx(inputs), network.SerializeToString(), Binary(("no", "yes"), "")), columns
    )
    label, probabilities = ours.values()
    scaled = front.transform(columns)
    np.testing.assert_allclose(probabilities, np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(label == "yes", probabilities.argmax(axis=1) == 1)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0, 1], ("0", "1")),
        ([False, True], ("false", "true")),
        ([0.0, 1.0], ("0", "1")),
        (np.int8([3, -1]), ("-1", "3")),
    ],
)
def test_labels_of_any_plain_type_are_answered_in_their_written_form(labels, classes, tmp_path):
    model, columns = fitted(["label", "b"], labels)
    save(model, tmp_path / "model.skops")
    trained = Trained("sklearn", "model.skops", (Column("label", "float32"), Column("b", "float32")), model.classes_)
    assert trained.classes == classes
    compared(
        SklearnFramework().load(tmp_path / "model.skops", trained.inputs, Binary(tuple(classes), "")), trained, columns
    )


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        (
            ("yes", "no"),
            "handed over in the order 'yes', 'no', and the model's probabilities have the order 'no', 'yes'",
        ),
        (("no ", "yes"), "'no ' and 'no' differ by a space only"),
        (("no", "perhaps"), "the classes 'no', 'perhaps' are handed over, and the model has 'no', 'yes'"),
    ],
)
def test_other_classes_than_the_models_are_told_from_another_order(classes, says, tmp_path):
    save(fitted("ab", ["no", "yes"])[0], tmp_path / "model.skops")
    with pytest.raises(ModelError) as caught:
        SklearnFramework().load(
            tmp_path / "model.skops", (Column("a", "float32"), Column("b", "float32")), Binary(tuple(classes), "")
        )
    assert says in caught.value.message


@pytest.mark.parametrize(("kind", "zero", "one"), [("INT64", 0, 1), ("INT32", 0, 1), ("BOOL", False, True)])
def test_a_plain_onnx_model_that_answers_numbers_answers_texts_when_it_is_exported(kind, zero, one, tmp_path):
    columns = {"a": np.array([-1.0, 2.0, 0.5], dtype=np.float32)}
    cast = TensorProto.DataType.Value(kind)
    nodes = f"above = Greater(a, zero)\nflat = Squeeze(above, axis)\nlabel = Cast<to={cast}>(flat)\n"
    graph = parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 18]>\nplain (float[rows, 1] a) => ({kind.lower()}[rows] label, '
        "float[rows, 2] probabilities) <float[1] zero = {0.0}, int64[1] axis = {1}>"
        f"{{ {nodes} positive = Sigmoid(a)\none = Constant<value = float {{1.0}}>()\nother = Sub(one, positive)\n"
        "probabilities = Concat<axis=1>(other, positive) }"
    )
    onnx.checker.check_model(graph)
    positive = 1 / (1 + np.exp(-columns["a"].astype(np.float64)))
    label = np.array([one if score > 0.5 else zero for score in positive])
    stored = {"input:a": columns["a"], "output:label": label}
    stored["output:probabilities"] = np.column_stack([1 - positive, positive])
    trained = Trained("onnx", "plain.onnx", (Column("a", "float32"),), (zero, one))
    (tmp_path / "plain.onnx").write_bytes(graph.SerializeToString())
    model = OnnxModel(tmp_path / "plain.onnx", stored, trained.inputs, trained.answered)
    compared(model, trained, columns)


def test_numbers_that_stand_for_texts_are_refused(tmp_path):
    save(fitted("ab", [0, 1])[0], tmp_path / "model.skops")
    inputs = (Column("a", "float32"), Column("b", "float32"))
    source = SklearnFramework().load(tmp_path / "model.skops", inputs, Binary(("0", "1"), ""))
    signature = signature_of(
        Trained("sklearn", "model.skops", inputs, ("no", "yes")), source, Binary(("no", "yes"), "yes")
    )
    with pytest.raises(ModelError, match="answers numbers as labels, and its classes are 'no', 'yes'"):
        with_texts(source, signature, source.to_onnx(inputs), OnnxEditor())
