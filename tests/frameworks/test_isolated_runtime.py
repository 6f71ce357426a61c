"""Models that are broken or mean harm: never a crash of Lockgate, never an answer, always a clear error in time."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto, helper

from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime
from lockgate.adapters.onnxruntime.requests import Open
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.onnxruntime.worker import _answer
from lockgate.domain.measuring.run_conditions import AS_SERVED
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.errors import ModelError
from lockgate.ports import Contestant

pytestmark = pytest.mark.slow
SIGNATURE = Signature((Column("age", "float32"), Column("job", "string")), (Output("sum", "float32", (1,)),), ())
COLUMNS = {"age": np.arange(5, dtype=np.float32), "job": np.array(["a", "", "ä", "b", "c"], dtype=object)}
GIB = 1024**3


def graph(*nodes, outputs=(("sum", TensorProto.FLOAT),), constants=()):
    inputs = [("age", TensorProto.FLOAT), ("job", TensorProto.STRING)]
    made = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs],
        list(constants),
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs, outputs, **attributes)


@pytest.fixture(scope="module")
def runtime():
    return IsolatedRuntime(seconds=20, memory_bytes=4 * GIB)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Where the models of many tests lie: they share the process that is started for it."""
    return tmp_path_factory.mktemp("model") / "model.onnx"


def test_it_answers_as_the_runtime_in_this_process_does(tmp_path, runtime):
    model = graph(
        node("Add", ["age", "age"], ["sum"]),
        node("Identity", ["job"], ["text"]),
        outputs=(("text", TensorProto.STRING), ("sum", TensorProto.FLOAT)),
    )
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    here = OnnxRuntime().open(tmp_path / "model.onnx", SIGNATURE)
    there = runtime.open(tmp_path / "model.onnx", SIGNATURE)
    assert there.input_names() == here.input_names()
    expected, answered = here.run(COLUMNS), there.run(COLUMNS)
    assert [*answered] == [*expected] == ["text", "sum"]
    for name, values in expected.items():
        np.testing.assert_array_equal(answered[name], values)
        assert answered[name].dtype.kind == values.dtype.kind


@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_many_calls_at_once_answer_as_each_alone(path, runtime, size):
    model = graph(
        node("Add", ["age", "age"], ["sum"]),
        node("Identity", ["job"], ["text"]),
        outputs=(("text", TensorProto.STRING), ("sum", TensorProto.FLOAT)),
    )
    path.write_bytes(model.SerializeToString())
    session = runtime.open(path, SIGNATURE)
    (whole,) = session.run_in_batches(COLUMNS, size)
    for name, values in session.run(COLUMNS).items():
        np.testing.assert_array_equal(whole[name], values)
        assert whole[name].dtype == values.dtype


def test_answers_of_another_form_are_given_call_by_call(tmp_path, runtime):
    # A sum over all rows of a call; the rows of a call as columns.
    counted = graph(node("ReduceSum", ["age"], ["sum"], keepdims=0))
    turned = graph(node("Transpose", ["age"], ["sum"]))
    for name, model, shapes in (("a", counted, [(), (), ()]), ("b", turned, [(1, 2), (1, 2), (1, 1)])):
        (tmp_path / name).write_bytes(model.SerializeToString())
        found = runtime.open(tmp_path / name, SIGNATURE).run_in_batches(COLUMNS, 2)
        assert [outputs["sum"].shape for outputs in found] == shapes


def test_many_calls_are_ended_by_the_time_of_one(tmp_path, runtime):
    path = tmp_path / "model.onnx"
    path.write_bytes(graph(node("Add", ["age", "age"], ["sum"])).SerializeToString())
    session = runtime.open(path, SIGNATURE)
    os.kill(runtime._workers[path]._process.pid, signal.SIGALRM)  # as the worker's own clock does
    with pytest.raises(ModelError, match="no answer within 20 s"):
        session.run_in_batches(COLUMNS, 1)


