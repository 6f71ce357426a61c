"""An ONNX file of somebody else's and a table: judged as what it is, or refused in words."""

from dataclasses import replace

import numpy as np
import pytest
from graphs_of_others import LABELS, LOGITS, NUMBER, TWO_COLUMNS, Judged, classifier, graph, rows, with_map
from onnx import TensorProto, helper

from lockgate.domain.judging.deciding.floors import Floor
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.model.graphs.facts import DeclaredInput
from lockgate.domain.model.graphs.inferred_task import Stated
from lockgate.errors import DataError, InputError, ModelError, SettingsError
from lockgate.usecases.judging.model_files.question import parsed, truths_of

TWO_CLASSES = "agraph (float[N,2] X) => (float[N,2] p) { p = Softmax <axis = 1> (X) }"
NAMES = np.array(["no", "perhaps", "yes"], dtype=object)


@pytest.fixture
def judged(tmp_path):
    return Judged(tmp_path)


def said(judgement):
    return "\n".join(judgement.said)


def test_a_tensor_is_fed_with_the_columns_in_the_order_of_the_table(judged):
    found = judged(graph(TWO_COLUMNS), rows(), floors=parsed(["accuracy=0.9"]))
    assert [(each.input, each.columns) for each in found.fed] == [("X", ("a", "b"))]
    assert (found.outcome, found.task.kind, found.measured["accuracy"].value) == ("passed", "multiclass", 1.0)


def test_other_columns_are_fed_where_they_are_named(judged):
    columns = rows()
    swapped = {"id": np.arange(60), "b": columns["b"], "a": columns["a"], "y": columns["y"]}
    assert judged(graph(TWO_COLUMNS), swapped, inputs={"X": ("a", "b")}).measured["accuracy"].value == 1.0
    with pytest.raises(ModelError, match=r"X takes 2 values a row, and the table has 3 columns .*: id, b, a"):
        judged(graph(TWO_COLUMNS), swapped)
    with pytest.raises(ModelError, match=r"no column c"):
        judged(graph(TWO_COLUMNS), swapped, inputs={"X": ("a", "c")})


@pytest.mark.parametrize("model", [classifier(), with_map()], ids=["tensor", "map"])
def test_a_map_of_classes_is_judged_as_the_tensor_is(judged, model):
    found = judged(model, rows())
    assert (found.task.columns, found.label, found.numbers) == (("0", "1", "2"), "label", "p")
    assert found.measured["accuracy"].value == 1.0


def test_without_a_floor_nothing_passes(judged):
    assert (found := judged(classifier(), rows())).outcome == "undecided"
    assert not found.demanded
    assert judged(classifier(), rows(), floors=parsed(["log_loss=0.0001"])).outcome == "refused"


def test_numbers_beside_texts_are_no_answers(judged):
    columns = rows()
    columns["y"] = NAMES[columns["y"]]
    with pytest.raises(ModelError, match=r"the model answers numbers, '0', '1', '2', and the rows say 'no'") as caught:
        judged(with_map(), columns)
    assert "--classes" in caught.value.hint
    found = judged(with_map(), columns, stated=Stated(classes=tuple(NAMES)))
    assert found.measured["accuracy"].value == 1.0
    assert "0 means no, 1 means perhaps, 2 means yes" in said(found)
    assert judged(with_map(tuple(NAMES)), columns).measured["accuracy"].value == 1.0


@pytest.mark.parametrize("model", [with_map(), graph(LABELS)], ids=["map", "labels"])
def test_texts_that_read_like_the_numbers_are_said(judged, model):
    columns = rows()
    columns["y"] = columns["y"].astype(str).astype(object)
    assert "taken for the same" in said(judged(model, columns))


def test_a_label_that_no_class_names(judged):
    columns = rows()
    columns["y"][3] = 7
    with pytest.raises(DataError, match="'7'"):
        judged(with_map(), columns)


