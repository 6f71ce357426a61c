"""scikit-learn models: forests load, and trees whose nodes point astray are refused before they can crash anything."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.sklearn.models import SklearnFramework
from lockgate.adapters.sklearn.saving import save
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary
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


def test_the_export_is_the_same_in_every_process(tmp_path):
    model, _ = fitted(HistGradientBoostingClassifier)
    save(model, tmp_path / "model.skops")
    code = (
        "import hashlib, pathlib, warnings; warnings.simplefilter('ignore')\n"
        "from lockgate.adapters.sklearn.models import SklearnFramework\n"
        "from lockgate.domain.model.signature import Column\n"
        "from lockgate.domain.model.task import Binary\n"
        "inputs = (Column('a', 'float32'), Column('b', 'float32'))\n"
        "model = SklearnFramework().load(pathlib.Path('model.skops'), inputs, Binary(('no', 'yes'), ''))\n"
        "print(hashlib.sha256(model.to_onnx(inputs)).hexdigest())"
    )
    digests = set()
    for seed in ("0", "1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


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
