"""Small ONNX graphs as others export them, written in ONNX's own text."""

import numpy as np
from onnx import TensorProto, helper, parser

from lockgate.adapters.clock import SystemClock
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.onnx.graphs.files import OnnxFiles
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.usecases.judging.model_files.asking import Bench
from lockgate.usecases.judging.model_files.file_policy import GivenPolicy
from lockgate.usecases.judging.model_files.judge import judge_model
from lockgate.usecases.judging.model_files.question import Question

HEAD = '<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>'
SCORES = """
  w = Constant <value = float[2,3] {3.0, 0.0, -3.0, 0.0, 3.0, -3.0}> ()
  raw = MatMul (X, w)
"""
TWO_COLUMNS = f"agraph (float[N,2] X) => (float[N,3] p) {{ {SCORES} p = Softmax <axis = 1> (raw) }}"
LOGITS = f"agraph (float[N,2] X) => (float[N,3] raw) {{ {SCORES} }}"
LABELS = f"agraph (float[N,2] X) => (int64[N] label) {{ {SCORES} label = ArgMax <axis = 1, keepdims = 0> (raw) }}"
NUMBER = """agraph (float[N,2] X) => (float[N,1] y) {
  w = Constant <value = float[2,1] {2.0, -1.0}> ()
  y = MatMul (X, w)
}"""
TURN = "t = Constant <value = float[2,2] {4.0, 0.0, 0.0, 4.0}> () m = MatMul (X, t) second = Sigmoid (m)"
ONE = "one = Constant <value = float[1] {1.0}> () first = Sub (one, second)"
AXIS = "axis = Constant <value = int64[1] {2}> ()"
PAIRS = f"{TURN} {ONE} {AXIS} a = Unsqueeze (first, axis) b = Unsqueeze (second, axis) pairs = Concat <axis = 2> (a, b)"
"""Where a is above 0, and where b is: the probabilities of no and yes for each."""


def graph(text):
    """The model of a graph in ONNX's text."""
    return parser.parse_model(f"{HEAD}\n{text}")


def classifier(classes=(0, 1, 2)):
    """A linear classifier with a label and a tensor of probabilities."""
    whole = isinstance(classes[0], int)
    node = helper.make_node(
        "LinearClassifier",
        ["X"],
        ["label", "p"],
        domain="ai.onnx.ml",
        coefficients=[3.0, 0.0, 0.0, 3.0, -3.0, -3.0],
        intercepts=[0.0, 0.0, 0.0],
        multi_class=1,
        post_transform="SOFTMAX",
        **{"classlabels_ints" if whole else "classlabels_strings": list(classes)},
    )
    kind = TensorProto.INT64 if whole else TensorProto.STRING
    value = helper.make_tensor_value_info
    outputs = [value("label", kind, ["N"]), value("p", TensorProto.FLOAT, ["N", 3])]
    made = helper.make_graph([node], "others", [value("X", TensorProto.FLOAT, ["N", 2])], outputs)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3)], ir_version=8)


def with_map(classes=(0, 1, 2)):
    """A classifier that answers a list of maps, as skl2onnx writes one unless it is told not to."""
    model = classifier(classes)
    whole = isinstance(classes[0], int)
    graph, kind = model.graph, "classlabels_int64s" if whole else "classlabels_strings"
    graph.node[0].output[1] = "raw"
    graph.node.append(helper.make_node("ZipMap", ["raw"], ["p"], domain="ai.onnx.ml", **{kind: list(classes)}))
    value = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    names = helper.make_map_type_proto(TensorProto.INT64 if whole else TensorProto.STRING, value)
    graph.output[1].type.CopyFrom(helper.make_sequence_type_proto(names))
    return model


def labels_first():
    """Pairs ``(labels, rows, 2)``, as skl2onnx writes them of trees and neighbours."""
    return graph(f"agraph (float[N,2] X) => (float[2,N,2] y) {{ {PAIRS} y = Transpose <perm = [1, 0, 2]> (pairs) }}")


def rows_first():
    """Pairs ``(rows, labels, 2)``."""
    return graph(f"agraph (float[N,2] X) => (float[N,2,2] pairs) {{ {PAIRS} }}")


def a_list(parts="i = Constant <value = int64 {0}> () j = Constant <value = int64 {1}> ()"):
    """A list of ``(rows, 2)``, as skl2onnx writes it of ``MultiOutputClassifier``."""
    model = graph(f"""agraph (float[N,2] X) => (float[N,2] y) {{ {PAIRS} {parts}
      k = Gather <axis = 1> (pairs, i) l = Gather <axis = 1> (pairs, j)
      y = SequenceConstruct (k, l) }}""")
    told = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    model.graph.output[0].type.CopyFrom(helper.make_sequence_type_proto(told))
    return model


def rows(count=60, **more):
    """Columns ``a`` and ``b``, and ``y``, the class of three that the graphs above answer."""
    random = np.random.default_rng(7)
    a, b = random.normal(size=(2, count))
    y = np.stack([a, b, -a - b], axis=1).argmax(axis=1)
    return {"a": a, "b": b, "y": y, **more}


class Judged:
    """Judges graphs in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        work = folder / "work"
        self.bench = Bench(OnnxFiles(), OnnxRuntime(), self.read, LocalFiles(), SystemClock(), work, lambda _: None)
        (folder / "work").mkdir()
        (folder / "rows.parquet").write_bytes(b"rows")

    def read(self, path):
        """The rows, or those of training."""
        return self.training if path.name == "training.parquet" else self.columns

    def __call__(self, model, columns, *truths, **more):
        path = self.folder / "model_of_others.onnx"
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        self.columns = columns
        if (policy := more.pop("policy", None)) is not None:
            more["given"] = GivenPolicy(policy)
        return judge_model(self.bench, Question(path, self.folder / "rows.parquet", truths or ("y",), **more))