def test_raw_scores_are_no_probabilities(judged):
    with pytest.raises(ModelError, match=r"a probability lies between 0 and 1") as caught:
        judged(graph(LOGITS), rows())
    assert "--scores logits" in caught.value.hint
    found = judged(graph(LOGITS), rows(), stated=Stated(scores="logits"))
    same = judged(graph(TWO_COLUMNS), rows())
    assert found.measured["log_loss"].value == pytest.approx(same.measured["log_loss"].value, abs=1e-6)
    with pytest.raises(ModelError, match="are probabilities already"):
        judged(graph(TWO_COLUMNS), rows(), stated=Stated(scores="logits"))


def test_labels_alone_have_no_metric_of_probabilities(judged):
    found = judged(graph(LABELS), rows(), floors=parsed(["accuracy=0.9"]))
    assert "log_loss" not in found.measured
    assert found.outcome == "passed"
    with pytest.raises(InputError, match="this model answers no probabilities"):
        judged(graph(LABELS), rows(), floors=parsed(["log_loss=0.9"]))


def test_one_number_and_a_number_that_is_true_is_a_regression(judged):
    columns = rows()
    columns["y"] = 2 * columns["a"] - columns["b"] + 0.01
    found = judged(graph(NUMBER), columns, floors=parsed(["mean_absolute_error=0.1"]))
    assert (found.task.kind, found.outcome) == ("regression", "passed")
    with pytest.raises(ModelError, match="answers one of 3 classes, and y is a number"):
        judged(graph(TWO_COLUMNS), columns)
    with pytest.raises(ModelError, match="--task multiclass: y holds numbers that are no classes"):
        judged(graph(NUMBER), columns, stated=Stated(task="multiclass"))


def test_quantiles_are_named_in_their_order(judged):
    columns = rows()
    added = "m = MatMul (X, w) k = Constant <value = float[3] {-1.0, 0.0, 1.0}> () y = Add (m, k)"
    three = NUMBER.replace("y = MatMul (X, w)", added)
    columns["y"] = 2 * columns["a"] - columns["b"] + 0.01
    asked = Stated(quantiles=(0.05, 0.5, 0.95))
    found = judged(graph(three.replace("float[N,1] y", "float[N,3] y")), columns, stated=asked)
    assert (found.task.quantiles, found.task.kind) == ((0.05, 0.5, 0.95), "regression")
    assert found.measured["mean_absolute_error"].value == pytest.approx(0.01, abs=1e-6)
    with pytest.raises(ModelError, match="answers 1 numbers a row, and 3 quantiles are named"):
        judged(graph(NUMBER), columns, stated=asked)
    with pytest.raises(ModelError, match="--quantiles: "):
        judged(graph(NUMBER), columns, stated=Stated(quantiles=(0.9, 0.5)))


def test_several_columns_of_truth_are_labels_or_targets(judged):
    columns = rows()
    single = {name: columns["y"] == place for place, name in enumerate("klm")}
    table = {"a": columns["a"], "b": columns["b"], **single}
    assert judged(graph(TWO_COLUMNS), table, *"klm").task.kind == "multilabel"
    numbers = {name: values + 0.5 for name, values in single.items()}
    assert judged(graph(LOGITS), {**table, **numbers}, *"klm").task.kind == "regression"
    with pytest.raises(ModelError, match="3 numbers a row, and 2 columns say what is true"):
        judged(graph(TWO_COLUMNS), {name: table[name] for name in "abkl"}, *"kl")


def test_of_two_classes_the_positive_one_is_named(judged):
    two = graph(TWO_CLASSES)
    columns = rows()
    columns["y"] = NAMES[2 * (columns["b"] > columns["a"]).astype(int)]
    classes = ("no", "yes")
    with pytest.raises(ModelError, match="which of 'no' and 'yes' is the positive class") as raised:
        judged(two, columns, stated=Stated(classes=classes))
    assert raised.value.hint == "say it: --positive yes"
    lines = {**columns, "y": np.where(columns["y"] == "yes", "yes\nsir", columns["y"]).astype(object)}
    with pytest.raises(ModelError, match="is the positive class") as raised:
        judged(two, lines, stated=Stated(classes=("no", "yes\nsir")))
    assert raised.value.hint == r"say it: --positive $'yes\nsir'"
    found = judged(two, columns, stated=Stated(classes=classes, positive="yes"))
    assert found.measured["roc_auc"].value == 1.0
    with pytest.raises(ModelError, match="does not say which class each of its 2 probabilities is of"):
        judged(two, columns)


