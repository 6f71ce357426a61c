"""Pipelines of scikit-learn's own parts: each answers in ONNX Runtime as it does itself, or is told why it cannot."""

from typing import NamedTuple

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
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
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Column
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
FOREST = RandomForestClassifier(20, random_state=1)
DELIVERS = {
    "lr": of(logistic()),
    "forest": of(FOREST, numbers=known()),
    "forest with gaps": of(FOREST, numbers="passthrough"),
    "extra": of(ExtraTreesClassifier(20, random_state=1), numbers=known()),
    "ada": of(AdaBoostClassifier(random_state=1), numbers=known()),
    "gb": of(GradientBoostingClassifier(n_estimators=20, random_state=1), numbers=known()),
    "hist": of(HistGradientBoostingClassifier(random_state=1), numbers="passthrough"),
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
    source = SklearnFramework().load(path, INPUTS, ("no", "yes"))
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
    "gaussian process": (of(GaussianProcessClassifier()), "skl2onnx cannot convert the pipeline"),
    "function": (of(logistic(), numbers=known(FunctionTransformer(np.abs))), "skl2onnx cannot convert the pipeline"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_exported_is_told(name, tmp_path):
    model, told = TOLD[name]
    with pytest.raises(ModelError, match=told):
        exported(saved(model, tmp_path))
