"""Networks that take tensors and columns themselves: saved, loaded, converted, and equal in ONNX Runtime."""

import numpy as np
import onnxruntime
import pytest

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis, Input, Inputs
from lockgate.errors import ModelError
from lockgate.known_frameworks import open_trained
from lockgate.project import save_keras, save_torch

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

IMAGE = Input("the image", "uint8", (Axis("channel", 1), Axis("height", 8), Axis("width", 8)))
AGE = Input("age", "float32")
IDS = Input("ids", "int64", (Axis("place"),))
INPUTS = (IMAGE, AGE, IDS)
CLASSES = ("zero", "one", "two")
FILES = {"torch": "network.pt2", "tensorflow": "network.keras"}


def rows(count=50, seed=0, length=5):
    random = np.random.default_rng(seed)
    return {
        "the image": random.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8),
        "age": random.normal(size=count).astype(np.float32),
        "ids": random.integers(0, 20, (count, length)),
    }


def torch_network(head):
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution = torch.nn.Conv2d(1, 4, 3)
            self.words = torch.nn.Embedding(20, 3)
            self.dropout = torch.nn.Dropout(0.5)
            self.last = torch.nn.Linear(4 + 1 + 3, 3)

        def forward(self, image, age, ids):
            seen = torch.relu(self.convolution(image.to(self.last.weight.dtype) / 255)).mean(dim=(2, 3))
            read = self.words(ids).mean(dim=1)
            embedding = self.dropout(torch.cat([seen, age, read], dim=1))
            return head(self.last(embedding), embedding)

    torch.manual_seed(3)
    return Network()


def keras_network(*, names=tuple(each.name for each in INPUTS), activation="softmax", more=False):
    import keras

    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    image, age, ids = (
        keras.Input(shape, name=name, dtype=dtype)
        for name, shape, dtype in zip(names, ((1, 8, 8), (1,), (None,)), ("uint8", "float32", "int64"), strict=True)
    )
    seen = keras.layers.Permute((2, 3, 1))(keras.layers.Rescaling(1 / 255)(image))
    seen = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(seen))
    read = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(20, 3)(ids))
    embedding = keras.layers.Dropout(0.5)(keras.layers.Concatenate()([seen, age, read]))
    last = keras.layers.Dense(3, activation=activation)(embedding)
    return keras.Model([ids, image, age], {"probabilities": last, "embedding": embedding} if more else last)


def softmax(logits, embedding):
    return logits.softmax(dim=1)


def with_embedding(logits, embedding):
    return {"embedding": embedding, "probabilities": logits.softmax(dim=1)}


def write(folder, framework, *, more=False):
    path = folder / FILES[framework]
    if framework == "torch":
        save_torch(torch_network(with_embedding if more else softmax), INPUTS, path)
    else:
        save_keras(keras_network(more=more), path)
    return Trained(framework, FILES[framework], INPUTS, CLASSES, task="multiclass")


@pytest.fixture(scope="module", params=FILES)
def framework(request):
    return request.param


@pytest.fixture(scope="module", params=["one output", "several outputs"])
def opened(request, framework, tmp_path_factory):
    folder = tmp_path_factory.mktemp(framework)
    source = open_trained(write(folder, framework, more=request.param == "several outputs"), folder)
    return source, onnxruntime.InferenceSession(source.to_onnx(INPUTS), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("count", "length"), [(1, 5), (7, 9), (1500, 3)])
def test_the_graph_takes_the_inputs_by_name_and_answers_as_the_network_does(opened, count, length):
    source, session = opened
    columns = rows(count, 1, length)
    given = source.predict(columns)
    names = [output.name for output in source.outputs()]
    assert [node.name for node in session.get_outputs()] == names
    assert {node.name for node in session.get_inputs()} == {each.name for each in INPUTS}
    answers = dict(zip(names, session.run(names, Inputs.of(columns, INPUTS).fed()), strict=True))
    assert set(given) == set(answers)
    assert given["label"].tolist() == answers["label"].tolist()
    for output in source.outputs():
        if output.name != "label":
            np.testing.assert_allclose(answers[output.name], given[output.name], rtol=0, atol=1e-6)
            assert answers[output.name].shape == (count, *output.shape)


def test_the_truth_in_float64_is_near_and_not_the_same(opened):
    source, _ = opened
    columns = rows(200)
    given = source.predict(columns)
    truth = source.reference(columns, given)
    assert set(truth.exact) == {"probabilities"}
    apart = np.abs(truth.exact["probabilities"] - given["probabilities"]).max()
    assert 0 < apart < 1e-5