def test_a_fixed_number_of_rows_is_filled_up(judged):
    model = classifier()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 7
    found = judged(model, rows(61))
    assert "exactly 7 rows at once" in said(found)
    assert (found.measured["accuracy"].value, found.count) == (1.0, 61)


def test_weights_that_are_listed_as_inputs_are_not_fed(judged):
    model = graph(TWO_COLUMNS)
    weights = helper.make_tensor("unused", TensorProto.FLOAT, [1], [1.0])
    model.graph.initializer.append(weights)
    model.graph.input.append(helper.make_tensor_value_info("unused", TensorProto.FLOAT, [1]))
    assert "1 of its inputs are weights" in said(judged(model, rows()))


def test_names_with_colons_and_types_of_their_own(judged):
    text = """agraph (double[N,1] ain, int32[N,1] bin) => (double[N,1] y) {
      c = Cast <to = 11> (bin)
      y = Add (ain, c)
    }"""
    model = graph(text)
    for node, name in zip(model.graph.input, ("serving:a", "serving:b"), strict=True):
        for each in model.graph.node:
            each.input[:] = [name if found == node.name else found for found in each.input]
        node.name = name
    columns = {"serving:a": np.arange(30) / 7, "serving:b": np.arange(30), "y": np.arange(30) * (8 / 7) + 0.1}
    found = judged(model, columns)
    assert found.measured["mean_absolute_error"].value == pytest.approx(0.1)
    with pytest.raises(ModelError, match="no column serving:b"):
        judged(model, {name: columns[name] for name in ("serving:a", "y")})


def test_a_column_may_have_the_name_of_a_tensor_of_the_graph(judged):
    columns = rows()
    columns = {"w": columns["a"], "p": columns["b"], "y": columns["y"]}
    assert judged(graph(TWO_COLUMNS), columns).measured["accuracy"].value == 1.0


@pytest.mark.parametrize(("given", "told"), [("state", "stateN"), ("h", "hn"), ("past_0", "present_0")])
def test_a_model_with_a_memory_is_refused(judged, given, told):
    text = f"""agraph (float[N,2] X, float[2,N,4] {given}) => (float[N,2] p, float[2,N,4] {told}) {{
      p = Softmax <axis = 1> (X)
      {told} = Identity ({given})
    }}"""
    with pytest.raises(ModelError, match=f"{told} goes into {given} at the next call"):
        judged(graph(text), rows())


def test_a_value_for_all_rows_is_no_column(judged):
    text = "agraph (float[N,2] X, int64 sr) => (float[N,2] p) { p = Softmax <axis = 1> (X) }"
    with pytest.raises(ModelError, match="sr is one value for all rows"):
        judged(graph(text), rows())


def test_outputs_with_colons_in_another_order(judged):
    text = "agraph (float[N,2] X) => (float[N,2] p, float[N,2] q) { p = Softmax <axis = 1> (X) q = Identity (X) }"
    model = graph(text)
    for place, number in ((0, 2), (1, 1)):
        model.graph.node[place].output[0] = model.graph.output[place].name = f"Stateful:{number}"
    columns = {**rows(), "y": np.arange(60) % 2}
    with pytest.raises(ModelError, match=r"answers several things: Stateful:2 \[60, 2\]; Stateful:1 \[60, 2\]"):
        judged(model, columns)
    assert judged(model, columns, stated=Stated(output="Stateful:2")).numbers == "Stateful:2"


