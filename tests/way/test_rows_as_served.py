"""What is judged is what is served: every type of column, from the table through HTTP to the answer."""

import json
import math
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lockgate.adapters.bentoml.packager import BUNDLE, READER, BentoPackager
from lockgate.adapters.bentoml.server import BentoServer
from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.domain.model import request_rows as rows
from lockgate.domain.model.request_rows import read_rows, write_rows
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.project.layout import Layout
from lockgate.domain.serving import served_bundle
from lockgate.domain.serving.request_lines import HERE
from lockgate.errors import ToolError
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.project import Project
from lockgate.usecases.serving.packaged_parity import _answers
from lockgate.usecases.serving.proof import prove

pytestmark = pytest.mark.slow
SERVING = Path(__file__).parents[2] / "serving"
FILES = LocalFiles()
SIGNATURE = Signature(
    (
        Column("weight in kg", "float32"),
        Column("children", "int64"),
        Column("owner", "bool"),
        Column("town", "string"),
        Column("never known", "float32"),
    ),
    (Output("label", "string"), Output("probabilities", "float32", (2,))),
    ("no", "yes"),
)
COLUMNS = {
    "weight in kg": np.array([70.1, np.nan, -0.0, 3.4e38, 1e-45, 0.1] * 10, dtype=np.float32),
    "children": np.array([0, 3, -1, 2**53 + 1, -(2**63), 2**63 - 1] * 10),
    "owner": np.array([True, False, False, True, True, False] * 10),
    "town": np.array(["Ulm", "", "Köln", "☃", "null", "a\0b"] * 10, dtype=object),
    "never known": np.full(60, np.nan, dtype=np.float32),
}
TYPES = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}
ROW = {"weight in kg": 70.1, "children": 2, "owner": True, "town": "Ulm", "never known": None}
GOOD = [
    ("weight in kg", None),
    ("weight in kg", math.nan),
    ("weight in kg", 70),
    ("weight in kg", 2**53 + 1),
    ("weight in kg", -0.0),
    ("weight in kg", 1e-60),
    ("children", 3.0),
    ("children", 2**53 + 1),
    ("children", -(2**63)),
    ("town", None),
    ("town", ""),
    ("town", "Köln"),
    ("town", "nan"),
    ("never known", 5),
]
BAD = [
    ("weight in kg", "70.1", "found '70.1'"),
    ("weight in kg", True, "found true"),
    ("weight in kg", 1e39, "too large for float32"),
    ("weight in kg", -(10**400), "too large for float32"),
    ("weight in kg", math.inf, "an infinite number"),
    ("weight in kg", [1.0], "found [1.0]"),
    ("children", 3.5, "no whole number"),
    ("children", 2.0**53, "does not tell whole numbers apart"),
    ("children", 2**63, "beyond int64"),
    ("children", "3", "found '3'"),
    ("children", True, "found true"),
    ("children", None, "found null"),
    ("owner", 1, "found 1"),
    ("owner", "true", "found 'true'"),
    ("owner", None, "found null"),
    ("town", 3, "found 3"),
    ("town", True, "found true"),
]


def constant(name, values):
    return numpy_helper.from_array(np.array(values), name)


