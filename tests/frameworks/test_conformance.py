"""The ONNX backend tests through our comparator: nothing crashes, and every difference is explained in the docs."""

import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(test_\w+)` \| (.+?) \|$", re.MULTILINE)
SPEC = importlib.util.spec_from_file_location("conformance", ROOT / "benchmarks/conformance.py")
conformance = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(conformance)
CASE = SimpleNamespace(atol=1e-7, rtol=1e-3)


@pytest.fixture(scope="module")
def results():
    return conformance.all_results()


def test_nearly_two_thousand_cases_ran_and_none_crashed_the_tool(results):
    counts = Counter(result["outcome"] for result in results)
    assert counts["passed"] >= 1800, counts
    assert sum(counts.values()) >= 1900, counts
    assert counts["crashed"] == 0, [r for r in results if r["outcome"] == "crashed"]


def test_every_difference_is_explained_in_the_docs(results):
    explained = dict(ROW.findall((ROOT / "docs/conformance.md").read_text()))
    differing = {result["case"] for result in results if result["outcome"] == "differing"}
    assert differing == set(explained)
    assert all(len(reason) > 10 for reason in explained.values())


def test_the_table_in_the_docs_is_what_was_found(results):
    page = (ROOT / "docs/conformance.md").read_text()
    for kind in {result["kind"] for result in results} - {"locale"}:
        counts = Counter(result["outcome"] for result in results if result["kind"] == kind)
        row = " | ".join(str(counts[name]) for name in ("passed", "differing", "unsupported"))
        assert f"| {kind} | {row} |" in page, (kind, row)


@pytest.mark.parametrize(
    ("expected", "actual", "wrong"),
    [
        ([np.zeros(3)], [], "0 outputs instead of 1"),
        ([np.zeros(3)], [np.zeros((3, 1))], "shape"),
        ([np.zeros(3)], [np.zeros(3, dtype=np.float32)], "float32 instead of float64"),
        ([np.ones(3)], [np.ones(3) * 1.01], "3 of 3 cells differ"),
        ([np.ones(3)], [np.array([1, np.nan, 1])], "NaN"),
        ([np.array([2**60])], [np.array([2**60 + 1])], "1 of 1 cells differ"),
        ([np.array(["a"])], [np.array(["b"])], "other texts"),
        ([[np.ones(1)]], [[np.ones(1), np.ones(1)]], "another length"),
        ([None], [np.ones(1)], "nothing"),
    ],
)
def test_a_planted_difference_is_found(expected, actual, wrong):
    assert wrong in conformance.compare_outputs(["y"], expected, actual, CASE)


def test_equal_answers_have_nothing_wrong():
    assert conformance.compare_outputs(["y", "z"], [np.ones(3), [np.array(2)]], [np.ones(3), [np.array(2)]], CASE) == ""