def test_no_answer_is_no_pass(judged):
    text = "agraph (float[N,2] X) => (float[N,2] p) { s = Softmax <axis = 1> (X) z = Sub (s, s) p = Div (z, z) }"
    columns = rows()
    columns["y"] = np.arange(60) % 2
    found = judged(graph(text), columns, floors=parsed(["accuracy=0.1"]))
    assert "60 of 60 rows get no number" in said(found)
    assert found.outcome != "passed"


def test_answers_of_several_axes_are_refused(judged):
    text = """agraph (float[N,2] X) => (float[N,2,2] y) {
      s = Constant <value = int64[3] {-1, 2, 1}> ()
      c = Reshape (X, s)
      t = Transpose <perm = [0, 2, 1]> (c)
      y = MatMul (c, t)
    }"""
    with pytest.raises(ModelError, match=r"y is float32 \[60, 2, 2\]"):
        judged(graph(text), rows())


def test_one_of_several_outputs_is_named(judged):
    text = "agraph (float[N,2] X) => (float[N,2] p, float[N,2] q) { p = Softmax <axis = 1> (X) q = Identity (X) }"
    columns = rows()
    columns["y"] = (columns["b"] > columns["a"]).astype(int)
    with pytest.raises(ModelError, match=r"answers several things: p .*q"):
        judged(graph(text), columns)
    assert judged(graph(text), columns, stated=Stated(output="p")).measured["accuracy"].value == 1.0
    with pytest.raises(ModelError, match="no output 'r'"):
        judged(graph(text), columns, stated=Stated(output="r"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no ONNX model"),
        (b"\x00" * 100, "no ONNX"),
        (
            graph(TWO_COLUMNS).SerializeToString()[:-40],
            r"no ONNX (file|model)|the model has no",
        ),
    ],
)
def test_no_onnx_file(judged, content, told):
    with pytest.raises(ModelError, match=told):
        judged(content, rows())


def test_an_operator_of_somebody_is_refused(judged):
    model = graph(TWO_COLUMNS)
    model.graph.node[-1].domain = "acme.ops"
    with pytest.raises(ModelError, match=r"operators that ONNX does not define: Softmax of acme\.ops"):
        judged(model, rows())


