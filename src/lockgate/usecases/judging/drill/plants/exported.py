"""Plants that are the sound ONNX export with a change: what a conversion, an optimiser or a hand may do to it."""

from collections.abc import Callable

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Array
from lockgate.usecases.judging.drill.onnx_nodes import floats, quoted
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SEED = 21
DIFFERS = (Reason.DIFFERS, Reason.MISMATCH, Reason.LABEL_FLIPS)
LEAVES = ("class_weights", "target_weights")
SLOWER, LARGER = 8, 10
"""Eight times the work: a call costs something beside it, so that little of it would be less than five times slower."""


def constant(bed: Bed) -> Planted:
    """Every row gets the shares of the classes in the training rows."""
    labels = bed.labels(bed.training)
    shares = [float((labels == name).mean()) for name in bed.signature.classes]
    nodes = "zero = Constant<value = float {0.0}>()\nnothing = Mul(before, zero)\n"
    return _behind(bed, f"{nodes}{floats('share', shares)}\nafter = Add(nothing, share)")


def swapped(bed: Bed) -> Planted:
    """Probabilities and labels of the classes change places."""
    classes, names = len(bed.signature.classes), bed.signature.classes
    order = ", ".join(str(number) for number in reversed(range(classes)))
    model = _behind(
        bed, f"order = Constant<value = int64[{classes}] {{{order}}}>()\nafter = Gather<axis=1>(before, order)"
    ).model
    keys, values = (", ".join(quoted(name) for name in each) for each in (names, tuple(reversed(names))))
    encoder = f"ai.onnx.ml.LabelEncoder<keys_strings=[{keys}], values_strings=[{values}]>"
    return Planted(model=bed.graphs.behind(model or b"", bed.signature.label, f"after = {encoder}(before)"))


def one_weight_is_nan(bed: Bed) -> Planted:
    """NaN in the first element of the last weights; in every leaf of trees, as rows may reach any of them."""
    weights = bed.graphs.weights(bed.model)
    if not weights:
        raise NotAsked("the model has no weights")
    last = list(weights)[-1]
    changed = weights[last].copy()
    changed.ravel()[: None if last.endswith(LEAVES) else 1] = np.nan
    return Planted(model=bed.graphs.with_weights(bed.model, {last: changed}))


def perturbed(bed: Bed) -> Planted:
    """Every weight is off by about a percent."""
    random = np.random.default_rng(SEED)
    return _reweighed(bed, lambda values: values.astype(np.float64) * (1 + 0.01 * random.standard_normal(values.shape)))


def int8(bed: Bed) -> Planted:
    """Weights rounded to 255 levels, one scale for each tensor."""
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
    nodes = "big = Constant<value = float {100000.0}>()\nlarge = Mul(before, big)\nhalf = Cast<to=10>(large)\n"
    return _behind(bed, f"{nodes}whole = Cast<to=1>(half)\nafter = Div(whole, big)")


def missing(bed: Bed) -> Planted:
    """The graph does not answer probabilities."""
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
    """Numbers are scaled by the mean and spread of the positive rows, not of all."""
    if not bed.numbers:
        raise NotAsked("the model takes no numbers")
    model = bed.model
    positive = bed.positives(bed.training)
    for name in bed.numbers:
        values = bed.training[name].astype(np.float64)
        gain, shift = _between(values, values[positive])
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


def of_its_neighbours(bed: Bed) -> Planted:
    """Every answer leans a little towards that to the first row of its batch."""
    nodes = "none = Constant<value = int64 {0}>()\nfirst = Gather<axis=0>(before, none)\n"
    nodes += "own = Constant<value = float {0.99}>()\nother = Constant<value = float {0.01}>()\n"
    return _behind(bed, f"{nodes}mine = Mul(before, own)\nlean = Mul(first, other)\nafter = Add(mine, lean)")


def of_chance(bed: Bed) -> Planted:
    """Every answer has a little noise, new in each run."""
    noise = "noise = RandomUniformLike<low=-0.001, high=0.001>(before)"
    return _behind(bed, f"{noise}\nafter = Add(before, noise)")


def overconfident(bed: Bed) -> Planted:
    """Probabilities are four times as sure; their order stays."""
    nodes = "logs = Log(before)\nfour = Constant<value = float {4.0}>()\nsure = Mul(logs, four)\n"
    return _behind(bed, f"{nodes}after = Softmax<axis=1>(sure)")


def lost_without_a_number(bed: Bed) -> Planted:
    """A missing number makes the answer NaN."""
    if not bed.numbers:
        raise NotAsked("the model takes no numbers")
    nodes = "zero = Constant<value = float {0.0}>()\nnothing = Mul(number, zero)\nafter = Add(before, nothing)"
    names = {"number": bed.numbers[0]}
    return Planted(model=bed.graphs.behind(bed.model, bed.signature.probabilities, nodes, names=names))


def slower(bed: Bed) -> Planted:
    """The graph works out its answer again and again."""
    latency = bed.policy.latency
    if latency is None or latency.max_ratio is None:
        raise NotAsked("gates.latency.max_ratio is not set")
    if not bed.numbers:
        raise NotAsked("the model takes no numbers")
    return Planted(model=bed.graphs.repeated(bed.model, SLOWER, bed.signature))


def larger(bed: Bed) -> Planted:
    """The file carries nine times its own size."""
    latency = bed.policy.latency
    if latency is None or latency.max_size_ratio is None:
        raise NotAsked("gates.latency.max_size_ratio is not set")
    return Planted(model=bed.graphs.padded(bed.model, (LARGER - 1) * len(bed.model)))


def _behind(bed: Bed, nodes: str) -> Planted:
    return Planted(model=bed.graphs.behind(bed.model, bed.signature.probabilities, nodes))


WORSE = (Reason.BELOW_FLOOR, Reason.WORSE_THAN_CHAMPION)
PLANTS = (
    Simple("a constant", "accuracy", WORSE, constant),
    Simple("NaN in one weight", "accuracy", (Reason.NOT_MEASURED,), one_weight_is_nan),
    Simple("two classes swapped", "accuracy", WORSE, swapped),
    Simple("overconfident", "calibration", (Reason.MISCALIBRATED,), overconfident),
    Simple("perturbed ONNX weights", "parity", DIFFERS, perturbed),
    Simple("an ONNX output missing", "parity", (Reason.OUTPUT_MISSING,), missing),
    Simple("an ONNX output renamed", "parity", (Reason.OUTPUT_MISSING, Reason.OUTPUT_UNEXPECTED), renamed),
    Simple("an ONNX output of another type", "parity", (Reason.OTHER_FORM,), other_type),
    Simple("preprocessing fitted on other data", "parity", DIFFERS, other_preprocessing),
    Simple("harmful int8 quantization", "parity", DIFFERS, int8),
    Simple("float16 overflow", "parity", DIFFERS, float16),
    Simple("dependent on its neighbours in the batch", "parity", (Reason.VARIES,), of_its_neighbours),
    Simple("different from run to run", "parity", (Reason.VARIES,), of_chance),
    Simple("no answer without a number", "robustness", (Reason.NOT_FINITE,), lost_without_a_number),
    Simple("5 times slower", "latency", (Reason.SLOWER_THAN_CHAMPION,), slower),
    Simple("10 times larger", "latency", (Reason.TOO_LARGE,), larger),
)
