"""scikit-learn models: forests load, and trees whose nodes point astray are refused before they can crash anything."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.sklearn.models import SklearnFramework
from lockgate.adapters.sklearn.saving import save
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary, Regression
from lockgate.errors import ModelError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]
INPUTS = (Column("a", "float32"), Column("b", "float32"))
CLASSES = ("no", "yes")
KINDS = (RandomForestClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier)


def fitted(kind):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.normal(size=200).astype(np.float32) for name in "ab"})
    model = make_pipeline(ColumnTransformer([("numbers", "passthrough", ["a", "b"])]), kind(random_state=1))
    return model.fit(frame, np.where(frame["a"] > 0, "yes", "no")), frame


@pytest.mark.parametrize("kind", KINDS)
def test_tree_models_load_and_answer_as_before(kind, tmp_path):
    model, frame = fitted(kind)
    save(model, tmp_path / "model.skops")
    loaded = SklearnFramework().load(tmp_path / "model.skops", INPUTS, Binary(CLASSES, ""))
    answers = loaded.predict({name: frame[name].to_numpy() for name in "ab"})["probabilities"]
    np.testing.assert_array_equal(answers, model.predict_proba(frame))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of skl2onnx, in protobuf "Value out of range" else
def test_the_export_is_the_same_in_every_process_and_importing_skops_imports_no_list_of_estimators(tmp_path):
    model, _ = fitted(HistGradientBoostingClassifier)
    save(model, tmp_path / "model.skops")
    code = (
        "import hashlib, pathlib, sys, warnings; warnings.simplefilter('ignore')\n"
        "import lockgate.adapters.sklearn.saving\n"
        "print(*sys.modules)\n"
        "from lockgate.adapters.sklearn.models import SklearnFramework\n"
        "from lockgate.domain.model.signature import Column\n"
        "from lockgate.domain.model.task import Binary\n"
        "inputs = (Column('a', 'float32'), Column('b', 'float32'))\n"
        "model = SklearnFramework().load(pathlib.Path('model.skops'), inputs, Binary(('no', 'yes'), ''))\n"
        "print(hashlib.sha256(model.to_onnx(inputs)).hexdigest())"
    )
    here = SklearnFramework().load(tmp_path / "model.skops", INPUTS, Binary(CLASSES, ""))
    digests = {hashlib.sha256(here.to_onnx(INPUTS)).hexdigest()}
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        first, digest = done.stdout.splitlines()
        assert "skops.io" in first.split()
        assert {*first.split()} & {"pytest", "torch", "sklearn.inspection"} == set()
        digests.add(digest)
    assert len(digests) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of skl2onnx, in protobuf "Value out of range" else
def test_a_number_beside_a_threshold_of_histogram_boosting_goes_the_same_way_in_the_graph(tmp_path):
    """Thresholds lie between 1.00 and 1.02, in float64, next to 1.01 in float32."""
    hundredths = np.arange(100, 400)
    frame = pd.DataFrame({"a": hundredths / 100, "b": np.cos(hundredths)}).astype(np.float32)
    kind = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5, random_state=1)
    model = make_pipeline(ColumnTransformer([("numbers", "passthrough", ["a", "b"])]), kind)
    save(model.fit(frame[::2], np.sin(hundredths[::2]) + frame["a"][::2]), tmp_path / "model.skops")
    loaded = SklearnFramework().load(tmp_path / "model.skops", INPUTS, Regression(("y",)))
    columns = {name: frame[name].to_numpy() for name in "ab"}
    session = onnxruntime.InferenceSession(loaded.to_onnx(INPUTS), providers=["CPUExecutionProvider"])
    (answers,) = session.run(["values"], {name: values[:, None] for name, values in columns.items()})
    np.testing.assert_allclose(answers, loaded.predict(columns)["values"], atol=1e-5)


def test_thresholds_are_found_in_raw_columns_behind_an_imputer_and_a_scaler(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(40, 9, 200), "b": random.normal(size=200)}).astype(np.float32)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    model = make_pipeline(
        ColumnTransformer([("numbers", numbers, ["a", "b"])]), GradientBoostingClassifier(max_depth=1, random_state=1)
    )
    save(model.fit(frame, np.where(frame["a"] > 41, "yes", "no")), tmp_path / "model.skops")
    loaded = SklearnFramework().load(tmp_path / "model.skops", INPUTS, Binary(CLASSES, ""))
    assert np.abs(loaded.thresholds()["a"] - 41).min() < 0.5
    missing = {"a": np.array([np.nan], dtype=np.float32), "b": np.zeros(1, dtype=np.float32)}
    assert np.isfinite(loaded.predict(missing)["probabilities"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_whose_node_points_astray_is_refused(kind, tmp_path):
    model, _ = fitted(kind)
    classifier = model[-1]
    if kind is HistGradientBoostingClassifier:
        classifier._predictors[3][0].nodes["left"][0] = 10**6
    else:
        np.ravel(classifier.estimators_)[3].tree_.children_left[0] = 10**6
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="points outside the tree"):
        SklearnFramework().load(tmp_path / "model.skops", INPUTS, Binary(CLASSES, ""))