def test_equal_networks_are_saved_as_equal_bytes(framework, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name, framework)
    first, second = ((tmp_path / name / FILES[framework]).read_bytes() for name in "ab")
    assert first == second


def opened_with(folder, network, framework="torch", inputs=INPUTS, **changes):
    if framework == "torch":
        save_torch(network, INPUTS, folder / FILES[framework])
    else:
        save_keras(network, folder / FILES[framework])
    told = {"classes": CLASSES, "task": "multiclass", **changes}
    return open_trained(Trained(framework, FILES[framework], inputs, **told), folder)


def test_logits_are_refused_with_what_is_missing(tmp_path):
    source = opened_with(tmp_path, torch_network(lambda logits, _: logits))
    with pytest.raises(
        ModelError, match=r"probabilities: row 0 .*logits, no probabilities; end the network with a softmax"
    ):
        source.predict(rows())


def test_probabilities_that_do_not_add_up_are_refused(tmp_path):
    source = opened_with(tmp_path, keras_network(activation="sigmoid"), "tensorflow")
    with pytest.raises(ModelError, match=r"row 0 adds up to .*; the classes share 1"):
        source.predict(rows())


def test_sigmoids_are_the_answers_of_a_task_of_labels(tmp_path):
    source = opened_with(tmp_path, keras_network(activation="sigmoid"), "tensorflow", task="multilabel")
    assert [output.name for output in source.outputs()] == ["probabilities"]
    assert source.predict(rows(4))["probabilities"].shape == (4, 3)


def test_any_number_is_the_answer_of_a_regression(tmp_path):
    source = opened_with(tmp_path, keras_network(activation="linear"), "tensorflow", task="regression")
    session = onnxruntime.InferenceSession(source.to_onnx(INPUTS), providers=["CPUExecutionProvider"])
    (answer,) = session.run(["values"], Inputs.of(rows(4), INPUTS).fed())
    np.testing.assert_allclose(answer, source.predict(rows(4))["values"], rtol=1e-5)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (
            lambda logits, _: logits[:, :2].softmax(dim=1),
            r"answers \[rows, 2\] as probabilities instead of \[rows, 3\], for zero, one",
        ),
        (lambda logits, _: {"scores": logits}, "the network answers 'scores', and no 'probabilities'"),
        (lambda logits, embedding: (logits, embedding), "it answers a tuple; let forward"),
    ],
)
def test_a_network_of_other_outputs_is_told(tmp_path, head, says):
    with pytest.raises(ModelError, match=says):
        opened_with(tmp_path, torch_network(head)).outputs()


def test_a_network_of_other_inputs_is_told(tmp_path, framework):
    network = torch_network(softmax) if framework == "torch" else keras_network()
    with pytest.raises(ModelError, match="the signature"):
        opened_with(tmp_path, network, framework, inputs=INPUTS[:2])


def test_a_network_that_does_not_take_its_inputs_is_told_before_it_is_saved(tmp_path):
    import torch

    with pytest.raises(ModelError, match=r"cannot be traced on the image \(a tensor of uint8"):
        save_torch(torch.nn.Linear(3, 2), (IMAGE,), tmp_path / "network.pt2")


def test_an_axis_that_the_network_fixes_cannot_vary(tmp_path):
    import torch

    window = Input("window", "float32", (Axis("time"),))
    with pytest.raises(ModelError, match=r"cannot be traced on window \(a tensor of float32 \(time any\)\)"):
        save_torch(torch.nn.Linear(32, 2), (window,), tmp_path / "network.pt2")


def test_a_keras_model_with_code_in_it_is_refused(tmp_path):
    import keras

    age = keras.Input((1,), name="age")
    model = keras.Model(age, keras.layers.Dense(2)(keras.layers.Lambda(lambda x: x)(age)))
    model.save(tmp_path / "network.keras")
    with pytest.raises(ModelError, match="not a Keras model that can be loaded safely"):
        open_trained(Trained("tensorflow", "network.keras", (AGE,), ("no", "yes")), tmp_path)


def test_scikit_learn_is_told_to_take_no_tensor(tmp_path):
    with pytest.raises(ModelError, match="scikit-learn takes columns, and the image, ids is a tensor"):
        open_trained(Trained("sklearn", "model.skops", INPUTS, CLASSES), tmp_path)