@pytest.mark.parametrize("where", ["/etc/hostname", "../weights.bin", "nested/../../weights.bin"])
def test_weights_outside_of_the_folder_are_not_read(judged, where):
    model = graph(TWO_COLUMNS)
    weights = helper.make_tensor("k", TensorProto.FLOAT, [1], [1.0])
    weights.ClearField("float_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=where)
    model.graph.initializer.append(weights)
    with pytest.raises(ModelError, match="outside of the model's folder"):
        judged(model, rows())


def policy(**more):
    accuracy = {"metric": "accuracy", "floor": 0.8, **more.pop("accuracy", {})}
    return Policy(TestsPolicy(), AccuracyPolicy(**accuracy), ParityPolicy(tolerance="calibrated"), **more)


def test_a_policy_judges_by_the_answers_and_says_what_it_does_not_ask(judged):
    columns = rows(600, region=np.array(["north", "south"] * 300, dtype=object))
    model = {"inputs": {"X": ("a", "b")}}
    slices = SlicesPolicy(by=("region",), floor=0.9, min_rows=100)
    found = judged(classifier(), columns, policy=policy(accuracy={"slices": slices}), **model)
    assert (found.outcome, found.demanded) == ("passed", True)
    assert {each.rule for each in found.findings if each.gate == "accuracy"} >= {"floor"}
    assert any("region" in each.rule for each in found.findings)
    assert "champion" not in {each.rule for each in found.findings}
    assert {"data", "robustness", "tests", "integrity"} <= found.not_asked.keys()
    assert found.not_asked["calibration"] == "the policy leaves it off"
    columns["y"] = np.where(columns["region"] == "north", columns["y"], (columns["y"] + 1) % 3)
    found = judged(classifier(), columns, policy=policy(accuracy={"floor": 0.4, "slices": slices}), **model)
    assert found.outcome == "refused"


def test_calibration_is_judged_by_a_policy_that_asks_for_it(judged):
    asked = CalibrationPolicy(max_calibration_error=0.02)
    columns = rows(600)
    columns["y"] = (columns["b"] > columns["a"]).astype(int)  # always right, and never sure
    found = judged(graph(TWO_CLASSES), columns, policy=policy(calibration=asked))
    assert next(each for each in found.findings if each.gate == "calibration").outcome == "refused"
    assert "calibration" not in found.not_asked
    warned = judged(graph(TWO_CLASSES), columns, policy=policy(calibration=replace(asked, mode="warn")))
    assert warned.outcome == "passed"


def test_a_policy_of_another_task_or_of_probabilities_that_are_not_there(judged):
    with pytest.raises(SettingsError, match="r2 is no metric of a multiclass task"):
        judged(classifier(), rows(), policy=policy(accuracy={"metric": "r2"}))
    with pytest.raises(SettingsError, match="the model answers labels alone"):
        judged(graph(LABELS), rows(), policy=policy(accuracy={"metric": "roc_auc_ovr"}))


def test_rows_that_were_trained_on_are_told(judged):
    columns = rows()
    judged.training = {name: values[:20] for name, values in columns.items()}
    where = judged.folder / "training.parquet"
    assert "20 of 60 rows are training rows as well" in said(judged(classifier(), columns, training=where))
    judged.training = {"a": columns["a"]}
    with pytest.raises(DataError, match="has no column b"):
        judged(classifier(), columns, training=where)


def test_a_declared_shape_that_is_not_true_is_said(judged):
    model = graph(TWO_COLUMNS)
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 9
    assert "p: float32 (N, 9); it answers [60, 3]" in said(judged(model, rows()))


def test_a_column_that_is_no_input_is_left_out(judged):
    columns = {"id": np.arange(60), **rows()}
    assert judged(graph(TWO_COLUMNS), columns, ignored=("id",)).measured["accuracy"].value == 1.0
    with pytest.raises(DataError, match="has no column idd; did you mean 'id'"):
        judged(graph(TWO_COLUMNS), columns, ignored=("idd",))


def test_of_a_slow_model_the_first_rows_are_asked_in_every_setting(judged, monkeypatch):
    moments = iter((0.0, 6.0))
    monkeypatch.setattr(type(judged.bench.clock), "seconds", lambda _: next(moments))
    found = judged(classifier(), rows(600))
    assert next(each for each in found.findings if each.gate == "parity").rows == 50
    assert found.count == 600


def test_a_table_without_the_column_or_without_rows(judged):
    with pytest.raises(DataError, match="has no column z"):
        judged(classifier(), rows(), "z")
    with pytest.raises(DataError, match="has no row"):
        judged(classifier(), {name: values[:0] for name, values in rows().items()})


def test_a_table_without_a_line_of_names_is_told(judged):
    with pytest.raises(DataError, match="has no column y") as raised:
        judged(graph(TWO_COLUMNS), {"5.1": np.ones(3), "-3e2": np.ones(3)})
    assert raised.value.hint == "its first line is no line of names: write one"


def test_rows_that_depend_on_each_other_widen_the_interval(judged):
    columns = rows(600)
    columns["y"] = np.where(np.arange(600) // 20 % 5 == 0, 1, columns["y"])
    alone = judged(classifier(), columns).measured["accuracy"].interval
    blocks = judged(classifier(), {**columns, "day": np.arange(600) // 20}, group="day").measured["accuracy"].interval
    assert blocks.high - blocks.low > alone.high - alone.low


@pytest.mark.parametrize("text", ["accuracy", "accuracy=high", "=0.3", "accuracy=0.9=1"])
def test_no_floor(text):
    with pytest.raises(InputError, match="no floor"):
        Floor.parse(text)


def test_a_floor_of_one_class(judged):
    found = judged(classifier(), rows(), floors=parsed(["recall[1]=0.7"]))
    assert next(each for each in found.findings if each.rule == "floor of recall[1]").measured == 1.0
    with pytest.raises(InputError, match="there is no '9'"):
        judged(classifier(), rows(), floors=parsed(["recall[9]=0.5"]))
    with pytest.raises(InputError, match=r"accuracy=1\.5"):
        judged(classifier(), rows(), floors=parsed(["accuracy=1.5"]))


@pytest.mark.parametrize(("label", "labels"), [(None, ()), ("y", ("a",)), (None, ("a", "a"))])
def test_what_is_true_is_named_once(label, labels):
    with pytest.raises(InputError, match="name the column that says what is true"):
        truths_of(label, labels)


def test_a_row_without_a_class_is_named_as_one_without(judged):
    columns = rows()
    truth = columns["y"].astype(np.float64)
    truth[7] = np.nan
    with pytest.raises(ModelError, match="y: row 7: no class stands there"):
        judged(classifier(), {**columns, "y": truth})


def test_labels_at_once_without_their_probabilities_say_what_to_export(judged):
    several = "agraph (float[N,2] X) => (int64[N,2] label) { label = Cast <to = 7> (X) }"
    with pytest.raises(ModelError, match="no answer of one form") as raised:
        judged(graph(several), {**rows(), "z": rows()["y"]}, "y", "z")
    assert "export them as one tensor" in raised.value.hint


def test_a_table_without_columns_is_not_asked_which_of_none(judged):
    with pytest.raises(ModelError, match="the table has 0 columns beside the truth") as raised:
        judged(graph(TWO_COLUMNS), {"y": rows()["y"]})
    assert raised.value.hint == "give it rows with the 2 columns that the model takes"


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ((DeclaredInput("", 2),), ""),
        ((DeclaredInput("a", 1), DeclaredInput("b", 1)), ""),
        ((DeclaredInput("", None),), ""),
        ((DeclaredInput("", 7),), "it says that a row has 7 values; the graph takes X: float32 (N, 2), and the graph"),
        ((DeclaredInput("a", 1),), "it says that a row has 1 values"),
    ],
)
def test_a_signature_of_a_registry_that_is_not_that_of_the_graph_is_said(judged, declared, told):
    notes = said(judged(classifier(), rows(), declared=declared))
    assert told in notes
    assert bool(told) == ("its signature in the registry is another" in notes)


def test_names_of_a_registry_that_are_not_those_of_the_graph_are_said(judged):
    text = """agraph (float[N,1] a, float[N,1] b) => (float[N,2] p) {
      both = Concat <axis = 1> (a, b)
      p = Softmax <axis = 1> (both)
    }"""
    columns = {**rows(), "y": np.arange(60) % 2}
    notes = said(judged(graph(text), columns, declared=(DeclaredInput("a", 1), DeclaredInput("c", 1))))
    assert "it names a, c; the graph takes a: float32 (N, 1); b: float32 (N, 1)" in notes


def test_what_is_true_is_fed_to_no_input(judged):
    with pytest.raises(
        InputError, match="--inputs X: y says what is true of a row: the model would be told the answer"
    ):
        judged(graph(TWO_COLUMNS), rows(), inputs={"X": ("a", "y")})


@pytest.mark.parametrize(
    ("model", "stated", "told"),
    [
        (TWO_COLUMNS, Stated(positive="1"), "--positive 1: the task is multiclass, and has no positive class"),
        (NUMBER, Stated(positive="1"), "--positive 1: the task is regression, and has no positive class"),
        (NUMBER, Stated(classes=("a", "b")), "--classes a,b: the task is regression, and has no classes"),
        (NUMBER, Stated(scores="logits"), "--scores logits: the task is regression, and its numbers are judged as"),
    ],
)
def test_an_option_that_the_task_has_no_use_for(judged, model, stated, told):
    columns = rows()
    if model is NUMBER:
        columns["y"] = columns["a"] * 2.0
    with pytest.raises(InputError, match=told):
        judged(graph(model), columns, stated=stated)
