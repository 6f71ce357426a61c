"""XGBoost, LightGBM and plain ONNX models as sources: loaded without code, converted, and compared."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import Subject, Trained
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column, Signature
from lockgate.errors import ModelError
from lockgate.known_frameworks import open_trained as open_source
from lockgate.project import (
    save_lightgbm,
    save_preprocessing,
    save_reference,
    save_sklearn,
    save_xgboost,
)
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.parity.real_rows import measure_parity

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"),
]
CLASSES = ("no", "yes")
NAMES = ("age", "hours", "gain")
INPUTS = tuple(Column(name, "float32") for name in NAMES)
SUBJECT = Subject("small", sha256(b"model"), md5(b"data"))
FIXED = ParityPolicy(max_absolute=1e-5, max_relative=0.01)
CALIBRATED = ParityPolicy(tolerance="calibrated")


def rows(count=3000):
    random = np.random.default_rng(7)
    return {name: random.normal(size=count).astype(np.float32) * 10 + 40 for name in NAMES}


def labels(columns):
    noise = np.random.default_rng(1).normal(0, 60, len(columns["age"]))
    return (columns["age"] * columns["hours"] / 10 + columns["gain"] + noise > 200).astype(int)


def frame(columns):
    return pd.DataFrame(columns)


def transformer(numbers):
    return ColumnTransformer([("numbers", numbers, list(NAMES))]).fit(frame(rows()))


def judge(trained, folder, columns, policy=FIXED):
    source = open_source(trained, folder)
    (folder / "model.onnx").write_bytes(source.to_onnx(trained.inputs))
    signature = Signature(trained.inputs, tuple(source.outputs()), CLASSES)
    runtime = OnnxRuntime()
    session = runtime.open(folder / "model.onnx", signature)
    judged = LoadedModel.asked("small", folder / "model.onnx", signature, session, columns)
    evidence = measure_parity(judged, source, runtime, profile_of(columns, signature), SUBJECT, sha256(b"source"))
    return {f.rule: f for f in judge_parity(policy, evidence, SUBJECT, signature.outputs)}, evidence


def boosted(framework, folder, numbers):
    columns = rows()
    prepared = transformer(numbers)
    features = np.asarray(prepared.transform(frame(columns)), dtype=np.float32)
    if framework == "xgboost":
        save_xgboost(xgboost.XGBClassifier(n_estimators=100).fit(features, labels(columns)), folder / "trees")
    else:
        model = lightgbm.LGBMClassifier(n_estimators=100, verbose=-1).fit(features, labels(columns))
        save_lightgbm(model, folder / "trees")
    save_preprocessing(prepared, folder / "preprocessing.skops")
    return Trained(framework, "trees", INPUTS, CLASSES, preprocessing="preprocessing.skops")


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm"])
def test_trees_on_raw_numbers_answer_the_same(framework, tmp_path):
    found, evidence = judge(boosted(framework, tmp_path, "passthrough"), tmp_path, rows())
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}, found
    assert evidence.invented.rows > 300, "thresholds of the trees are edges"
    assert evidence.exporter["exporter"].startswith("onnxmltools")


def test_xgboost_behind_a_scaler_is_caught(tmp_path):
    trained = boosted("xgboost", tmp_path, StandardScaler())
    found, evidence = judge(trained, tmp_path, rows())
    assert found["probabilities: absolute"].outcome is Outcome.REFUSED
    assert evidence.outputs[1].max_absolute > 0.01


def test_xgboost_has_no_truth_in_float64_and_calibrated_says_so(tmp_path):
    found, _ = judge(boosted("xgboost", tmp_path, "passthrough"), tmp_path, rows(), CALIBRATED)
    assert found["probabilities: calibrated"].outcome is Outcome.UNDECIDED


def test_lightgbm_passes_calibrated_on_raw_numbers(tmp_path):
    found, evidence = judge(boosted("lightgbm", tmp_path, "passthrough"), tmp_path, rows(), CALIBRATED)
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}, found
    assert 0 < evidence.calibrations[0].source_rms < 1e-6


MODELS = {
    "HistGradientBoosting": HistGradientBoostingClassifier(max_iter=100, random_state=7),
    "GradientBoosting": GradientBoostingClassifier(n_estimators=50, random_state=7),
    "RandomForest": RandomForestClassifier(n_estimators=30, random_state=7),
    "LogisticRegression": LogisticRegression(max_iter=1000),
}


def judge_sklearn(name, numbers, folder):
    columns = rows()
    truth = np.array(CLASSES, dtype=object)[labels(columns)]
    model = make_pipeline(ColumnTransformer([("numbers", numbers, list(NAMES))]), MODELS[name])
    save_sklearn(model.fit(frame(columns), truth), folder / "model.skops")
    return judge(Trained("sklearn", "model.skops", INPUTS, CLASSES), folder, columns, CALIBRATED)


@pytest.mark.parametrize("name", ["HistGradientBoosting", "GradientBoosting", "LogisticRegression"])
def test_scikit_learn_models_on_raw_numbers_pass_calibrated(name, tmp_path):
    found, evidence = judge_sklearn(name, "passthrough", tmp_path)
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}, found
    assert 0 < evidence.calibrations[0].source_rms < 1e-6


def test_a_scaler_in_front_of_trees_is_refused_and_its_crossing_rows_are_told_apart(tmp_path):
    found, evidence = judge_sklearn("HistGradientBoosting", StandardScaler(), tmp_path)
    assert evidence.calibrations[0].crossing > 0
    assert found["probabilities: thresholds"].outcome is Outcome.REFUSED
    assert "leave numbers unscaled" in found["probabilities: thresholds"].remedy
    assert found["flips"].outcome is Outcome.REFUSED


def test_a_forest_that_knows_missing_numbers_keeps_where_they_go(tmp_path):
    """skl2onnx sends each to the right; the export puts that right."""
    found, evidence = judge_sklearn("RandomForest", "passthrough", tmp_path)
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}, found
    assert evidence.invented.rows > 300


def test_a_plain_onnx_model_is_compared_with_the_answers_that_its_makers_saw(tmp_path):
    columns = rows(500)
    elsewhere = boosted("lightgbm", tmp_path / "there", "passthrough")
    there = open_source(elsewhere, tmp_path / "there")
    (tmp_path / "came.onnx").write_bytes(there.to_onnx(INPUTS))
    save_reference(columns, there.predict(columns), tmp_path / "reference.npz")
    trained = Trained("onnx", "came.onnx", INPUTS, CLASSES, reference="reference.npz")
    found, evidence = judge(trained, tmp_path, columns)
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}, found
    assert evidence.invented.stored
    answers = {**there.predict(columns)}
    answers["probabilities"] = answers["probabilities"] + 1e-3
    save_reference(columns, answers, tmp_path / "reference.npz")
    found, _ = judge(trained, tmp_path, columns)
    assert found["probabilities: absolute"].outcome is Outcome.REFUSED


def test_rows_without_a_stored_answer_are_an_error(tmp_path):
    columns = rows(10)
    save_reference(columns, {"label": np.array(["no"] * 10)}, tmp_path / "reference.npz")
    (tmp_path / "came.onnx").write_bytes(b"")
    source = open_source(Trained("onnx", "came.onnx", INPUTS, CLASSES, reference="reference.npz"), tmp_path)
    with pytest.raises(ModelError, match="row 0 has no stored answer"):
        source.predict({name: values + 1 for name, values in columns.items()})


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "onnx"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"{}", b"tree\n", b"{L"])
def test_a_file_that_is_no_model_is_an_error_and_runs_nothing(framework, content, tmp_path):
    save_preprocessing(transformer("passthrough"), tmp_path / "preprocessing.skops")
    (tmp_path / "model").write_bytes(content)
    (tmp_path / "reference.npz").write_bytes(content)
    trained = Trained(framework, "model", INPUTS, CLASSES, "preprocessing.skops", "reference.npz")
    with pytest.raises(ModelError):
        open_source(trained, tmp_path)
