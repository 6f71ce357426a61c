"""The ONNX backend tests through ONNX Runtime and Lockgate's comparator: what passes, differs, or cannot run.

    python benchmarks/conformance.py [--json FILE]

The cases are those that the onnx package makes: one or more for each operator, and its small models. Each has inputs,
expected outputs and a tolerance. A worker runs them, so that a runtime that crashes ends one case and not the table.
"""

import argparse
import ctypes
import gc
import json
import re
import subprocess
import sys
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from lockgate.domain.judging.gates.parity.differences import Differences
from lockgate.domain.model.signature import Output, dtype_name

FOLDERS = ("simple", "pytorch-operator", "pytorch-converted")
# In the runtime's words: tensor(float8e4m3fn), tensor(int4).
FOREIGN = re.compile(r"bfloat16|float[468]e|u?int[24]\b")
BITS = {"float": (16, 32, 64), "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64)}
PLAIN = {f"{kind}{bits}" for kind, sizes in BITS.items() for bits in sizes} | {"bool", "string"}


def cases():
    """Every node test and every small model that the package holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test import loader
        from onnx.backend.test.case import base, model, node

        base.process_snippet = lambda name, *_: (name, "")  # the text of a case, for onnx's own pages
        with np.errstate(all="ignore"):
            found = [(kind_of(case, "node"), case) for case in node.collect_testcases(None)]
            found += [(kind_of(case, "model"), case) for case in model.collect_testcases()]
        for folder in FOLDERS:
            if (Path(loader.DATA_DIR) / folder).is_dir():
                found += [(kind_of(case, folder), case) for case in loader.load_model_tests(kind=folder)]
    return found


def kind_of(case, kind):
    """The cases that need a locale of the system are counted apart: they pass where it is installed."""
    return "locale" if case.name.startswith("test_strnorm") else kind


def run(kind, case):
    """One case: its name, kind, outcome and reason."""
    try:
        wrong = compare_case(case)
    except Unsupported as error:
        return {"case": case.name, "kind": kind, "outcome": "unsupported", "reason": str(error)}
    outcome = "differing" if wrong else "passed"
    return {"case": case.name, "kind": kind, "outcome": outcome, "reason": wrong}


class Unsupported(Exception):
    """The runtime cannot load or run the case."""


def compare_case(case):
    """What is wrong with the outputs of every data set, if anything."""
    import onnxruntime as ort

    model, data_sets = loaded(case)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1  # the cases are small: threads are made and ended for nothing
    try:
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Unsupported(first_line(error)) from error
    names = [node.name for node in session.get_outputs()]
    for inputs, expected in data_sets:
        feed = {node.name: plain(value) for node, value in zip(session.get_inputs(), inputs, strict=False)}
        try:
            actual = answer(session, feed)
        except Exception as error:
            return f"it does not run: {first_line(error)}"
        if wrong := compare_outputs(names, expected, actual, case):
            return wrong
    return ""


def plain(value):
    """What numpy has for it: cases hold scalars and protobuf."""
    from onnx import TensorProto, numpy_helper

    if isinstance(value, TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, np.generic):
        return np.asarray(value)
    return [plain(one) for one in value] if isinstance(value, list) else value


def answer(session, feed):
    """The outputs in order; types that numpy lacks go in and come out byte by byte."""
    from onnxruntime import OrtValue

    foreign = {node.name for node in session.get_inputs() if FOREIGN.search(node.type)}
    given = {name: to_runtime(value) if name in foreign else value for name, value in feed.items()}
    names = [node.name for node in session.get_outputs()]
    if not any(FOREIGN.search(node.type) for node in session.get_outputs()):
        return session.run(names, given)
    given = {
        name: value if name in foreign else OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value))
        for name, value in given.items()
    }
    return [from_runtime(value) for value in session.run_with_ort_values(names, given)]


def to_runtime(array):
    from onnx import helper, numpy_helper
    from onnxruntime import OrtValue

    made = OrtValue.ortvalue_from_shape_and_type(list(array.shape), helper.np_dtype_to_tensor_dtype(array.dtype))
    content = numpy_helper.from_array(array).raw_data  # packs 4-bit and 2-bit types as the runtime does
    if len(content) != made.tensor_size_in_bytes():
        raise NotImplementedError(f"no way to hand over {array.dtype.name}")
    ctypes.memmove(made.data_ptr(), content, len(content))
    return made


def from_runtime(value):
    from onnx import TensorProto, numpy_helper

    if not FOREIGN.search(value.data_type()):
        return np.asarray(value.numpy())
    content = ctypes.string_at(value.data_ptr(), value.tensor_size_in_bytes())
    return numpy_helper.to_array(TensorProto(data_type=value.element_type(), dims=value.shape(), raw_data=content))


def light(case):
    """A large network of which the package holds the graph, with constants for weights, and the output."""
    import onnx
    from onnx.backend.test.runner import Runner

    path = Path(onnx.__file__).parent.parent / case.url
    model = onnx.load(path)
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [Runner.generate_dummy_data(node) for node in model.graph.input if node.name not in constants]
    stored = [path.with_name(f"{path.stem}_output_{place}.pb") for place in range(len(model.graph.output))]
    return model.SerializeToString(), [(inputs, [read(each) for each in stored])]


def loaded(case):
    if case.model is not None:
        return case.model.SerializeToString(), case.data_sets
    if case.model_dir is None:
        return light(case)
    folder = Path(case.model_dir)
    sets = [
        [[read(path) for path in numbered(data, side)] for side in ("input", "output")]
        for data in sorted(folder.glob("test_data_set_*"))
    ]
    return str(folder / "model.onnx"), sets


def numbered(folder, side):
    return sorted(folder.glob(f"{side}_*.pb"), key=lambda path: int(path.stem.partition("_")[2]))


def read(path):
    from onnx import TensorProto, numpy_helper

    tensor = TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def compare_outputs(names, expected, actual, case):
    if len(expected) != len(actual):
        return f"{len(actual)} outputs instead of {len(expected)}"
    for name, left, right in zip(names, expected, actual, strict=True):
        if wrong := compare_values(left, right, case):
            return f"{name}: {wrong}"
    return ""


def compare_values(expected, actual, case):
    """Two values: tensors, or sequences of them, or nothing."""
    expected = from_protobuf(expected)
    if expected is None or actual is None:
        return "" if expected is actual else "one side has nothing"
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            return "a sequence of another length"
        found = (compare_values(left, right, case) for left, right in zip(expected, actual, strict=True))
        return next(filter(None, found), "")
    return compare_tensors(np.asarray(expected), np.asarray(actual), case)


def from_protobuf(value):
    from onnx import TensorProto, numpy_helper

    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def compare_tensors(expected, actual, case):
    """What our comparator finds beyond the case's own tolerance."""
    if dtype_name(expected) != dtype_name(actual):
        return f"{dtype_name(actual)} instead of {dtype_name(expected)}"
    left, right = in_rows(expected), in_rows(actual)
    differences = Differences(Output("output", dtype_name(left), left.shape[1:]))
    differences.add(left, right)
    found = differences.result()
    if not found.same_form:
        return f"shape {list(actual.shape)} instead of {list(expected.shape)}"
    if found.expected_dtype == "string":
        return "" if np.array_equal(left.astype(str), right.astype(str)) else "other texts"
    if found.mismatches:
        return f"{found.mismatches} cells are NaN or infinite on one side only"
    if not found.max_absolute:
        return ""
    return beyond(left, right, found, case)


def beyond(expected, actual, found, case):
    if expected.dtype.kind in "iub":
        return f"{int((expected != actual).sum())} of {expected.size} cells differ"
    left, right = expected.astype(np.float64), actual.astype(np.float64)
    with np.errstate(invalid="ignore"):
        outside = np.abs(left - right) > case.atol + case.rtol * np.abs(left)
    if not outside.any():
        return ""
    return f"{int(outside.sum())} of {left.size} cells differ, by up to {found.max_absolute:.2g}"


def in_rows(array):
    """At least one axis; complex numbers as pairs; formats of few bits as float32, in which each has its own value."""
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    if dtype_name(array) not in PLAIN:
        array = array.astype(np.float32)
    return array.reshape(1) if array.ndim == 0 else array


def first_line(error):
    return " ".join(str(error).split())[:300] or type(error).__name__


def work(start):
    """Run the cases from one on, a line of JSON for each; a line before each says which one it is."""
    found = cases()
    gc.freeze()  # they live to the end: nobody looks through them for what can be thrown away
    for place, (kind, case) in enumerate(found):
        if place < start:
            continue
        print(json.dumps({"at": place, "case": case.name, "kind": kind}), flush=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(json.dumps(run(kind, case)), flush=True)


def all_results():
    """Every case's result; a case that the runtime dies of is named, and the next one goes on."""
    results, start = [], 0
    while True:
        command = [sys.executable, "-W", "ignore", __file__, "--work", str(start)]
        process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        lines = [json.loads(line) for line in process.stdout.splitlines()]
        results += [line for line in lines if "outcome" in line]
        if process.returncode == 0:
            return results
        last = next((line for line in reversed(lines) if "at" in line), None)
        if last is None:
            raise RuntimeError("the worker ended before the first case")
        reason = f"the runtime ended with {process.returncode}"
        results.append({"case": last["case"], "kind": last["kind"], "outcome": "crashed", "reason": reason})
        start = last["at"] + 1


def report(results):
    outcomes = ("passed", "differing", "unsupported", "crashed")
    print(f"{'':<20}" + "".join(f"{name:>12}" for name in outcomes))
    for kind in dict.fromkeys(result["kind"] for result in results):
        counts = Counter(result["outcome"] for result in results if result["kind"] == kind)
        print(f"{kind:<20}" + "".join(f"{counts[name]:>12}" for name in outcomes))
    for result in results:
        if result["outcome"] in {"differing", "crashed"}:
            print(f"{result['outcome']} {result['case']}: {result['reason']}")
    reasons = defaultdict(list)
    for result in results:
        if result["outcome"] == "unsupported":
            reasons[result["reason"][:110]].append(result["case"])
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"unsupported {len(names):>4}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        work(given.work)
        return
    results = all_results()
    report(results)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