def forest(trees=300):
    """Trees of one division each, whose values no float32 holds: another order of their sums is another answer."""
    model = graph(
        node(
            "TreeEnsembleRegressor",
            ["age"],
            ["sum"],
            domain="ai.onnx.ml",
            n_targets=1,
            nodes_treeids=[number for number in range(trees) for _ in range(3)],
            nodes_nodeids=[0, 1, 2] * trees,
            nodes_featureids=[0] * (3 * trees),
            nodes_values=[value for number in range(trees) for value in (number * 1.7, 0.0, 0.0)],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * trees,
            nodes_truenodeids=[1, 0, 0] * trees,
            nodes_falsenodeids=[2, 0, 0] * trees,
            target_treeids=[number for number in range(trees) for _ in range(2)],
            target_nodeids=[1, 2] * trees,
            target_ids=[0, 0] * trees,
            target_weights=[value / 7 for number in range(trees) for value in (number, -number - 0.3)],
        )
    )
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return model


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_threads_that_leave_the_cores_to_others_give_the_same_bits(path, runtime, threads):
    setting = replace(AS_SERVED, threads=threads)
    path.write_bytes(forest().SerializeToString())
    rows = 2_000
    columns = {"age": np.linspace(-5, 600, rows, dtype=np.float32), "job": np.full(rows, "a", dtype=object)}
    served = OnnxRuntime().open(path, SIGNATURE, setting).run(columns)["sum"]
    judged = runtime.open(path, SIGNATURE, setting).run(columns)["sum"]
    assert np.unique(served).size > 300
    assert judged.tobytes() == served.tobytes()


@pytest.mark.parametrize(("timed", "spins"), [(False, False), (True, True)])
def test_threads_spin_where_their_time_is_taken_alone(tmp_path, timed, spins):
    path, sessions = tmp_path / "model.onnx", []
    path.write_bytes(forest().SerializeToString())
    _answer(Open(str(path), SIGNATURE, AS_SERVED, timed=timed), OnnxRuntime(spinning=False), sessions, 20)
    options = sessions[0]._session.get_session_options()
    try:
        assert (options.get_session_config_entry("session.intra_op.allow_spinning") == "1") is spins
    except RuntimeError:  # ONNX Runtime has no entry for what nobody set: it spins
        assert spins


def test_a_worker_imports_no_more_than_it_runs():
    code = "import sys, lockgate.adapters.onnxruntime.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "onnxruntime" in loaded
    assert {name for name in loaded if name.startswith(("lockgate.ports", "lockgate.domain.judging"))} == set()


def cycle():
    return graph(node("Add", ["age", "b"], ["sum"]), node("Identity", ["sum"], ["b"]))


def unknown_domain():
    model = graph(node("Magic", ["age"], ["sum"], domain="com.example"))
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    return model


def wrong_types():
    return graph(node("Add", ["age", "job"], ["sum"]))


def outside_data():
    tensor = helper.make_tensor("weight", TensorProto.FLOAT, [1], [1.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../../../../etc/hostname"
    return graph(node("Add", ["age", "weight"], ["sum"]), constants=[tensor])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\x09\x12",
        b"\x3a\xff\xff\xff\xff\x7f" + b"\0" * 100,
        *(model().SerializeToString() for model in (cycle, unknown_domain, wrong_types, outside_data)),
        graph(node("Add", ["age", "age"], ["sum"])).SerializeToString()[:-20],
    ],
    ids=["empty", "truncated head", "length bomb", "cycle", "domain", "types", "outside data", "truncated tail"],
)
def test_a_file_that_is_no_sound_model_is_a_clear_error(path, runtime, content):
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx") as caught:
        runtime.open(path, SIGNATURE).run(COLUMNS)
    assert caught.value.hint


def test_a_shape_of_terabytes_is_a_clear_error_and_not_this_machines_memory(tmp_path, runtime):
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [10**6, 10**6])
    model = graph(node("Expand", ["age", "shape"], ["sum"]), constants=[shape])
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    session = runtime.open(tmp_path / "model.onnx", SIGNATURE)
    with pytest.raises(ModelError):
        session.run({name: values[:1] for name, values in COLUMNS.items()})


def test_a_model_that_never_ends_is_ended(tmp_path):
    body = helper.make_graph(
        [node("Identity", ["going"], ["still"]), node("Identity", ["in"], ["out"])],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("in", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("out", TensorProto.FLOAT, None),
        ],
    )
    true = helper.make_tensor("true", TensorProto.BOOL, [], [True])
    model = graph(node("Loop", ["", "true", "age"], ["sum"], body=body), constants=[true])
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    session = IsolatedRuntime(seconds=20, memory_bytes=4 * GIB).open(tmp_path / "model.onnx", SIGNATURE)
    session._worker._seconds = 0.5
    with pytest.raises(ModelError, match=r"no answer within 0\.5 s"):
        session.run(COLUMNS)
    with pytest.raises(ModelError, match="ended with signal 9"):
        session.run(COLUMNS)


