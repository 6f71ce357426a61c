"""Answers as converters write them: several labels at once in four forms, labels of other types, one axis or none."""

import numpy as np
import pytest
from graphs_of_others import (
    LOGITS,
    SCORES,
    TURN,
    TWO_COLUMNS,
    Judged,
    a_list,
    classifier,
    graph,
    labels_first,
    rows,
    rows_first,
)
from onnx import helper

from lockgate.domain.model.graphs.inferred_task import Stated
from lockgate.errors import ModelError
from lockgate.usecases.judging.model_files.question import parsed

NO_MAP = "names no class: no runtime loads it"


def at_once():
    """``p`` is where a is above 0, ``q`` where b is."""
    columns = rows()
    return {"a": columns["a"], "b": columns["b"], "p": columns["a"] > 0, "q": columns["b"] > 0}


def marked():
    return graph(f"""agraph (float[N,2] X) => (int64[N,2] label, float[N,2] second) {{ {TURN}
      half = Constant <value = float[1] {{0.5}}> () over = Greater (second, half) label = Cast <to = 7> (over) }}""")


@pytest.fixture
def judged(tmp_path):
    return Judged(tmp_path)


def said(judgement):
    return "\n".join(judgement.said)


@pytest.mark.parametrize("model", [labels_first(), rows_first(), a_list(), marked()])
def test_labels_at_once_are_judged_in_each_form(judged, model):
    found = judged(model, at_once(), "p", "q", floors=parsed(["recall[q]=0.8"]))
    assert (found.task.kind, found.task.columns, found.outcome) == ("multilabel", ("p", "q"), "passed")
    assert found.measured["accuracy"].value == 1.0
    with pytest.raises(ModelError, match="answers 2 labels at once") as raised:
        judged(model, at_once(), "p", ignored=("q",))
    assert "--labels a --labels b" in raised.value.hint


def test_labels_at_once_by_name_of_the_task_want_their_columns(judged):
    with pytest.raises(
        ModelError, match="--task multilabel: the model answers 2 numbers a row, and one column"
    ) as raised:
        judged(marked(), at_once(), "p", ignored=("q",), stated=Stated(task="multilabel"))
    assert "--labels a --labels b" in raised.value.hint


def test_probabilities_that_do_not_add_up_may_be_of_labels_at_once(judged):
    alone = graph(f"agraph (float[N,2] X) => (float[N,2] second) {{ {TURN} }}")
    with pytest.raises(ModelError, match="add up to") as raised:
        judged(alone, {**at_once(), "y": np.arange(60) % 2}, ignored=("p", "q"))
    assert "--labels a --labels b" in raised.value.hint


def test_a_list_of_several_shapes_is_refused_in_words(judged):
    model = a_list("i = Constant <value = int64[2] {0, 1}> () j = Constant <value = int64 {1}> ()")
    with pytest.raises(ModelError, match="y is a list of tensors of several shapes"):
        judged(model, at_once(), "p", "q")


def test_a_map_without_classes_is_refused_in_words(judged):
    model = classifier()
    model.graph.node[0].output[1] = "raw"
    model.graph.node.append(helper.make_node("ZipMap", ["raw"], ["p"], domain="ai.onnx.ml"))
    with pytest.raises(ModelError, match=NO_MAP):
        judged(model, rows())


def test_raw_scores_vary_as_probabilities(judged):
    sharp = LOGITS.replace(
        "raw = MatMul (X, w)", "m = MatMul (X, w) k = Constant <value = float[1] {1e4}> () raw = Mul (m, k)"
    )
    found = judged(graph(sharp), rows(), stated=Stated(scores="logits"))
    assert next(each for each in found.findings if each.gate == "parity").outcome == "passed"


def test_logarithms_of_probabilities_are_told_as_such(judged):
    with pytest.raises(ModelError, match="a probability lies between 0 and 1") as raised:
        judged(graph(TWO_COLUMNS.replace("Softmax", "LogSoftmax")), rows())
    assert "logarithms of probabilities" in raised.value.hint


