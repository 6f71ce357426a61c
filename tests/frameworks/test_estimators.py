"""Pipelines of scikit-learn's own parts: each answers in ONNX Runtime as it does itself, or is told why it cannot."""

from typing import NamedTuple

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import Birch
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from lockgate.adapters.sklearn.models import SklearnFramework
from lockgate.domain.model.inputs import Axis, Inputs
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.errors import ModelError
from lockgate.project import save_sklearn

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
NUMBERS, CATEGORIES = ["a", "b", "c", "d"], ["city", "kind"]
INPUTS = tuple(Column(name, "float32") for name in NUMBERS) + tuple(
    Column(name, "string") for name in (*CATEGORIES, "text")
)
CITIES = np.array(["Zürich", "New York", "São Paulo", "東京", "", "None", "nan", "a,b"], dtype=object)
TEXT = "good bad Fine it's don't naïve 42 cheap-ish ok, great! awful ÜBER Über"
WORDS = np.array(TEXT.split(), dtype=object)


class Rows(NamedTuple):
    """Columns, and a label that they have something to do with."""

    columns: dict
    labels: np.ndarray

    @property
    def frame(self):
        return pd.DataFrame(self.columns)


def made(count, seed):
    """Numbers with gaps, categories with odd names, and texts in more than ASCII."""
    random = np.random.default_rng(seed)
    columns = {name: random.normal(size=count).astype(np.float32) for name in NUMBERS}
    columns["c"] = np.abs(columns["c"] * 1000)
    columns["d"] = random.integers(0, 9, count).astype(np.float32)
    columns["city"] = CITIES[random.integers(0, 8, count)]
    columns["kind"] = np.array(["x", "X", "x ", "y"], dtype=object)[random.choice(4, count, p=[0.6, 0.3, 0.08, 0.02])]
    texts = [" ".join(WORDS[random.integers(0, len(WORDS), random.integers(0, 9))]) for _ in range(count)]
    columns["text"] = np.array(texts, dtype=object)
    merit = columns["a"] - 0.5 * columns["b"] + 0.001 * columns["c"] + (columns["city"] == "東京")
    merit = merit - (columns["kind"] == "X") + np.array([t.count("good") - t.count("bad") for t in texts])
    labels = np.where(merit + random.normal(size=count) > 0.5, "yes", "no").astype(object)
    columns["a"][random.random(count) < 0.1] = np.nan
    columns["b"][random.random(count) < 0.05] = np.nan
    return Rows(columns, labels)


TRAINING, TEST = made(600, 3), made(300, 4)


def known(*more):
    return make_pipeline(SimpleImputer(strategy="median"), *more)


def features(numbers, categories=None):
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32, sparse_output=False)
    return ColumnTransformer([("n", numbers, NUMBERS), ("c", categories or encoder, CATEGORIES)])


def of(*classifier, numbers=None, categories=None):
    """A pipeline that ends so, behind scaled numbers and encoded categories unless others are given."""
    return make_pipeline(features(known(StandardScaler()) if numbers is None else numbers, categories), *classifier)


def logistic():
    return LogisticRegression(max_iter=300)


def behind(step):
    return of(logistic(), numbers=known(step))


def encoded(encoder):
    return of(logistic(), categories=encoder)


