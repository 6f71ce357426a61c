"""XGBoost, LightGBM and plain ONNX models as sources: loaded without code, converted, and compared."""

import lightgbm
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.trees.lightgbm import LightgbmNetworks
from lockgate.adapters.trees.xgboost import XgboostNetworks
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


def rows(count=1500):
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
    return {f.rule: f for f in judge_parity(policy, evidence, SUBJECT, signature)}, evidence


def boosted(framework, folder, numbers):
    columns = rows()
    prepared = transformer(numbers)
    features = np.asarray(prepared.transform(frame(columns)), dtype=np.float32)
    if framework == "xgboost":
        save_xgboost(xgboost.XGBClassifier(n_estimators=50).fit(features, labels(columns)), folder / "trees")
    else:
        model = lightgbm.LGBMClassifier(n_estimators=50, verbose=-1).fit(features, labels(columns))
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
    "HistGradientBoosting": HistGradientBoostingClassifier(max_iter=40, random_state=7),
    "GradientBoosting": GradientBoostingClassifier(n_estimators=30, random_state=7),
    "RandomForest": RandomForestClassifier(n_estimators=15, random_state=7),
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
    answers["probabilities"] = answers["probabilities"] + np.array([1e-3, -1e-3])
    save_reference(columns, answers, tmp_path / "reference.npz")
    found, _ = judge(trained, tmp_path, columns)
    assert found["probabilities: absolute"].outcome is Outcome.REFUSED


def test_rows_without_a_stored_answer_are_an_error(tmp_path):
    columns = rows(10)
    save_reference(columns, {"label": np.array(["no"] * 10)}, tmp_path / "reference.npz")
    (tmp_path / "came.onnx").write_bytes(b"")
    source = open_source(Trained("onnx", "came.onnx", INPUTS, CLASSES, reference="reference.npz"), tmp_path)
    with pytest.raises(ModelError, match="row 0 has no stored answer") as absent:
        source.predict({name: values + 1 for name, values in columns.items()})
    assert "the validation and the test table" in absent.value.hint


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "onnx"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"{}", b"tree\n", b"{L"])
def test_a_file_that_is_no_model_is_an_error_and_runs_nothing(framework, content, tmp_path):
    save_preprocessing(transformer("passthrough"), tmp_path / "preprocessing.skops")
    (tmp_path / "model").write_bytes(content)
    (tmp_path / "reference.npz").write_bytes(content)
    trained = Trained(framework, "model", INPUTS, CLASSES, "preprocessing.skops", "reference.npz")
    with pytest.raises(ModelError):
        open_source(trained, tmp_path)