CLASSES = "l = ArgMax <axis = 1, keepdims = 0> (X)"
OF_TWO = {
    "whole": ("int64[N] label", "label = Cast <to = 7> (l)"),
    "int32 (rows, 1)": ("int32[N,1] label", "m = ArgMax <axis = 1> (X) label = Cast <to = 6> (m)"),
    "truth values": ("bool[N] label", "label = Cast <to = 9> (l)"),
    "text": ("string[N] label", "label = Cast <to = 8> (l)"),
}
TRUTHS = {
    "whole": lambda y: y,
    "float": lambda y: y.astype(np.float64),
    "truth values": lambda y: y.astype(bool),
    "text": lambda y: y.astype(str).astype(object),
}


def alone(form):
    declared, made = OF_TWO[form]
    return graph(f"agraph (float[N,2] X) => ({declared}) {{ {CLASSES} {made} }}")


@pytest.mark.parametrize(
    ("form", "truth"),
    [(form, truth) for form in OF_TWO for truth in TRUTHS if form == "whole" or truth in {"whole", "truth values"}],
)
def test_labels_and_truth_of_other_types_are_the_same_two_classes(judged, form, truth):
    columns = rows()
    columns["y"] = TRUTHS[truth]((columns["b"] > columns["a"]).astype(int))
    found = judged(alone(form), columns)
    assert (found.task.kind, found.measured["accuracy"].value) == ("binary", 1.0)
    if (form == "truth values") != (truth == "truth values"):
        assert "means" in said(found)


def test_classes_that_one_side_alone_has(judged):
    columns = rows()
    model = graph(f"agraph (float[N,2] X) => (int64[N] label) {{ {CLASSES} label = Identity (l) }}")
    right = (columns["b"] > columns["a"]).astype(int)
    found = judged(model, {**columns, "y": right + 1})
    assert "the model answers '0', which no row is, and never '2', which rows are" in said(found)
    with pytest.raises(ModelError, match="the model answers '0', '1', and the rows say '8', '9': none is the same"):
        judged(model, {**columns, "y": right + 8})
    named = judged(model, {**columns, "y": right + 8}, stated=Stated(classes=("8", "9"), positive="9"))
    assert named.measured["accuracy"].value == 1.0


def test_one_number_a_row_in_one_axis(judged):
    columns = rows()
    sums = """agraph (float[N,2] X) => (float[N] y) {
      axis = Constant <value = int64[1] {1}> ()
      y = ReduceSum <keepdims = 0> (X, axis)
    }"""
    found = judged(graph(sums), {**columns, "y": columns["a"] + columns["b"] + 0.25})
    assert found.measured["mean_absolute_error"].value == pytest.approx(0.25, abs=1e-6)
    two = np.where(columns["a"] > 0, 2, 1)
    with pytest.raises(ModelError, match="y would fit two tasks") as raised:
        judged(graph(sums), {**columns, "y": two})
    assert "--task binary" in raised.value.hint
    whole = graph(f"agraph (float[N,2] X) => (float[N] y) {{ {CLASSES} y = Cast <to = 1> (l) }}")
    with pytest.raises(ModelError, match="y would fit two tasks") as raised:
        judged(whole, {**columns, "y": columns["y"]})
    assert "answers their labels" in raised.value.hint


@pytest.mark.parametrize("declared", ["string[N] word", "string[N,1] word"])
def test_a_text_a_row(judged, declared):
    shape = "s = Constant <value = int64[1] {-1}> () label = Reshape (word, s)"
    columns = {"word": np.array(["no", "yes", "perhaps"] * 20, dtype=object)}
    found = judged(graph(f"agraph ({declared}) => (string[N] label) {{ {shape} }}"), {**columns, "y": columns["word"]})
    assert (found.task.kind, found.measured["accuracy"].value) == ("multiclass", 1.0)
    with pytest.raises(ModelError, match="word takes string, and the column word holds int64") as raised:
        judged(
            graph(f"agraph ({declared}) => (string[N] label) {{ {shape} }}"),
            {"word": np.arange(60), "y": columns["word"]},
        )
    assert raised.value.hint == "write it as text, in Parquet: in comma-separated text digits are numbers"


