"""Plants of the parity gate: what a conversion, an optimiser or a hand may do to the sound ONNX export."""

from collections.abc import Callable

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Array
from lockgate.domain.model.task import Regression
from lockgate.usecases.judging.drill.onnx_nodes import answering, floats
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple
from lockgate.usecases.judging.drill.plants.of_tasks import crossing

SEED = 21
DIFFERS = (Reason.DIFFERS, Reason.MISMATCH, Reason.LABEL_FLIPS)
VARIES = (Reason.VARIES, Reason.LABEL_FLIPS)
"""A label of several that stands next to its limit flips, too."""


def perturbed(bed: Bed) -> Planted:
    """Every weight is off by about a percent."""
    bed.demand_source()
    random = np.random.default_rng(SEED)
    return _reweighed(bed, lambda values: values.astype(np.float64) * (1 + 0.01 * random.standard_normal(values.shape)))


def missing(bed: Bed) -> Planted:
    """The graph does not answer its numbers."""
    if len(bed.signature.outputs) == 1:
        raise NotAsked("the model has one output, and a graph has one at least")
    return Planted(model=bed.graphs.without_output(bed.model, bed.signature.probabilities))


def renamed(bed: Bed) -> Planted:
    """The probabilities have another name."""
    name = f"{bed.signature.probabilities}_1"
    return Planted(model=bed.graphs.with_output_named(bed.model, bed.signature.probabilities, name))


def other_type(bed: Bed) -> Planted:
    """The probabilities are float64."""
    output = bed.signature.probabilities
    return Planted(model=bed.graphs.behind(bed.model, output, "after = Cast<to=11>(before)", "double"))


def other_preprocessing(bed: Bed) -> Planted:
    """Numbers are scaled by the mean and spread of one part of the rows, the positive ones, not of all."""
    bed.demand_source()
    if not bed.numbers:
        raise bed.without_numbers()
    model = bed.model
    part = bed.part(bed.training)
    for name in bed.numbers:
        values = bed.training[name].astype(np.float64)
        gain, shift = _between(values, values[part])
        nodes = f"{floats('gain', [gain])}\n{floats('shift', [shift])}\nscaled = Mul(before, gain)\n"
        model = bed.graphs.ahead(model, name, f"{nodes}after = Add(scaled, shift)")
    return Planted(model=model)


def _between(ours: Array, theirs: Array) -> tuple[float, float]:
    """What standardising by theirs in place of ours does to a value, in the value's own unit."""
    mean, spread, other, others = (
        float(measure(values.astype(np.float64))) for values in (ours, theirs) for measure in (np.nanmean, np.nanstd)
    )
    gain = spread / others if others > 0 else 1.0
    return gain, mean - other * gain


def int8(bed: Bed) -> Planted:
    """Weights rounded to 255 levels, one scale for each tensor."""
    bed.demand_source()
    return _reweighed(bed, _rounded)


def _rounded(values: Array) -> Array:
    numbers = values.astype(np.float64)
    scale = float(np.abs(numbers).max(initial=0.0)) / 127
    return np.asarray(np.round(numbers / scale) * scale) if scale > 0 else numbers


def _reweighed(bed: Bed, change: Callable[[Array], Array]) -> Planted:
    weights = bed.graphs.weights(bed.model)
    if not weights:
        raise NotAsked("the model has no weights")
    return Planted(model=bed.graphs.with_weights(bed.model, {name: change(each) for name, each in weights.items()}))


def float16(bed: Bed) -> Planted:
    """A step that float32 holds is taken in float16, and overflows."""
    bed.demand_source()
    nodes = "big = Constant<value = float {100000.0}>()\nlarge = Mul(before, big)\nhalf = Cast<to=10>(large)\n"
    return answering(bed, f"{nodes}whole = Cast<to=1>(half)\nafter = Div(whole, big)")


def of_its_neighbours(bed: Bed) -> Planted:
    """Every answer leans a little towards that to the first row of its batch."""
    nodes = "none = Constant<value = int64 {0}>()\nfirst = Gather<axis=0>(before, none)\n"
    nodes += "own = Constant<value = float {0.99}>()\nother = Constant<value = float {0.01}>()\n"
    nodes += "mine = Mul(before, own)\nlean = Mul(first, other)\nafter = Add(mine, lean)"
    return answering(bed, nodes, follows=False)


def of_chance(bed: Bed) -> Planted:
    """Every answer has a little noise, new in each run."""
    noise = "noise = RandomUniformLike<low=-0.001, high=0.001>(before)"
    if isinstance(bed.task, Regression):
        spread = floats("spread", bed.spread().tolist())
        return answering(bed, f"{noise}\n{spread}\nlarge = Mul(noise, spread)\nafter = Add(before, large)")
    return answering(bed, f"{noise}\nafter = Add(before, noise)", follows=False)


PLANTS = (
    Simple("perturbed ONNX weights", "parity", DIFFERS, perturbed, place=8),
    Simple("an ONNX output missing", "parity", (Reason.OUTPUT_MISSING,), missing, place=9),
    Simple("an ONNX output renamed", "parity", (Reason.OUTPUT_MISSING, Reason.OUTPUT_UNEXPECTED), renamed, place=10),
    Simple("an ONNX output of another type", "parity", (Reason.OTHER_FORM,), other_type, place=11),
    Simple("preprocessing fitted on other data", "parity", DIFFERS, other_preprocessing, place=12),
    Simple("harmful int8 quantization", "parity", DIFFERS, int8, place=13),
    Simple("float16 overflow", "parity", DIFFERS, float16, place=14),
    Simple("dependent on its neighbours in the batch", "parity", VARIES, of_its_neighbours, place=15),
    Simple("different from run to run", "parity", VARIES, of_chance, place=16),
    Simple("quantiles that cross", "parity", (Reason.OUT_OF_RANGE,), crossing, tasks=("regression",)),
)
