"""An ONNX file as a candidate, without a trained model: brought to the form of every export, and judged as such."""

from dataclasses import replace

import numpy as np
import pytest
from graphs_of_others import (
    LABELS,
    NUMBER,
    SCORES,
    TWO_COLUMNS,
    a_list,
    classifier,
    graph,
    labels_first,
    rows,
    rows_first,
    with_map,
)
from whole import STRICT

from lockgate.adapters.onnx.graphs.as_exported import as_exported
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.policy_changes import policy_changes
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.model.candidate import Subject, Trained
from lockgate.domain.model.inputs import Axis, Input
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.errors import ModelError
from lockgate.known_frameworks import open_trained
from lockgate.project import save_reference
from lockgate.usecases.making.source_answers import signature_of
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.parity.real_rows import measure_parity

INPUTS = (Column("a", "float32"), Column("b", "float32"))
NAMES = ("no", "perhaps", "yes")
BIASED = f"""agraph (float[N,2] X) => (float[N,3] scores) {{ {SCORES}
  k = Constant <value = float[3] {{1.0, 2.0, 3.0}}> ()
  scores = Add (raw, k)
}}"""
SHORT = TWO_COLUMNS.replace("p = Soft", "q = Soft").replace(
    " }", " k = Constant <value = float {0.9}> () p = Mul (q, k) }"
)
TWICE = TWO_COLUMNS.replace("(float[N,3] p)", "(float[N,3] p, float[N,3] q)").replace(" }", " q = Identity (p) }")
NAMED_LATER = graph(f"""agraph (float[N,2] X) => (string[N] label, float[N,3] p) {{ {SCORES}
  p = Softmax <axis = 1> (raw)
  names = Constant <value_strings = ["yes", "no", "perhaps"]> ()
  place = ArgMax <axis = 1, keepdims = 0> (raw)
  label = Gather (names, place)
}}""")
SUBJECT = Subject("came", sha256(b"model"), sha256(b"data"))


@pytest.fixture
def came(tmp_path):
    """Writes a file, opens it as a candidate of these classes, and gives it with its signature."""

    def opened(model, classes=NAMES, inputs=INPUTS, task="multiclass", **more):
        (tmp_path / "came.onnx").write_bytes(model.SerializeToString())
        trained = Trained("onnx", "came.onnx", inputs, classes, task=task, **more)
        source = open_trained(trained, tmp_path)
        kinds = {
            "multiclass": Multiclass(classes),
            "regression": Regression(("y",)),
            "binary": Binary(classes, "yes"),
            "multilabel": Multilabel(classes),
        }
        return source, signature_of(trained, source, kinds[task])

    return opened


def answered(source, signature, tmp_path, columns):
    """What the export answers in the runtime that serves."""
    (tmp_path / "model.onnx").write_bytes(source.to_onnx(signature.inputs))
    session = OnnxRuntime().open(tmp_path / "model.onnx", signature)
    return LoadedModel.asked("came", tmp_path / "model.onnx", signature, session, columns)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (classifier(), ("X takes 2 columns: a, b", "whole numbers", "p is called probabilities")),
        (with_map(), ("ZipMap) is taken away",)),
        (with_map(NAMES), ("ZipMap) is taken away",)),
        (graph(TWO_COLUMNS), ("a label is added",)),
    ],
    ids=["numbers", "map", "map of texts", "no label"],
)
def test_other_forms_are_adapted_and_told(came, tmp_path, model, told):
    source, signature = came(model)
    columns = rows()
    answers = answered(source, signature, tmp_path, {name: columns[name] for name in "ab"}).answers()
    assert answers.labels.tolist() == [NAMES[place] for place in columns["y"]]
    assert answers.scores.shape == (60, 3)
    changes = "\n".join(source.adapted(INPUTS))
    assert all(each in changes for each in told), changes
    assert "adapted" in source.exporter()


@pytest.mark.parametrize(
    ("model", "classes", "told"),
    [
        (with_map(NAMES), ("yes", "no", "perhaps"), "handed over in the order 'yes', 'no', 'perhaps', and the model's"),
        (with_map(NAMES), ("no", "maybe", "yes"), "'maybe', 'yes' are handed over, and the model has 'no', 'perhaps'"),
        (with_map(), ("2", "1", "0"), "handed over in the order '2', '1', '0', and the model's probabilities have"),
    ],
)
def test_classes_that_the_file_has_otherwise_are_refused(came, model, classes, told):
    with pytest.raises(ModelError) as refused:
        came(model, classes)
    assert told in refused.value.message
    assert "Trained.classes" in refused.value.hint