def test_a_mask_of_truth_values(judged):
    text = """agraph (int64[N,T] ids, bool[N,T] mask) => (float[N,2] p) {
      f = Cast <to = 1> (ids) m = Cast <to = 1> (mask) kept = Mul (f, m) s = Constant <value = int64[1] {1}> ()
      sum = ReduceSum (kept, s) other = Neg (sum) both = Concat <axis = 1> (other, sum) p = Softmax <axis = 1> (both)
    }"""
    ids = np.arange(60 * 4).reshape(60, 4) % 5 - 2
    kept = ids != 1
    truth = (np.where(kept, ids, 0).sum(axis=1) > 0).astype(int)
    for mask in (kept, kept.astype(np.uint8)):
        assert judged(graph(text), {"ids": ids, "mask": mask, "y": truth}).measured["accuracy"].value == 1.0
    with pytest.raises(ModelError, match="mask: its values are int64; bool takes true or false"):
        judged(graph(text), {"ids": ids, "mask": ids, "y": truth})
    with pytest.raises(ModelError, match="does not run") as raised:
        judged(graph(text), {"ids": ids, "mask": ids[:, :3] > 0, "y": truth})
    assert "T is one size in ids, mask" in raised.value.hint


def test_a_column_that_no_input_takes_is_said(judged):
    text = """agraph (float[N,1] a, float[N,1] b) => (float[N,2] p) {
      both = Concat <axis = 1> (a, b)
      p = Softmax <axis = 1> (both)
    }"""
    columns = rows()
    columns["y"] = (columns["b"] > columns["a"]).astype(int)
    assert "no input takes the column id" in said(judged(graph(text), {**columns, "id": np.arange(60)}))
    assert "no input takes" not in said(judged(graph(text), {**columns, "id": np.arange(60)}, ignored=("id",)))


@pytest.mark.parametrize(("kind", "declared"), [(16, "bfloat16"), (17, "float8e4m3fn")])
def test_an_answer_of_a_type_that_no_array_holds(judged, kind, declared):
    model = graph(f"agraph (float[N,2] X) => (float[N,2] p) {{ p = Cast <to = {kind}> (X) }}")
    model.graph.output[0].type.tensor_type.elem_type = kind
    with pytest.raises(ModelError, match=f"answers no tensor.* p: {declared}"):
        judged(model, rows())


def test_one_value_for_all_rows_is_no_answer(judged):
    text = "agraph (float[N,2] X) => (float total) { total = ReduceSum <keepdims = 0> (X) }"
    with pytest.raises(ModelError, match="gives no answer of one form for each: total is float32"):
        judged(graph(text), rows())
    fixed = graph(text)
    fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 7
    with pytest.raises(ModelError, match="gives no answer of one form for each: total is float32"):
        judged(fixed, rows())


def test_answers_of_other_shapes_to_other_rows(judged):
    found = graph("agraph (float[N,2] X) => (int64[2,M] place) { place = NonZero (X) }")
    found.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    columns = rows()
    columns["a"] = np.arange(60) % 2
    with pytest.raises(ModelError, match=r"what place is of a row has not one shape: \[2, \d\] and \[2, \d\]"):
        judged(found, columns)


def test_a_memory_has_the_name_of_what_goes_into_it(judged):
    text = """agraph (float[N,2] X, float[N,2,1] memory) => (float[N,2] p, float[N,2,1] hidden_out) {
      p = Softmax <axis = 1> (X)
      hidden_out = Identity (memory)
    }"""
    columns = {**rows(), "memory": np.ones((60, 2, 1)), "y": np.arange(60) % 2}
    with pytest.raises(ModelError, match="answers several things"):
        judged(graph(text), columns, inputs={"X": ("a", "b")})


