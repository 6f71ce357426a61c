"""``lockgate judge`` on files as others export them, from packages and converters, in a folder that is no project."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx.backend.test
import onnxruntime.datasets
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.main import run

pytestmark = pytest.mark.slow
LIGHT = Path(onnx.backend.test.__file__).parent / "data/light"
LOGREG = Path(onnxruntime.datasets.get_example("logreg_iris.onnx"))
COLUMNS = ["sl", "sw", "pl", "pw"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """No project, and no registry, above or beside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def iris(folder):
    found = load_iris()
    table = pd.DataFrame(found.data, columns=COLUMNS).assign(y=found.target)
    table.to_csv(folder / "iris.csv", index=False)
    table.assign(y=found.target_names[found.target]).to_parquet(folder / "named.parquet")
    return table


def judged(capfd, *arguments):
    """The exit code, and the document or what was said."""
    code = run(["judge", *map(str, arguments), "--json"])
    out, err = capfd.readouterr()
    return code, json.loads(out) if out else err


def test_a_batch_of_three_a_map_and_no_default_opset(iris, capfd):
    code, found = judged(capfd, LOGREG, "--rows", "iris.csv", "--label", "y", "--inputs", "float_input=sl,sw")
    assert (code, found["outcome"], found["task"]["kind"]) == (4, "undecided", "multiclass")
    assert any("exactly 3 rows at once" in line for line in found["said"])
    code, told = judged(capfd, LOGREG, "--rows", "iris.csv", "--label", "y")
    assert (code, "takes 2 values a row, and the table has 4 columns" in told) == (2, True)
    twice = ["--inputs", "float_input=sl,sw", "--inputs", "float_input=pl,pw"]
    code, told = judged(capfd, LOGREG, "--rows", "iris.csv", "--label", "y", *twice)
    assert (code, "float_input is named twice" in told) == (2, True)


@pytest.mark.parametrize("made", ["sklearn", "xgboost", "lightgbm"])
def test_what_converters_write_by_default(iris, folder, capfd, made):
    content = CONVERTED[made](iris[COLUMNS].to_numpy(np.float32), iris["y"].to_numpy())
    (folder / "model.onnx").write_bytes(content)
    wanted = ["model.onnx", "--rows", "iris.csv", "--label", "y", "--floor", "accuracy=0.85"]
    code, found = judged(capfd, *wanted, "--report", "page.html")
    assert (code, found["outcome"], found["measured"]["accuracy"]["value"] > 0.9) == (0, "passed", True)
    assert "model.onnx: <span" in (folder / "page.html").read_text()
    code, told = judged(capfd, "model.onnx", "--rows", "named.parquet", "--label", "y")
    assert (code, "and the rows say 'setosa'" in told) == (2, True)
    named = ["model.onnx", "--rows", "named.parquet", "--label", "y", "--classes", "setosa,versicolor,virginica"]
    assert judged(capfd, *named, "--floor", "accuracy=0.999")[0] in {3, 4}


def _sklearn(x, y):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    return to_onnx(LogisticRegression(max_iter=500).fit(x, y), x[:1]).SerializeToString()


def _xgboost(x, y):
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType
    from xgboost import XGBClassifier

    model = XGBClassifier(n_estimators=8, n_jobs=1).fit(x, y)
    return onnxmltools.convert_xgboost(model, initial_types=[("X", FloatTensorType([None, 4]))]).SerializeToString()


def _lightgbm(x, y):
    import onnxmltools
    from lightgbm import LGBMClassifier
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = LGBMClassifier(n_estimators=8, n_jobs=1, verbose=-1).fit(x, y)
    return onnxmltools.convert_lightgbm(model, initial_types=[("X", FloatTensorType([None, 4]))]).SerializeToString()


CONVERTED = {"sklearn": _sklearn, "xgboost": _xgboost, "lightgbm": _lightgbm}


@pytest.mark.parametrize(("name", "code"), [("squeezenet", 4), ("densenet121", 2), ("shufflenet", 4)])
def test_networks_that_list_hundreds_of_weights_as_inputs(folder, capfd, name, code):
    images = np.random.default_rng(0).random((3, 3, 224, 224), dtype=np.float32)
    ParquetTables(LocalFiles()).write(folder / "images.parquet", {"image": images, "y": np.array([1, 2, 3])})
    found = judged(capfd, LIGHT / f"light_{name}.onnx", "--rows", "images.parquet", "--label", "y")
    assert found[0] == code, found[1]
    if code == 4:
        assert found[1]["fed"][0]["columns"] == ["image"]
        assert any("weights that are listed as inputs" in line for line in found[1]["said"])
    else:  # its weights are random, and what it answers adds up to anything
        assert "add up to" in found[1]


def test_what_is_not_there(iris, capfd):
    assert judged(capfd, "none.onnx", "--rows", "iris.csv", "--label", "y")[0] == 2
    assert judged(capfd, LOGREG, "--rows", "none.csv", "--label", "y")[0] == 2
    assert judged(capfd, LOGREG, "--rows", "none.parquet", "--label", "y")[0] == 2
    assert judged(capfd, "iris.csv", "--rows", "iris.csv", "--label", "y")[0] == 2
    code, told = judged(capfd, "models:/iris/1", "--rows", "iris.csv", "--label", "y")
    assert (code, "MLFLOW_TRACKING_URI" in told) == (2, True)
    code, told = judged(capfd, "models:iris", "--rows", "iris.csv", "--label", "y")
    assert (code, "models:/NAME/VERSION" in told) == (2, True)


@pytest.mark.filterwarnings("ignore")  # those of MLflow and what it stands on
def test_a_model_of_a_registry(empty_database, iris, folder, capfd, monkeypatch):
    import mlflow.onnx
    import mlflow.pyfunc

    from lockgate.adapters.mlflow.logged_model import packages_known

    store = f"sqlite:///{shutil.copy(empty_database, folder / 'registry.db')}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    client = mlflow.MlflowClient(store)
    with packages_known():
        mlflow.onnx.save_model(onnx.load(LOGREG), folder / "logged", pip_requirements=["onnx"])
    (folder / "other").mkdir()
    (folder / "other/MLmodel").write_text("flavors: {sklearn: {data: model.pkl}}\n")
    for name in ("logged", "other"):
        client.create_registered_model(name)
        client.create_model_version(name, (folder / name).as_uri())
    client.set_registered_model_alias("logged", "champion", "1")
    about = folder / "other_signature"
    shutil.copytree(folder / "logged", about)
    seven = """[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 7]}}]"""
    (about / "MLmodel").write_text(f"{(about / 'MLmodel').read_text()}signature: {{inputs: '{seven}'}}\n")
    client.create_model_version("logged", about.as_uri())
    asked = ["--rows", "iris.csv", "--label", "y", "--inputs", "float_input=sl,sw"]
    for uri, version in {"models:/logged/1": "", "models:/logged@champion": " (version 1)"}.items():
        code, found = judged(capfd, uri, *asked)
        assert (code, found["model"]["name"]) == (4, f"{uri}{version}")
    notes = "\n".join(judged(capfd, "models:/logged/2", *asked)[1]["said"])
    assert "its signature in the registry is another: it says that a row has 7 values" in notes
    stage = ("models:/logged/Production", "stage")
    for uri, told in (("models:/logged/7", "7"), ("models:/none/1", "none"), ("models:/other/1", "flavours"), stage):
        code, said = judged(capfd, uri, *asked)
        assert (code, told in said) == (2, True), said