def coded(count=800):
    """Rows of three numbers with gaps and a category in codes, and what depends on them."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(count, 4)).astype(np.float32)
    rows[:, 3] = random.integers(0, 7, count)
    rows[random.random((count, 4)) < 0.1] = np.nan
    merit = np.nan_to_num(rows[:, 0]) + np.isin(rows[:, 3], [1, 4, 6]) * 1.5 + random.normal(size=count) * 0.3
    return rows, merit


FEATURES, MERIT = coded()
SMALL = {"n_estimators": 12, "max_depth": 4}
CODED = {"enable_categorical": True, "feature_types": ["q", "q", "q", "c"]}
SEVERAL = np.column_stack([MERIT, MERIT**2])
LABELS = np.column_stack([MERIT > 0, MERIT > 1]).astype(int)
QUANTILES = np.array([0.05, 0.5, 0.95])
GRADES = np.digitize(MERIT, [0, 1])
QUERIES = np.sort(np.random.default_rng(1).integers(0, 40, len(MERIT)))
XGBOOST = {
    "regressor": (xgboost.XGBRegressor(**SMALL), MERIT, {}),
    "regressor with categories": (xgboost.XGBRegressor(**SMALL, **CODED), MERIT, {}),
    "classifier with categories": (xgboost.XGBClassifier(**SMALL, **CODED), GRADES, {}),
    "two numbers": (xgboost.XGBRegressor(**SMALL), SEVERAL, {}),
    "labels": (xgboost.XGBClassifier(**SMALL), LABELS, {}),
    "quantiles": (
        xgboost.XGBRegressor(**SMALL, objective="reg:quantileerror", quantile_alpha=QUANTILES),
        MERIT,
        {},
    ),
    "counts": (xgboost.XGBRegressor(**SMALL, objective="count:poisson"), np.abs(MERIT), {}),
    "shares": (xgboost.XGBRegressor(**SMALL, objective="reg:logistic"), (MERIT > 0).astype(int), {}),
    "dropped trees": (xgboost.XGBRegressor(**SMALL, booster="dart", rate_drop=0.3), MERIT, {}),
    "dropped trees, two classes": (xgboost.XGBClassifier(**SMALL, booster="dart", rate_drop=0.3), GRADES > 0, {}),
    "dropped trees, three classes": (xgboost.XGBClassifier(**SMALL, booster="dart", rate_drop=0.3), GRADES, {}),
    "forest": (xgboost.XGBRFRegressor(n_estimators=10), MERIT, {}),
    "ranks": (xgboost.XGBRanker(**SMALL), GRADES, {"qid": QUERIES}),
    "early": (
        xgboost.XGBRegressor(n_estimators=80, early_stopping_rounds=3),
        MERIT,
        {"eval_set": [(np.nan_to_num(FEATURES) * 0.5, MERIT)], "verbose": False},
    ),
}
LIGHTGBM = {
    "regressor": (lightgbm.LGBMRegressor(n_estimators=12, verbose=-1), MERIT, {}),
    "regressor with categories": (
        lightgbm.LGBMRegressor(n_estimators=12, verbose=-1),
        MERIT,
        {"categorical_feature": [3]},
    ),
    "counts": (lightgbm.LGBMRegressor(n_estimators=12, verbose=-1, objective="poisson"), np.abs(MERIT), {}),
    "quantile": (lightgbm.LGBMRegressor(n_estimators=12, verbose=-1, objective="quantile", alpha=0.9), MERIT, {}),
    "dropped trees": (lightgbm.LGBMClassifier(n_estimators=12, verbose=-1, boosting_type="dart"), GRADES, {}),
    "ranks": (
        lightgbm.LGBMRanker(n_estimators=12, verbose=-1),
        GRADES,
        {"group": np.unique(QUERIES, return_counts=True)[1]},
    ),
}


def answered(model, saving, networks, truth, more, folder):
    """What a model that was saved and loaded answers, and its graph in ONNX Runtime."""
    model.fit(FEATURES, truth, **more)
    saving(model, folder / "trees")
    network = networks.load(folder / "trees")
    session = onnxruntime.InferenceSession(network.to_onnx())
    return network.predict(FEATURES), session.run(["probabilities"], {"features": FEATURES})[0]


def own_answers(model):
    if hasattr(model, "predict_proba"):
        return model.predict_proba(FEATURES)
    return model.predict(FEATURES)


@pytest.mark.parametrize("name", XGBOOST)
def test_every_kind_of_xgboost_answers_in_onnx_as_itself(name, tmp_path):
    model, truth, more = XGBOOST[name]
    own, graph = answered(model, save_xgboost, XgboostNetworks(), truth, more, tmp_path)
    np.testing.assert_allclose(own, own_answers(model).reshape(own.shape), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(graph, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LIGHTGBM)
def test_every_kind_of_lightgbm_answers_in_onnx_as_itself(name, tmp_path):
    model, truth, more = LIGHTGBM[name]
    own, graph = answered(model, save_lightgbm, LightgbmNetworks(), truth, more, tmp_path)
    np.testing.assert_array_equal(own, own_answers(model).reshape(own.shape))
    np.testing.assert_allclose(graph, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (xgboost.XGBRegressor(n_estimators=5, booster="gblinear"), "gblinear is a linear model"),
        (xgboost.XGBRegressor(**SMALL, missing=0.0), "takes 0 as missing"),
        (xgboost.XGBRegressor(**SMALL, multi_strategy="multi_output_tree"), "several numbers in a leaf"),
        (lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, linear_tree=True), "linear_tree"),
        (lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, reg_sqrt=True), "reg_sqrt"),
        (lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, zero_as_missing=True), "zero_as_missing"),
        (lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, objective="multiclassova"), "multiclassova"),
        (
            lightgbm.LGBMRegressor(
                n_estimators=5, verbose=-1, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5
            ),
            "takes the mean of its trees",
        ),
    ],
)
def test_what_would_answer_otherwise_is_told_by_name(model, told, tmp_path):
    truth = GRADES if isinstance(model, lightgbm.LGBMClassifier) else MERIT
    if getattr(model, "multi_strategy", None):
        truth = SEVERAL
    saving, networks = (
        (save_xgboost, XgboostNetworks())
        if isinstance(model, xgboost.XGBModel)
        else (save_lightgbm, LightgbmNetworks())
    )
    with pytest.raises(ModelError, match=told):
        answered(model, saving, networks, truth, {}, tmp_path)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_a_pipeline_that_ends_in_boosted_trees_is_told_how_to_hand_over(name, tmp_path):
    columns = rows(300)
    model = {"xgboost": xgboost.XGBClassifier(**SMALL), "lightgbm": lightgbm.LGBMClassifier(verbose=-1)}[name]
    pipeline = make_pipeline(transformer("passthrough"), model).fit(frame(columns), labels(columns))
    save_sklearn(pipeline, tmp_path / "model.skops")
    with pytest.raises(ModelError) as caught:
        open_source(Trained("sklearn", "model.skops", INPUTS, ("0", "1")), tmp_path)
    assert f"save_{name}(pipeline[-1], ...)" in caught.value.hint
    assert "save_preprocessing(pipeline[:-1], ...)" in caught.value.hint


@pytest.mark.parametrize(
    ("task", "columns", "quantiles", "told"),
    [
        ("regression", ("y",), (0.05, 0.5, 0.95), ""),
        ("regression", ("y",), (), "answers 3 numbers to a row, and the task is regression of 'y'"),
        ("binary", ("no", "yes"), (), "answers 3 numbers to a row, and the task is binary"),
    ],
)
def test_numbers_of_boosted_trees_stand_behind_preprocessing(task, columns, quantiles, told, tmp_path):
    given, front = rows(300), transformer("passthrough")
    features = np.asarray(front.transform(frame(given)), dtype=np.float32)
    model = xgboost.XGBRegressor(**SMALL, objective="reg:quantileerror", quantile_alpha=QUANTILES)
    save_xgboost(model.fit(features, features[:, 0] * 3), tmp_path / "trees")
    save_preprocessing(front, tmp_path / "preprocessing.skops")
    trained = Trained("xgboost", "trees", INPUTS, columns, "preprocessing.skops", task=task, quantiles=quantiles)
    source = open_source(trained, tmp_path)
    if told:
        with pytest.raises(ModelError, match=told):
            source.to_onnx(INPUTS)
        return
    session = onnxruntime.InferenceSession(source.to_onnx(INPUTS))
    fed = {name: values.reshape(-1, 1) for name, values in given.items()}
    (values,) = session.run(["values"], fed)
    np.testing.assert_allclose(values, source.predict(given)["values"], rtol=1e-5)
    assert (values[:, 0] <= values[:, 2]).mean() > 0.9
