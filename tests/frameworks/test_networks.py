"""PyTorch and Keras networks behind one preprocessing: saved, loaded, composed, and equal in ONNX Runtime."""

import contextlib
import io
import pickle
import zipfile

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Column
from lockgate.errors import ModelError, SettingsError
from lockgate.known_frameworks import open_trained
from lockgate.project import save_keras, save_preprocessing, save_torch

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

INPUTS = (Column("age", "float32"), Column("capital gain", "float32"), Column("work-class", "string"))
CLASSES = ("<=50K", "über 50K")
FILES = {"torch": "network.pt2", "tensorflow": "network.keras"}


def people(rows=2000, seed=0):
    random = np.random.default_rng(seed)
    return {
        "age": random.uniform(17, 90, rows).astype(np.float32),
        "capital gain": random.integers(0, 99_999, rows).astype(np.float32),
        "work-class": random.choice(np.array(["Private", "", "State-gov"], dtype=object), rows),
    }


@pytest.fixture(scope="module")
def preprocessing():
    transformer = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "capital gain"]),
            ("texts", OneHotEncoder(handle_unknown="ignore", dtype=np.float32, sparse_output=False), ["work-class"]),
        ]
    )
    return transformer.fit(pd.DataFrame(people()))


def torch_network(features):
    import torch

    torch.manual_seed(3)
    layers = torch.nn.Sequential(
        torch.nn.Linear(features, 32), torch.nn.BatchNorm1d(32), torch.nn.ReLU(), torch.nn.Dropout(0.5)
    )
    return torch.nn.Sequential(layers, torch.nn.Linear(32, 2), torch.nn.Softmax(dim=1))


def keras_network(features):
    import keras

    keras.backend.clear_session(free_memory=False)  # layers are numbered on through a process
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((features,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def write(folder, framework, preprocessing):
    save_preprocessing(preprocessing, folder / "preprocessing.skops")
    if framework == "torch":
        save_torch(torch_network(5), 5, folder / FILES[framework])
    else:
        save_keras(keras_network(5), folder / FILES[framework])
    return Trained(framework, FILES[framework], INPUTS, CLASSES, preprocessing="preprocessing.skops")


@pytest.fixture(scope="module", params=["torch", "tensorflow"])
def opened(request, preprocessing, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    trained = write(folder, request.param, preprocessing)
    source = open_trained(trained, folder)
    return source, onnxruntime.InferenceSession(source.to_onnx(INPUTS), providers=["CPUExecutionProvider"])


def answers(session, columns):
    feed = {c.name: columns[c.name].reshape(-1, 1) for c in INPUTS}
    return session.run(["label", "probabilities"], feed)


@pytest.mark.parametrize("rows", [1, 7, 2000])
def test_the_graph_answers_raw_columns_as_the_network_does(opened, rows):
    source, session = opened
    columns = people(rows, seed=1)
    label, probabilities = answers(session, columns)
    reference = source.predict(columns)
    np.testing.assert_allclose(probabilities, reference["probabilities"], rtol=0, atol=1e-6)
    assert label.tolist() == reference["label"].tolist()


def test_unseen_categories_are_answered_alike(opened):
    source, session = opened
    columns = people(5) | {"work-class": np.array(["never", "None", "nan", "", "Private"], dtype=object)}
    np.testing.assert_allclose(
        answers(session, columns)[1], source.predict(columns)["probabilities"], rtol=0, atol=1e-6
    )


def test_a_missing_number_is_answered_alike_and_with_a_number(opened):
    source, session = opened
    columns = people(5) | {"age": np.array([np.nan, 40, np.nan, 17, np.nan], dtype=np.float32)}
    answer = source.predict(columns)["probabilities"]
    assert np.isfinite(answer).all()
    np.testing.assert_allclose(answers(session, columns)[1], answer, rtol=0, atol=1e-6)


def test_the_graph_takes_the_columns_by_their_names_and_answers_two_outputs(opened):
    _, session = opened
    assert [node.name for node in session.get_inputs()] == [column.name for column in INPUTS]
    assert [node.name for node in session.get_outputs()] == ["label", "probabilities"]


@pytest.mark.parametrize("framework", FILES)
def test_equal_networks_are_saved_as_equal_bytes(framework, preprocessing, tmp_path):
    for name in "ab":
        write(tmp_path / name, framework, preprocessing)
    first, second = ((tmp_path / name / FILES[framework]).read_bytes() for name in "ab")
    assert first == second


class Evil:
    def __reduce__(self):
        return (open, ("owned", "w"))


def archive(**entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("framework", FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"PK\x03\x04 half",
        pickle.dumps(Evil()),
        archive(data=b"x"),
        archive(**{"data.pkl": b"\x80\x02."}),
    ],
)
def test_what_is_no_network_is_refused_and_runs_nothing(framework, content, preprocessing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_preprocessing(preprocessing, tmp_path / "preprocessing.skops")
    (tmp_path / FILES[framework]).write_bytes(content)
    trained = Trained(framework, FILES[framework], INPUTS, CLASSES, preprocessing="preprocessing.skops")
    with pytest.raises(ModelError, match="not a"):
        open_trained(trained, tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_pickle_hidden_in_an_exported_program_runs_nothing(preprocessing, tmp_path, monkeypatch):
    """Every entry in turn is replaced by a pickle that would leave a file behind."""
    monkeypatch.chdir(tmp_path)
    trained = write(tmp_path, "torch", preprocessing)
    path = tmp_path / trained.model
    with zipfile.ZipFile(path) as program:
        entries = {name: program.read(name) for name in program.namelist()}
    for name in entries:
        path.write_bytes(archive(**(entries | {name: pickle.dumps(Evil())})))
        with contextlib.suppress(ModelError):
            open_trained(trained, tmp_path).predict(people(3))
        assert not (tmp_path / "owned").exists(), name


def test_a_keras_model_with_code_in_it_is_refused(preprocessing, tmp_path):
    import keras

    trained = write(tmp_path, "tensorflow", preprocessing)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Lambda(lambda x: x), keras.layers.Dense(2)])
    model.save(tmp_path / trained.model)
    with pytest.raises(ModelError, match="not a Keras model that can be loaded safely"):
        open_trained(trained, tmp_path)


def test_a_network_with_an_operator_that_onnx_does_not_have_is_refused(preprocessing, tmp_path):
    import torch

    class Bessel(torch.nn.Module):
        def forward(self, features):
            return torch.softmax(torch.special.i0(features)[:, :2], dim=1)

    trained = write(tmp_path, "torch", preprocessing)
    save_torch(Bessel(), 5, tmp_path / trained.model)
    with pytest.raises(ModelError, match=r"PyTorch cannot export the network to ONNX: .*i0"):
        open_trained(trained, tmp_path).to_onnx(INPUTS)


def test_a_network_without_preprocessing_is_refused(preprocessing, tmp_path):
    write(tmp_path, "torch", preprocessing)
    with pytest.raises(ModelError, match="it takes 1 inputs, and the signature has 3: age, capital gain, work-class"):
        open_trained(Trained("torch", "network.pt2", INPUTS, CLASSES), tmp_path)


def test_an_unknown_framework_names_the_known_ones(tmp_path):
    with pytest.raises(SettingsError, match="jax") as caught:
        open_trained(Trained("jax", "x", INPUTS, CLASSES, preprocessing="y"), tmp_path)
    assert "sklearn, onnx, torch, tensorflow, saved_model, keras_torch, xgboost, lightgbm" in str(caught.value)