def model():
    """A graph in which every cell of every column counts: low and high digits of int64 each for themselves."""
    weight, children, owner, town, unknown = SIGNATURE.names
    node, floats = helper.make_node, ((weight, "w"), (unknown, "u"))
    nodes = [
        *(node("IsNaN", [name], [f"{key} nan"]) for name, key in floats),
        *(node("Where", [f"{key} nan", "one", name], [f"{key} known"]) for name, key in floats),
        *(node("Tanh", [f"{key} known"], [f"{key}"]) for key in "wu"),
        node("Mod", [children, "seven"], ["rest"]),
        node("Cast", ["rest"], ["c"], to=TensorProto.FLOAT),
        node("Cast", [owner], ["o"], to=TensorProto.FLOAT),
        node(
            "LabelEncoder", [town], ["t"], domain="ai.onnx.ml", default_float=-1.0,
            keys_strings=["Ulm", "", "Köln", "☃", "null", "a\0b"], values_floats=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        ),
        node("Sum", [*"wucot"], ["score"]),
        node("Sigmoid", ["score"], ["yes"]),
        node("Sub", ["one", "yes"], ["no"]),
        node("Concat", ["no", "yes"], ["probabilities"], axis=1),
        node("ArgMax", ["probabilities"], ["likeliest"], axis=1, keepdims=0),
        node("Gather", ["classes", "likeliest"], ["label"]),
    ]  # fmt: skip
    constants = [
        constant("one", np.float32([1.0])),
        constant("seven", np.int64([7])),
        helper.make_tensor("classes", TensorProto.STRING, [2], [b"no", b"yes"]),
    ]
    inputs = [helper.make_tensor_value_info(c.name, TYPES[c.dtype], [None, 1]) for c in SIGNATURE.inputs]
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
    ]
    graph = helper.make_graph(nodes, "small", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A Bento of the service as it was copied before there was a reader of rows beside it."""
    root = tmp_path_factory.mktemp("package")
    shutil.copytree(SERVING, root / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    bentofile = root / "serving/bentofile.yaml"
    bentofile.write_text(bentofile.read_text().replace('  - "lockgate_rows.py"\n', ""))
    assert READER not in bentofile.read_text().partition("include:")[2]
    release = write_bundle(
        root / "release", TypedDocuments(FILES), FILES, model=model(), signature=SIGNATURE, columns=COLUMNS
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BENTOML_HOME", raising=False)
        packager = BentoPackager(root)
        with packager.build(release, root / "release", root / "serving") as built:
            return packager.put(built)


@pytest.fixture(scope="module")
def server(package):
    with BentoServer(package.path).start(package, "127.0.0.1", 0) as running:
        yield running


def judged(package, columns):
    return OnnxRuntime().open(package.release / "model.onnx", SIGNATURE).run(columns)


@pytest.mark.parametrize(("name", "module"), [(READER, rows), (BUNDLE, served_bundle)])
def test_a_package_carries_the_readers_byte_by_byte(package, name, module):
    assert (package.path / "src" / name).read_bytes() == Path(module.__file__).read_bytes()


def test_rows_of_every_type_are_answered_over_http_as_they_are_judged_in_a_table(server, package):
    expected = judged(package, COLUMNS)
    answer = server.predict(write_rows(COLUMNS, SIGNATURE.dtypes))
    found = _answers(SIGNATURE, answer)
    assert found["label"].tolist() == expected["label"].tolist()
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], rtol=0, atol=1e-7)
    # Each of the six kinds of row has an answer of its own: a column that is not read is found.
    assert len(set(expected["probabilities"][:, 1].tolist())) == 6


@pytest.mark.parametrize(("change", "value"), GOOD)
def test_what_a_type_takes_is_answered_as_judged(server, package, change, value):
    row = {**ROW, change: value}
    expected = judged(package, read_rows([row], SIGNATURE.dtypes))
    found = _answers(SIGNATURE, server.predict([row]))
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("change", "value", "said"), BAD)
def test_what_a_type_does_not_take_is_answered_with_400_row_and_column(server, change, value, said):
    with pytest.raises(ToolError, match="answered 400") as caught:
        server.predict([ROW, {**ROW, change: value}])
    assert f"row 1, column {change}: " in caught.value.message
    assert said in caught.value.message


def test_columns_too_many_or_too_few_are_answered_with_400(server):
    with pytest.raises(ToolError, match="row 0 has no column town; a missing value is null"):
        server.predict([{name: value for name, value in ROW.items() if name != "town"}])
    with pytest.raises(ToolError, match=r"row 0 has a column 'twon'.*is town meant"):
        server.predict([{**ROW, "twon": "Ulm"}])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rows": [ROW], "threshold": 0.3}, "the request has the key 'threshold' beside rows, and takes rows alone"),
        (json.dumps({"rows": [ROW]}).replace("{", '{"rows": [], ', 1), "the key 'rows' stands twice in one object"),
        (json.dumps({"rows": [ROW]}).replace("[{", '[{"town": "", ', 1), "the key 'town' stands twice in one object"),
        ("{", "the request is no JSON: "),
        ("[]", "Input should be a valid dictionary"),
        ("", "Field required"),
    ],
)
def test_what_a_request_has_beside_its_rows_is_answered_with_400(server, body, said):
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    asked = urllib.request.Request(f"{server.url}/predict", content, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(asked, timeout=30)
    assert raised.value.code == 400
    assert said in raised.value.read().decode()


def test_the_proof_asks_every_kind_of_row(server, package, tmp_path):
    project = Project(
        Layout(tmp_path), None, TypedDocuments(FILES), FILES, LocalProjectStore(tmp_path), None, None, None
    )
    prediction = prove(project, package.release, server, OnnxRuntime())
    assert prediction.kinds == ("typical", "missing", "low", "high")


def test_the_page_of_the_service_loads_nothing_from_elsewhere(server):
    with urllib.request.urlopen(f"{server.url}/", timeout=30) as answer:
        assert answer.headers["Content-Security-Policy"] == HERE
        assert b"swagger" in answer.read()


def test_the_openapi_document_tells_what_each_column_takes(server):
    with urllib.request.urlopen(f"{server.url}/docs.json", timeout=30) as answer:
        schemas = json.load(answer)["components"]["schemas"]
    (rows,) = (each["properties"]["rows"] for each in schemas.values() if "rows" in each.get("properties", {}))
    (whole,) = (each for each in schemas.values() if "rows" in each.get("properties", {}))
    assert whole["additionalProperties"] is False
    assert rows["items"]["properties"]["children"]["type"] == "integer"
    assert rows["items"]["properties"]["town"]["type"] == ["string", "null"]