def texts(vectorizer):
    return make_pipeline(ColumnTransformer([("t", vectorizer, "text")]), logistic())


ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
DROPPING = OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False, dtype=np.float32)
RARE = OneHotEncoder(min_frequency=60, handle_unknown="infrequent_if_exist", sparse_output=False, dtype=np.float32)
FOREST = RandomForestClassifier(8, random_state=1)
DELIVERS = {
    "lr": of(logistic()),
    "forest": of(FOREST, numbers=known()),
    "forest with gaps": of(FOREST, numbers="passthrough"),
    "extra": of(ExtraTreesClassifier(8, random_state=1), numbers=known()),
    "ada": of(AdaBoostClassifier(n_estimators=15, random_state=1), numbers=known()),
    "gb": of(GradientBoostingClassifier(n_estimators=10, random_state=1), numbers=known()),
    "hist": of(HistGradientBoostingClassifier(max_iter=30, random_state=1), numbers="passthrough"),
    "hist with categories": of(
        HistGradientBoostingClassifier(categorical_features=[4, 5], max_iter=15, random_state=1),
        numbers="passthrough",
        categories=ORDINAL,
    ),
    "tree with gaps": of(DecisionTreeClassifier(max_depth=6, random_state=1), numbers="passthrough"),
    "gnb": of(GaussianNB()),
    "knn": of(KNeighborsClassifier(7)),
    "svc": of(SVC(probability=True, random_state=1)),
    "mlp": of(MLPClassifier((16,), max_iter=60, random_state=1)),
    "lda": of(LinearDiscriminantAnalysis()),
    "qda": of(QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "sgd": of(SGDClassifier(loss="modified_huber", random_state=1)),
    "sgd log": of(SGDClassifier(loss="log_loss", random_state=1)),
    "calibrated": of(CalibratedClassifierCV(FOREST, method="sigmoid", cv=3), numbers=known()),
    "vote": of(VotingClassifier([("a", logistic()), ("b", GaussianNB())], voting="soft")),
    "stack": of(StackingClassifier([("a", logistic()), ("b", GaussianNB())])),
    "bag": of(BaggingClassifier(random_state=1)),
    "grid": GridSearchCV(of(logistic()), {"logisticregression__C": [0.1, 1]}),
    "grid inside": of(GridSearchCV(logistic(), {"C": [0.1, 1]}, scoring="roc_auc")),
    "random search": of(RandomizedSearchCV(logistic(), {"C": [0.1, 1]}, n_iter=2)),
    "k best": of(SelectKBest(f_classif, k=5), logistic()),
    "variance": of(VarianceThreshold(), logistic()),
    "pca": of(PCA(3, random_state=1), logistic()),
    "svd": of(TruncatedSVD(3, random_state=1), logistic()),
    "bins": behind(KBinsDiscretizer(7, encode="onehot-dense")),
    "quantiles": behind(QuantileTransformer(n_quantiles=10, random_state=1)),
    "robust": behind(RobustScaler()),
    "norm": behind(Normalizer()),
    "max abs": behind(MaxAbsScaler()),
    "power": behind(PowerTransformer()),
    "binary": behind(Binarizer()),
    "polynomial": of(logistic(), numbers=known(StandardScaler(), PolynomialFeatures(2))),
    "union": behind(FeatureUnion([("s", StandardScaler()), ("m", MinMaxScaler())])),
    "ordinal": encoded(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
    "one hot dropped": encoded(DROPPING),
    "one hot rare": encoded(RARE),
    "knn imputer": of(logistic(), numbers=make_pipeline(KNNImputer(n_neighbors=3), StandardScaler())),
    "count": texts(CountVectorizer()),
    "count pairs": texts(CountVectorizer(ngram_range=(1, 2))),
    "count characters": texts(CountVectorizer(analyzer="char", ngram_range=(1, 2))),
    "tf-idf": texts(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
}


def saved(model, folder):
    save_sklearn(model.fit(TRAINING.frame, TRAINING.labels), folder / "model.skops")
    return folder / "model.skops"


def exported(path):
    """The model as Lockgate opens it, and what the graph that it exports answers to the test rows."""
    source = SklearnFramework().load(path, INPUTS, Binary(("no", "yes"), "yes"))
    session = onnxruntime.InferenceSession(source.to_onnx(INPUTS))
    fed = Inputs.of(TEST.columns, INPUTS).fed()
    return source, session.run(["label", "probabilities"], {each.name: fed[each.name] for each in session.get_inputs()})


@pytest.mark.parametrize("name", DELIVERS)
def test_the_graph_answers_as_the_pipeline(name, tmp_path):
    source, (labels, probabilities) = exported(saved(DELIVERS[name], tmp_path))
    own = source.predict(TEST.columns)
    assert labels.shape == own["label"].shape
    np.testing.assert_allclose(probabilities, own["probabilities"], atol=2e-6)
    decided = np.abs(np.diff(own["probabilities"], axis=1)[:, 0]) > 1e-5
    np.testing.assert_array_equal(labels[decided], own["label"][decided])


def test_what_skops_cannot_keep_is_told_when_it_is_saved(tmp_path):
    model = make_pipeline(Birch(), logistic()).fit(np.arange(20.0).reshape(10, 2), np.arange(10) % 2)
    with pytest.raises(ModelError, match="Birch"):
        save_sklearn(model, tmp_path / "model.skops")


def test_a_search_answers_with_what_it_found(tmp_path):
    model = DELIVERS["grid"]
    source, _ = exported(saved(model, tmp_path))
    np.testing.assert_array_equal(source.predict(TEST.columns)["probabilities"], model.predict_proba(TEST.frame))


CALIBRATED = CalibratedClassifierCV(LinearSVC(random_state=1), method="isotonic", cv=3)
DIFFERS = {
    "isotonic": (of(CALIBRATED), 0.05),
    "knn by distance": (of(KNeighborsClassifier(7, weights="distance")), 0.5),
}


@pytest.mark.parametrize("name", DIFFERS)
def test_what_the_converter_gets_wrong_is_seen(name, tmp_path):
    model, most = DIFFERS[name]
    source, (_, probabilities) = exported(saved(model, tmp_path))
    worst = np.abs(probabilities - source.predict(TEST.columns)["probabilities"]).max()
    assert 1e-4 < worst < most


TOLD = {
    "ridge": (of(RidgeClassifier()), "it has no predict_proba"),
    "linear svc": (of(LinearSVC()), "it has no predict_proba"),
    "hard votes": (of(VotingClassifier([("a", logistic())])), "it has no predict_proba"),
    "indicator": (
        of(logistic(), numbers=make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())),
        "skl2onnx cannot convert the pipeline",
    ),
    "unknown": (
        of(logistic(), numbers=FeatureUnion([("a", known()), ("b", MissingIndicator(features="all"))])),
        "it does not know MissingIndicator",
    ),
    "gaussian process": (of(GaussianProcessClassifier()), "skl2onnx cannot convert the pipeline"),
    "function": (of(logistic(), numbers=known(FunctionTransformer(np.abs))), "skl2onnx cannot convert the pipeline"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_exported_is_told(name, tmp_path):
    model, told = TOLD[name]
    with pytest.raises(ModelError, match=told):
        exported(saved(model, tmp_path))


class Told(NamedTuple):
    """A task, the truth of the training rows, and what is fitted on it."""

    task: object
    truth: object
    model: object


def regression(model, *, targets=1, quantiles=(), positive=False):
    values = np.column_stack([np.nan_to_num(TRAINING.columns["a"]) * 30 + 5, TRAINING.columns["c"]])[:, :targets]
    values = np.abs(values) if positive else values
    return Told(Regression(("one", "two")[:targets], quantiles), values[:, 0] if targets == 1 else values, model)


def several(model):
    truth = np.array(["low", "mid", "high"], dtype=object)[np.digitize(TRAINING.columns["c"], [300, 900])]
    return Told(Multiclass(("high", "low", "mid")), truth, model)


def labels_at_once(model):
    numbers = [np.nan_to_num(TRAINING.columns[name]) for name in "abc"]
    truth = np.column_stack([numbers[0] > 0, numbers[1] > 0.5, numbers[2] > 700])
    return Told(Multilabel(("a", "b", "c")), truth.astype(int), model)


COARSE = KBinsDiscretizer(6, encode="ordinal", strategy="quantile")
TASKS = {
    "ridge": regression(of(Ridge())),
    "gb regressor": regression(of(GradientBoostingRegressor(n_estimators=20, random_state=1), numbers=known())),
    "hist regressor": regression(of(HistGradientBoostingRegressor(max_iter=20), numbers="passthrough")),
    "hist regressor with categories": regression(
        of(HistGradientBoostingRegressor(categorical_features=[2, 3], max_iter=20), numbers=known(COARSE))
    ),
    "forest of two numbers": regression(of(RandomForestRegressor(10, random_state=1), numbers=known()), targets=2),
    "two ridges": regression(of(MultiOutputRegressor(Ridge())), targets=2),
    "logarithm of the target": regression(
        of(TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)), positive=True
    ),
    "root of the target": regression(
        of(TransformedTargetRegressor(GradientBoostingRegressor(n_estimators=9), func=np.sqrt, inverse_func=np.square)),
        positive=True,
    ),
    "knn regressor": regression(of(KNeighborsRegressor(5))),
    "votes on numbers": regression(of(VotingRegressor([("a", Ridge()), ("b", LinearRegression())]))),
    "three classes": several(of(logistic())),
    "three classes, discriminants": several(of(QuadraticDiscriminantAnalysis(reg_param=0.1))),
    "three classes, linear discriminants": several(of(LinearDiscriminantAnalysis())),
    "three classes, histograms": several(of(HistGradientBoostingClassifier(max_iter=20), numbers="passthrough")),
    "labels, one model each": labels_at_once(of(MultiOutputClassifier(logistic()))),
    "labels, one against the rest": labels_at_once(of(OneVsRestClassifier(logistic()))),
    "labels, forest": labels_at_once(of(RandomForestClassifier(10, random_state=1), numbers=known())),
    "labels, network": labels_at_once(of(MLPClassifier((8,), max_iter=30, random_state=1))),
    "labels, neighbours": labels_at_once(of(KNeighborsClassifier(5))),
}


def compared(told, folder):
    path = folder / "model.skops"
    save_sklearn(told.model, path)
    source = SklearnFramework().load(path, INPUTS, told.task)
    session = onnxruntime.InferenceSession(source.to_onnx(INPUTS))
    assert [each.name for each in session.get_outputs()] == [each.name for each in source.outputs()]
    fed = Inputs.of(TEST.columns, INPUTS).fed()
    (numbers,) = session.run([told.task.output], {each.name: fed[each.name] for each in session.get_inputs()})
    assert numbers.dtype == np.float32
    assert numbers.shape == (300, told.task.width)
    np.testing.assert_allclose(numbers, source.predict(TEST.columns)[told.task.output], rtol=2e-5, atol=2e-6)
    reference = source.reference(TEST.columns, {})
    np.testing.assert_allclose(reference.rounded[told.task.output], reference.exact[told.task.output], rtol=1e-3)
    return source


@pytest.mark.parametrize("name", TASKS)
def test_each_task_answers_in_one_form(name, tmp_path):
    told = TASKS[name]
    told.model.fit(TRAINING.frame, told.truth)
    compared(told, tmp_path)


def test_models_of_quantiles_are_handed_over_as_one(tmp_path):
    quantiles = (0.05, 0.5, 0.95)
    numbers = GradientBoostingRegressor(loss="quantile", n_estimators=10, random_state=1)
    truth = regression(None).truth
    fitted = {q: of(clone(numbers).set_params(alpha=q), numbers=known()).fit(TRAINING.frame, truth) for q in quantiles}
    source = compared(Told(Regression(("one",), quantiles), truth, fitted), tmp_path)
    answers = source.predict(TEST.columns)["values"]
    assert (answers[:, 0] < answers[:, 2]).mean() > 0.9
    assert source.thresholds()["a"].size


@pytest.mark.parametrize(
    ("model", "task", "message"),
    [
        (Ridge(), Multiclass(("0", "1")), "it has no predict_proba"),
        (logistic(), Regression(("y",)), "answers no numbers, and tables.task is regression"),
        (Ridge(), Regression(("y",), (0.05, 0.5, 0.95)), "holds one model, and there are 3 quantiles"),
        (
            {0.1: Ridge(), 0.5: Ridge()},
            Regression(("y",), (0.05, 0.5)),
            "0.1, 0.5, and the quantiles are 0.05, 0.5",
        ),
        ({0.5: Ridge()}, Regression(("y",)), "tables.quantiles has none"),
        (logistic(), Multilabel(("a", "b", "c")), "fitted on 2 labels"),
        (logistic(), Multiclass(("0", "1", "2")), "the model has .0., .1."),
    ],
)
def test_a_model_of_another_task_is_told(model, task, message, tmp_path):
    rows, truth = np.arange(20, dtype=float).reshape(10, 2), np.arange(10) % 2
    for each in model.values() if isinstance(model, dict) else [model]:
        each.fit(rows, truth)
    save_sklearn(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match=message):
        SklearnFramework().load(tmp_path / "model.skops", INPUTS, task)


TYPED = {
    "f": ("float32", lambda random: random.normal(size=300).astype(np.float32)),
    "g": ("float64", lambda random: random.normal(size=300) * 1e6),
    "i": ("int64", lambda random: random.integers(0, 9, 300)),
    "j": ("int32", lambda random: random.integers(0, 9, 300).astype(np.int32)),
    "b": ("bool", lambda random: random.random(300) > 0.5),
}
MIXED = {
    "one scaler": [("n", StandardScaler(), ["f", "g", "i"])],
    "a scaler each": [
        ("a", StandardScaler(), ["f"]),
        ("b", StandardScaler(), ["g"]),
        ("c", StandardScaler(), ["i", "j"]),
    ],
    "none": [("p", "passthrough", ["f", "g", "i", "b"])],
    "encoded truth": [("o", OneHotEncoder(sparse_output=False), ["b"]), ("n", StandardScaler(), ["f"])],
    "encoded number": [("o", OneHotEncoder(handle_unknown="ignore"), ["i"]), ("n", StandardScaler(), ["g"])],
}


@pytest.mark.parametrize("name", MIXED)
def test_columns_of_every_plain_type_stand_beside_each_other(name, tmp_path):
    random = np.random.default_rng(0)
    columns = {column: values(random) for column, (_, values) in TYPED.items()}
    used = [column for _, _, each in MIXED[name] for column in each]
    inputs = tuple(Column(column, TYPED[column][0]) for column in used)
    truth = (columns["f"] + columns["g"] / 1e6 + columns["b"] > 0.5).astype(int)
    model = make_pipeline(ColumnTransformer(MIXED[name]), logistic()).fit(pd.DataFrame(columns)[used], truth)
    save_sklearn(model, tmp_path / "model.skops")
    source = SklearnFramework().load(tmp_path / "model.skops", inputs, Binary(("0", "1"), "1"))
    session = onnxruntime.InferenceSession(source.to_onnx(inputs))
    fed = Inputs.of(columns, inputs).fed()
    np.testing.assert_allclose(
        session.run(["probabilities"], fed)[0], source.predict(columns)["probabilities"], atol=2e-6
    )
    assert source.exporter().get("become float32", "") == ("g (float64)" if "g" in used else "")


def test_a_tensor_in_front_of_scikit_learn_is_told(tmp_path):
    save_sklearn(DELIVERS["lr"].fit(TRAINING.frame, TRAINING.labels), tmp_path / "model.skops")
    inputs = (Column("picture", "uint8", (Axis("height", 8), Axis("width", 8))),)
    with pytest.raises(ModelError, match="picture has axes"):
        SklearnFramework().load(tmp_path / "model.skops", inputs, Binary(("no", "yes"), "yes"))