def test_a_model_that_crashes_its_process_is_a_clear_error_and_the_next_one_runs(tmp_path, runtime):
    path = tmp_path / "model.onnx"
    path.write_bytes(graph(node("Add", ["age", "age"], ["sum"])).SerializeToString())
    session = runtime.open(path, SIGNATURE)
    # What a fault in native code does to it.
    os.kill(runtime._workers[path]._process.pid, signal.SIGSEGV)
    with pytest.raises(ModelError, match="ended with signal 11"):
        session.run(COLUMNS)
    assert runtime.open(path, SIGNATURE).run(COLUMNS)["sum"].ravel().tolist() == [0, 2, 4, 6, 8]


def test_a_worker_ends_with_whoever_asked_it(tmp_path):
    (tmp_path / "model.onnx").write_bytes(graph(node("Add", ["age", "age"], ["sum"])).SerializeToString())
    runtime = IsolatedRuntime(seconds=20, memory_bytes=4 * GIB)
    runtime.open(tmp_path / "model.onnx", SIGNATURE)
    process = runtime._workers[tmp_path / "model.onnx"]._process
    del runtime
    assert process.poll() is not None


def varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def test_a_model_of_more_than_two_gigabytes_is_an_error_and_no_answer(tmp_path):
    """Protobuf ends there: a sound model with one huge unknown field behind it is refused, neither cut off nor read."""
    path = tmp_path / "model.onnx"
    sound = graph(node("Identity", ["age"], ["sum"])).SerializeToString()
    size = int(2.2 * GIB)
    with path.open("wb") as file:
        file.write(sound + varint(2047 << 3 | 2) + varint(size))
        file.truncate(file.tell() + size)  # sparse: it takes no room on the disk
    with pytest.raises(ModelError, match="not an ONNX model: more than 2 GiB"):
        IsolatedRuntime(seconds=20, memory_bytes=GIB).open(path, SIGNATURE)
    path.unlink()


def test_two_models_race_in_one_process_and_the_slower_takes_longer(tmp_path, runtime):
    def of(count):
        steps = [node("Sin", ["age" if n == 0 else f"s{n}"], [f"s{n + 1}"]) for n in range(count)]
        return graph(*steps, node("Identity", [f"s{count}"], ["sum"]))

    columns = {name: np.repeat(values, 2000) for name, values in COLUMNS.items()}
    contestants = []
    for name, count in (("quick", 1), ("slow", 200)):
        (tmp_path / f"{name}.onnx").write_bytes(of(count).SerializeToString())
        contestants.append(Contestant(tmp_path / f"{name}.onnx", SIGNATURE, columns))
    quick, slow = runtime.race(contestants, rounds=31, seconds=5)
    assert len(quick) == len(slow)
    assert 21 <= len(quick) <= 31
    assert min(quick) > 0
    assert sorted(slow)[len(slow) // 2] > 3 * sorted(quick)[len(quick) // 2]
    assert len(runtime.race(contestants, rounds=500, seconds=0)[0]) == 21
    with pytest.raises(ModelError, match="gone"):
        runtime.race([Contestant(tmp_path / "gone.onnx", SIGNATURE, columns)], rounds=3, seconds=1)
    # What is written in the place of a model is another model, though the process is the same.
    (tmp_path / "quick.onnx").unlink()
    (tmp_path / "quick.onnx").write_bytes(of(200).SerializeToString())
    quick, slow = runtime.race(contestants, rounds=31, seconds=5)
    assert sorted(slow)[len(slow) // 2] < 3 * sorted(quick)[len(quick) // 2]


def test_a_process_that_told_its_versions_runs_the_first_model(tmp_path):
    (tmp_path / "model.onnx").write_bytes(graph(node("Add", ["age", "age"], ["sum"])).SerializeToString())
    runtime = IsolatedRuntime(seconds=20, memory_bytes=4 * GIB, soon=True)
    assert "onnxruntime" in runtime.versions()
    waiting = runtime._spare
    assert runtime.open(tmp_path / "model.onnx", SIGNATURE)._worker is waiting