def test_why_a_model_does_not_run_is_told_in_words(judged):
    old = graph(TWO_COLUMNS)
    old.graph.node[-1].op_type = "Softmax"
    old.opset_import[0].version = 1
    with pytest.raises(ModelError) as raised:
        judged(old, rows())
    assert "onnxruntime_src" not in raised.value.message


def test_scores_beside_labels_need_not_be_judged(judged):
    model = classifier()
    model.graph.node[0].attribute.remove(
        next(each for each in model.graph.node[0].attribute if each.name == "post_transform")
    )
    with pytest.raises(ModelError, match="a probability lies between 0 and 1") as raised:
        judged(model, rows())
    assert "judge its labels alone: --output label" in raised.value.hint
    assert judged(model, rows(), stated=Stated(output="label")).measured["accuracy"].value == 1.0


def test_numbers_that_are_no_classes_say_what_they_may_be(judged):
    columns = rows()
    with pytest.raises(ModelError, match="one of 3 classes, and y is a number") as raised:
        judged(graph(LOGITS), {**columns, "y": columns["a"] / 2})
    assert "--quantiles" in raised.value.hint
    with pytest.raises(ModelError, match="3 numbers a row, and the rows are of 5 classes: '0', '1', '2', '3', '4'"):
        judged(graph(LOGITS), {**columns, "y": np.arange(60) % 5})
    with pytest.raises(ModelError, match="X takes 2 values a row, and the table has 1 columns") as raised:
        judged(graph(LOGITS), {"a": columns["a"], "y": columns["y"]})
    assert raised.value.hint == "give it rows with the 2 columns that the model takes"


@pytest.mark.parametrize(("share", "outcome"), [("0.00001", "passed"), ("0.1", "refused")])
def test_answers_that_look_at_the_whole_batch(judged, share, outcome):
    """Float32 does so a little; a quantization by the largest number of a batch does so much."""
    text = f"""agraph (float[N,2] X) => (float[N,2] p) {{
      largest = ReduceMax <axes = [0], keepdims = 1> (X)
      k = Constant <value = float[1] {{{share}}}> ()
      part = Mul (largest, k) moved = Add (X, part) power = Constant <value = float[2] {{1.0, 2.0}}> ()
      scaled = Mul (moved, power) p = Softmax <axis = 1> (scaled)
    }}"""
    columns = rows()
    found = judged(graph(text), {**columns, "y": (columns["b"] > columns["a"]).astype(int)})
    assert next(each for each in found.findings if each.gate == "parity").outcome == outcome


COUNTS = """agraph (float[N,2] X) => (int64[N,1] y) {
  w = Constant <value = float[2,1] {40.0, 0.0}> ()
  m = MatMul (X, w)
  y = Cast <to = 7> (m)
}"""


def test_whole_numbers_that_are_answered_alone_may_be_numbers(judged):
    columns = rows(400)
    columns["y"] = (columns["a"] * 40).astype(np.int64)
    with pytest.raises(ModelError, match="whole numbers alone, and y would fit two tasks") as raised:
        judged(graph(COUNTS), columns)
    assert raised.value.hint == "say which: --task regression, or --task multiclass"
    found = judged(graph(COUNTS), columns, stated=Stated(task="regression"))
    assert (found.task.kind, found.label, found.numbers, found.measured["r2"].value) == ("regression", "", "y", 1.0)
    found = judged(graph(COUNTS), columns, stated=Stated(task="multiclass"))
    assert (found.task.kind, found.measured["accuracy"].value) == ("multiclass", 1.0)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (np.array(["no", "yes"] * 30, dtype=object), "u holds texts, v holds true or false"),
        (np.arange(60) % 3, "u holds numbers, v holds true or false"),
    ],
    ids=["texts", "numbers"],
)
def test_several_columns_of_truth_of_different_forms(judged, odd, told):
    columns = {**rows(), "u": odd, "v": np.arange(60) % 2 == 0}
    del columns["y"]
    with pytest.raises(ModelError, match=f"neither labels nor numbers: {told}"):
        judged(graph("agraph (float[N,2] X) => (float[N,2] p) { p = Sigmoid (X) }"), columns, "u", "v")


