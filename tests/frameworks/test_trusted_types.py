"""A skops file names what is made of it: only what keeps values or computes is made, whatever the file says."""

import io
import json
import zipfile

import numpy as np
import pytest
import scipy.special
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import BallTree, KDTree, KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skops.io._trusted_types import NUMPY_UFUNC_TYPE_NAMES

from lockgate.adapters.sklearn.safe_loading import load
from lockgate.adapters.sklearn.saving import save
from lockgate.adapters.sklearn.skops_import import own_trust, skops_io
from lockgate.adapters.sklearn.trusted_types import is_trusted
from lockgate.errors import ModelError

from skops.io._trusted_types import SCIPY_UFUNC_TYPE_NAMES, SKLEARN_ESTIMATOR_TYPE_NAMES  # isort: skip - as Lockgate leaves them

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROWS = np.random.default_rng(0).normal(size=(60, 2))
LABELS = (ROWS[:, 0] > 0).astype(int)

RUNNERS = [
    "os.system",
    "posix.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "builtins.getattr",
    "builtins.open",
    "importlib.import_module",
    "operator.methodcaller",
    "joblib.load",
    "joblib.numpy_pickle.load",
    "pickle.loads",
    "numpy.load",
    "numpy.lib._npyio_impl.load",
    "numpy.fromfile",
    "numpy.savetxt",
    "numpy.memmap",
    "numpy.lib._npyio_impl.DataSource",
    "numpy.frompyfunc",
    "numpy.vectorize",
    "scipy.special.seterr",
    "scipy.io.loadmat",
    "scipy.stats._distn_infrastructure.rv_frozen",
    "scipy.LowLevelCallable",
    "sklearn.datasets._base.load_files",
    "sklearn.datasets._base._fetch_remote",
    "sklearn.datasets._openml.fetch_openml",
    "sklearn.externals.array_api_extra._lib._utils._helpers.eager_shape",
    "sklearn.utils._mocking.CheckingClassifier",
    "sklearn.utils._testing.TempMemmap",
    "sklearn.utils._testing.assert_run_python_script_without_output",
    "sklearn.utils.parallel.Parallel",
    "sklearn.utils.fixes.parse_version",
    "sklearn.base.clone",
    "sklearn.base.os",
    "sklearn.base.warnings",
    "sklearn.linear_model._base.BaseEstimator",
    "sklearn.linear_model._logistic.LogisticRegression.fit",
    "sklearn.tests.test_base.MyEstimator",
    "xgboost.sklearn.XGBClassifier",
]


def test_what_skops_trusts_by_itself_is_trusted_by_what_it_is():
    names = [*SKLEARN_ESTIMATOR_TYPE_NAMES, *SCIPY_UFUNC_TYPE_NAMES, *NUMPY_UFUNC_TYPE_NAMES]
    assert len(names) > 400
    assert [name for name in names if not is_trusted(name)] == []


def test_who_uses_skops_without_lockgate_finds_its_own_lists(tmp_path):
    model = make_pipeline(FunctionTransformer(scipy.special.expit), LogisticRegression()).fit(ROWS, LABELS)
    save(model, tmp_path / "model.skops")
    for loaded in (skops_io.load(tmp_path / "model.skops"), load(tmp_path / "model.skops")):
        np.testing.assert_array_equal(loaded.predict(ROWS), model.predict(ROWS))
    with own_trust():
        assert [*SKLEARN_ESTIMATOR_TYPE_NAMES, *SCIPY_UFUNC_TYPE_NAMES] == []


@pytest.mark.parametrize("name", RUNNERS)
def test_what_loads_runs_or_writes_is_not_trusted(name):
    assert not is_trusted(name)


def altered(model, folder, change):
    """The model's file, with each node of it as ``change`` leaves it."""
    content = io.BytesIO(skops_io.dumps(model))
    path = folder / "model.skops"

    def walk(node):
        if isinstance(node, list):
            return [walk(each) for each in node]
        return change({key: walk(value) for key, value in node.items()}) if isinstance(node, dict) else node

    with zipfile.ZipFile(content) as whole, zipfile.ZipFile(path, "w") as made:
        for name in whole.namelist():
            raw = whole.read(name)
            made.writestr(name, json.dumps(walk(json.loads(raw))) if name == "schema.json" else raw)
    return path


def called(module, name):
    """A file whose loading would call ``module.name`` with a text."""

    def change(node):
        if node.get("__class__") != "LogisticRegression":
            return node
        text = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": '"echo ran"'}
        arguments = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [text]}
        return {
            "__class__": name,
            "__module__": module,
            "__loader__": "ConstructorFromReduceNode",
            "content": arguments,
            "__id__": node["__id__"],
        }

    return change


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("joblib", "load"), ("numpy", "load"), ("sklearn.utils._testing", "os")],
)
def test_a_file_that_calls_something_is_refused_before_it_does(module, name, tmp_path):
    model = make_pipeline(LogisticRegression()).fit(ROWS, LABELS)
    with pytest.raises(ModelError, match=f"is not loaded: {module}.{name}"):
        load(altered(model, tmp_path, called(module, name)))


def test_a_function_of_the_plug_ins_own_is_told_with_a_way_out(tmp_path):
    def doubled(values):
        return values * 2

    doubled.__qualname__, doubled.__module__ = "doubled", "shop.features"
    model = make_pipeline(FunctionTransformer(doubled), LogisticRegression()).fit(ROWS, LABELS)
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match=r"holds what is not scikit-learn's own.*shop\.features\.doubled") as caught:
        load(tmp_path / "model.skops")
    assert "ONNX" in caught.value.hint


def test_a_vectorizer_that_reads_the_files_that_rows_name_is_refused(tmp_path):
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(["good", "bad good"], [0, 1])
    model[0].input = "filename"
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="makes it read the files that rows name"):
        load(tmp_path / "model.skops")


@pytest.mark.parametrize(("algorithm", "kind"), [("kd_tree", KDTree), ("ball_tree", BallTree)])
def test_a_tree_of_neighbours_that_points_astray_is_refused(algorithm, kind, tmp_path):
    model = KNeighborsClassifier(3, algorithm=algorithm).fit(ROWS, LABELS)
    save(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(load(tmp_path / "model.skops").predict(ROWS), model.predict(ROWS))
    state = list(model._tree.__getstate__())
    state[1] = state[1] + 10**6
    astray = kind.__new__(kind)
    astray.__setstate__(tuple(state))
    model._tree = astray
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="points outside"):
        load(tmp_path / "model.skops")


def test_a_tree_that_leads_in_a_circle_is_refused(tmp_path):
    model = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5).fit(ROWS, LABELS)
    model._predictors[0][0].nodes["left"][0] = 0
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="points outside the tree"):
        load(tmp_path / "model.skops")


def test_categories_of_a_feature_that_has_none_are_refused(tmp_path):
    model = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5).fit(ROWS, LABELS)
    model._predictors[0][0].nodes["is_categorical"][0] = 1
    save(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="categories of a feature that has none"):
        load(tmp_path / "model.skops")