def test_whole_numbers_as_columns_and_columns_called_as_answers(came, tmp_path):
    inputs = (Column("label", "int64"), Column("p", "float32"))
    source, signature = came(graph(TWO_COLUMNS), inputs=inputs)
    columns = {"label": np.array([2, -3]), "p": np.array([0.5, 1.5])}
    assert (signature.label, signature.probabilities) == ("label_", "probabilities")
    assert answered(source, signature, tmp_path, columns).answers().labels.tolist() == ["no", "perhaps"]


def test_a_number_stays_a_number(came, tmp_path):
    source, signature = came(graph(NUMBER), classes=("y",), task="regression")
    found = answered(source, signature, tmp_path, {"a": np.array([1.0, 2.0]), "b": np.array([0.0, 1.0])})
    assert found.answers().scores.tolist() == [[2.0], [3.0]]


def test_one_probability_becomes_two(came, tmp_path):
    sigmoid = graph(NUMBER.replace("y = MatMul (X, w)", "r = MatMul (X, w) y = Sigmoid (r)"))
    source, signature = came(sigmoid, classes=("no", "yes"), task="binary")
    answers = answered(source, signature, tmp_path, {"a": np.array([1.0, -1.0]), "b": np.zeros(2)}).answers()
    assert answers.labels.tolist() == ["yes", "no"]
    assert answers.scores.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert "stands for two probabilities" in "\n".join(source.adapted(INPUTS))


@pytest.mark.parametrize("model", [labels_first(), rows_first(), a_list()], ids=["labels first", "rows first", "list"])
def test_pairs_for_each_label_become_the_number_of_yes(came, tmp_path, model):
    source, signature = came(model, classes=("p", "q"), task="multilabel")
    answers = answered(source, signature, tmp_path, {"a": np.array([1.0, -1.0]), "b": np.array([2.0, 1.0])}).answers()
    assert (answers.scores > 0.5).tolist() == [[True, True], [False, True]]
    assert "that of yes is kept" in "\n".join(source.adapted(INPUTS))


def fixed():
    model = classifier()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 3
    return model


@pytest.mark.parametrize(
    ("model", "inputs", "told"),
    [
        (graph(BIASED), INPUTS, "scores holds no probabilities, as 1, 2, 3: each lies between 0 and 1"),
        (graph(SHORT), INPUTS, "p holds no probabilities, as 0.3, 0.3, 0.3: those of a row add up to 0.9, not to 1"),
        (graph(TWICE), INPUTS, "the model answers several things: p .*; q "),
        (
            classifier(("perhaps", "no", "yes")),
            INPUTS,
            "the classes are handed over in the order 'no', 'perhaps', 'yes'",
        ),
        (with_map(("a", "b", "c")), INPUTS, "'no', 'perhaps', 'yes' are handed over, and the model has 'a', 'b', 'c'"),
        (NAMED_LATER, INPUTS, "and the model's probabilities have the order 'yes', 'no', 'perhaps'"),
        (graph(LABELS), INPUTS, "answers label alone"),
        (classifier(), INPUTS[:1], "takes 2 values a row, and the table has 1 columns"),
        (classifier(), (*INPUTS, Column("c", "float32")), "takes 2 values a row, and the table has 3 columns"),
        (fixed(), INPUTS, "takes exactly 3 rows at once"),
    ],
    ids=[
        "logits",
        "a sum",
        "two outputs",
        "an order",
        "other classes",
        "a constant",
        "labels",
        "a column less",
        "a column more",
        "a fixed batch",
    ],
)
def test_what_cannot_be_delivered_is_refused_in_words(came, model, inputs, told):
    with pytest.raises(ModelError, match=told):
        came(model, inputs=inputs)


def test_a_file_of_the_form_stays_as_it_is(came, tmp_path):
    source, signature = came(with_map(NAMES))
    content = source.to_onnx(signature.inputs)
    (tmp_path / "again.onnx").write_bytes(content)
    again = as_exported(tmp_path / "again.onnx", INPUTS, Multiclass(NAMES))
    assert (again.content, again.changes) == (content, ())


def findings(source, signature, tmp_path, policy):
    columns = {name: values for name, values in rows().items() if name in "ab"}
    judged = answered(source, signature, tmp_path, columns)
    evidence = measure_parity(judged, source, OnnxRuntime(), profile_of(columns, signature), SUBJECT, sha256(b"s"))
    found = judge_parity(policy, evidence, SUBJECT, signature)
    return {each.rule: each for each in found}, evidence


