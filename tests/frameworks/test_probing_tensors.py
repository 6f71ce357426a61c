"""Importances and probes of a convolution: a tensor is shuffled row by row, and every cell of it is probed."""

from dataclasses import replace

import numpy as np
import pytest
from onnx import parser

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.robustness.gate import judge_robustness
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.inputs import Axis, Input
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.task import Regression
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.kinds.robustness import measure_robustness

SUBJECT = Subject("small", sha256(b"model"), md5(b"data"))
TASK = Regression(("brightness",))
IMAGE = Input("image", "float32", (Axis("channel", 2), Axis("height", 4), Axis("width", 4)))
MASK = Input("mask", "uint8", (Axis("height", 4), Axis("width", 4)))
SIGNATURE = Signature((IMAGE, MASK), (Output("values", "float32", (1,)),), (), probabilities="values", task=TASK)
ROWS = 400
SOUND = "seen = Identity(image)"
STANDARDISED = """
    cells = Flatten<axis=1>(image)
    mean = ReduceMean<axes=[1], keepdims=1>(cells)
    apart = Sub(cells, mean)
    square = Mul(apart, apart)
    variance = ReduceMean<axes=[1], keepdims=1>(square)
    spread = Sqrt(variance)
    even = Div(apart, spread)
    shape = Constant<value = int64[4] {-1, 2, 4, 4}>()
    seen = Reshape(even, shape)
"""
"""Each image by its own mean and spread, as many a notebook does: an image of one grey has no spread."""
STEPS = """
    fine = Constant<value = float {30000000.0}>()
    large = Mul(image, fine)
    turn = Sin(large)
    seen = Add(image, turn)
"""
"""Next to nothing turns it around."""


def model_of(ahead):
    """The mean of a convolution over the first channel; the second one, and the mask, are not looked at."""
    return parser.parse_model(f"""
        <ir_version: 9, opset_import: ["" : 17]>
        small (float[N, 2, 4, 4] image, uint8[N, 4, 4] mask) => (float[N, 1] values) {{
            {ahead}
            kernel = Constant<value = float[1, 2, 1, 1] {{1.0, 0.0}}>()
            looked = Conv(seen, kernel)
            pooled = GlobalAveragePool(looked)
            values = Flatten<axis=1>(pooled)
        }}
    """)


@pytest.fixture
def judged(tmp_path):
    """The model with the answers to its rows, and what is true of them."""

    def make(ahead=SOUND):
        (tmp_path / "model.onnx").write_bytes(model_of(ahead).SerializeToString())
        random = np.random.default_rng(1)
        level = random.normal(size=(ROWS, 1, 1, 1))
        image = (level + random.normal(size=(ROWS, 2, 4, 4))).astype(np.float32)
        columns = {"image": image, "mask": random.integers(0, 255, (ROWS, 4, 4)).astype(np.uint8)}
        session = OnnxRuntime().open(tmp_path / "model.onnx", SIGNATURE)
        loaded = LoadedModel.asked("small", tmp_path / "model.onnx", SIGNATURE, session, columns)
        return loaded, image[:, 0].mean(axis=(1, 2)).astype(np.float64)[:, None]

    return make


def probed(loaded, truth):
    return measure_robustness(loaded, profile_of(loaded.columns, SIGNATURE), SUBJECT, {}, truth=truth)


def gate(evidence):
    return {
        found.rule: found
        for found in judge_robustness(RobustnessPolicy(), evidence, SUBJECT, SIGNATURE.inputs, task=TASK)
    }


def test_a_tensor_is_shuffled_row_by_row_and_one_that_is_not_looked_at_has_no_importance(judged):
    loaded, truth = judged()

    evidence = measure_explanation(loaded, truth, SUBJECT, {})

    image, mask = evidence.importances
    assert (image.column, mask.column) == ("image", "mask")
    assert (mask.mean_change, mask.share, mask.drop) == (0.0, 0.0, 0.0)
    assert image.share == 1.0
    # Whole images change places: the answers are those that were there, in another order.
    orders = [np.random.default_rng((20_262, repeat)).permutation(ROWS) for repeat in range(3)]
    by_hand = [np.minimum(np.abs(truth[order] - truth) / truth.std(), 1.0).mean() for order in orders]
    assert image.mean_change == pytest.approx(np.mean(by_hand), abs=1e-5)
    assert all(each.contributions["mask"] == 0 for each in evidence.worst)


def test_every_tensor_is_probed_in_all_its_cells_and_a_smooth_model_passes(judged):
    loaded, truth = judged()

    evidence = probed(loaded, truth)

    asked = {(each.column, each.kind) for each in evidence.probes}
    assert asked == {("image", "nudge"), ("image", "low"), ("image", "high"), ("mask", "low"), ("mask", "high")}
    assert {each.mean_change for each in evidence.probes if each.column == "mask"} == {0.0}
    found = gate(evidence)
    assert [each.rule for each in found.values() if each.outcome is Outcome.REFUSED] == []
    assert found["nudge"].outcome is Outcome.PASSED


def test_a_model_that_divides_by_the_spread_of_an_image_has_no_answer_to_one_grey(judged):
    found = gate(probed(*judged(STANDARDISED)))
    assert found["finite"].outcome is Outcome.REFUSED
    assert "image at the low end: 400 of 400 rows get a number that is NaN or infinite" in found["finite"].message


def test_a_model_that_noise_turns_around_is_refused(judged):
    found = gate(probed(*judged(STEPS)))
    assert (found["nudge"].outcome, found["nudge"].reason) == (Outcome.REFUSED, "fragile")
    assert "image nudged" in found["nudge"].message


def test_a_tensor_that_was_not_probed_leaves_the_gate_undecided(judged):
    evidence = probed(*judged())
    kept = tuple(each for each in evidence.probes if (each.column, each.kind) != ("image", "nudge"))
    found = gate(replace(evidence, probes=kept))
    assert "image nudged" in found["measured"].message
    assert found["measured"].outcome is Outcome.UNDECIDED