def test_quantiles_that_cross_are_said(judged):
    text = """agraph (float[N,2] X) => (float[N,3] y) {{
      w = Constant <value = float[2,1] {{2.0, -1.0}}> ()
      m = MatMul (X, w)
      k = Constant <value = float[3] {{{0}, 0.0, {1}}}> ()
      y = Add (m, k)
    }}"""
    columns, stated = rows(), Stated(quantiles=(0.1, 0.5, 0.9))
    columns["y"] = columns["a"] * 2.0 - columns["b"]
    assert not [told for told in judged(graph(text.format(-0.5, 0.5)), columns, stated=stated).said if "cross" in told]
    crossed = judged(graph(text.format(0.5, -0.5)), columns, stated=stated).said
    assert "in 60 of 60 rows its quantiles cross, as in row 0: " in "".join(crossed)


def test_what_is_drawn_at_random_is_said(judged):
    text = f"agraph (float[N,2] X) => (float[N,3] p) {{ {SCORES} r = RandomNormalLike <scale = 1e-9> (raw) "
    found = judged(graph(text + "s = Add (raw, r) p = Softmax <axis = 1> (s) }"), rows())
    assert "it draws at random (RandomNormalLike): asked again it answers something else" in found.said


def test_a_tensor_that_the_table_has_not_is_asked_for_as_one(judged):
    with pytest.raises(ModelError, match="the table's tensors are none") as raised:
        judged(graph("agraph (float[N,2,2] X) => (float[N,2,2] p) { p = Identity (X) }"), rows())
    assert raised.value.hint == "give it a tensor column of Parquet"
    tensors = {"u": np.zeros((60, 2, 2), np.float32), "v": np.zeros((60, 2, 2), np.float32), "y": rows()["y"]}
    with pytest.raises(ModelError, match="the table's tensors are u, v") as raised:
        judged(graph("agraph (float[N,2,2] X) => (float[N,2,2] p) { p = Identity (X) }"), tensors)
    assert raised.value.hint == "say which: --inputs X=u"


def test_too_few_blocks_are_told_in_words_of_a_file(judged):
    found = judged(classifier(), {**rows(), "g": np.arange(60) // 10}, group="g", floors=parsed(["accuracy=0.9"]))
    told = next(each.remedy for each in found.findings if each.gate == "accuracy")
    assert told.endswith("as --group says")


@pytest.mark.parametrize(
    ("offset", "noise", "outcome"),
    [(0.0, 1e-5, "passed"), (1e5, 0.5, "refused"), (1e5, 1e-3, "passed"), (0.0, 0.5, "refused")],
    ids=["about 0", "far from 0", "far from 0, rounded", "about 0, varying"],
)
def test_numbers_far_from_0_vary_in_relation_to_how_far_they_lie_apart(judged, offset, noise, outcome):
    model = graph(f"""agraph (float[N,2] X) => (float[N,1] y) {{
      w = Constant <value = float[2,1] {{2.0, -1.0}}> () m = MatMul (X, w)
      k = Constant <value = float {{{offset}}}> () n = Add (m, k)
      r = RandomUniformLike <low = -{noise}, high = {noise}> (n)
      y = Add (n, r)
    }}""")
    columns = rows(200)
    columns["y"] = columns["a"] * 2.0 - columns["b"] + offset
    assert judged(model, columns, floors=parsed(["r2=0.5"])).outcome == outcome