def test_without_a_source_parity_is_undecided_unless_the_policy_lets_it_pass(came, tmp_path):
    source, signature = came(with_map())
    found, evidence = findings(source, signature, tmp_path, ParityPolicy(tolerance="calibrated"))
    assert evidence.without_source
    assert {rule: each.outcome for rule, each in found.items() if each.outcome != "passed"} == {"source": "undecided"}
    assert "save_reference" in found["source"].remedy
    lax = ParityPolicy(tolerance="calibrated", without_source="variation_only")
    found, _ = findings(source, signature, tmp_path, lax)
    assert {each.outcome for each in found.values()} == {"passed"}
    assert {"source", "settings", "names"} <= found.keys()


def test_stored_answers_are_compared_with_the_adapted_file(came, tmp_path):
    source, signature = came(with_map())
    columns = {name: values for name, values in rows().items() if name in "ab"}
    save_reference(columns, source.predict(columns), tmp_path / "answers.npz")
    stored, signature = came(with_map(), reference="answers.npz")
    policy = ParityPolicy(max_absolute=1e-6, max_relative=1e-3)
    found, evidence = findings(stored, signature, tmp_path, policy)
    assert not evidence.without_source
    assert {each.outcome for each in found.values()} == {"passed"}, found
    wrong = {**source.predict(columns)}
    wrong["label"] = np.roll(wrong["label"], 1)
    save_reference(columns, wrong, tmp_path / "answers.npz")
    stored, signature = came(with_map(), reference="answers.npz")
    assert findings(stored, signature, tmp_path, policy)[0]["flips"].outcome == "refused"


@pytest.mark.parametrize("stored", [False, True])
def test_what_was_opened_needs_the_file_no_more(came, tmp_path, stored):
    if stored:
        columns, outputs = rows(), {"probabilities": np.full((len(rows()["a"]), 3), 1 / 3)}
        save_reference(columns, outputs, tmp_path / "answers.npz")
    source, signature = came(classifier(), **({"reference": "answers.npz"} if stored else {}))
    before = source.to_onnx(signature.inputs), source.exporter(), source.adapted(signature.inputs)
    (tmp_path / "came.onnx").unlink()
    assert (source.to_onnx(signature.inputs), source.exporter(), source.adapted(signature.inputs)) == before


def test_to_let_a_model_pass_without_training_rows_demands_less():
    lax = replace(STRICT, data=replace(STRICT.data, without_training="allowed"))
    (loosened,), (tightened,) = policy_changes(STRICT, lax), policy_changes(lax, STRICT)
    assert (loosened.looser, tightened.looser) == (True, False)


def test_to_let_a_file_pass_without_source_demands_less():
    lax = replace(STRICT, parity=replace(STRICT.parity, without_source="variation_only"))
    (loosened,), (tightened,) = policy_changes(STRICT, lax), policy_changes(lax, STRICT)
    assert (loosened.looser, tightened.looser) == (True, False)


IDS = Input("ids", "int64", (Axis("length", 4),))
IDS_AND_A = """agraph (int64[N,4] ids, float[N,1] a) => (float[N,1] y) {
  axes = Constant <value = int64[1] {1}> ()
  known = Cast <to = 1> (ids)
  sum = ReduceSum <keepdims = 1> (known, axes)
  y = Add (sum, a)
}"""


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (INPUTS[:1], r"the model takes ids: int64 \(N, 4\), and `inputs\(\)` does not name it"),
        ((IDS,), r"the model takes a: float32 \(N, 1\), and `inputs\(\)` does not name it"),
        ((replace(IDS, name="idx"), INPUTS[0]), r"does not name it; did you mean 'idx'"),
        ((IDS, *INPUTS), r"the model does not take b"),
        ((replace(IDS, axes=()), INPUTS[0]), r"by `inputs\(\)`, ids: int64 \(N, 4\); one column is given: ids"),
    ],
    ids=["no ids", "no number", "another name", "one more", "no tensor"],
)
def test_a_tensor_or_a_number_that_inputs_does_not_give_is_told_in_its_words(came, inputs, told):
    with pytest.raises(ModelError, match=told) as raised:
        came(graph(IDS_AND_A), ("y",), inputs, "regression")
    assert "--inputs" not in raised.value.hint


def test_a_tensor_beside_a_number_is_handed_over_as_it_is(came):
    assert came(graph(IDS_AND_A), ("y",), (IDS, INPUTS[0]), "regression")[1].names == ("ids", "a")


def test_whole_numbers_in_another_order_than_their_names_are_refused(came):
    with pytest.raises(ModelError, match="handed over in the order '1', '0', '2'"):
        came(classifier((0, 1, 2)), classes=("1", "0", "2"))
    came(classifier((0, 1, 2)))  # they are the places of these names


def test_what_can_be_done_in_a_project_about_several_outputs_is_told(came):
    with pytest.raises(ModelError) as raised:
        came(graph(TWICE))
    assert raised.value.hint == "export it with the one that is meant alone"
