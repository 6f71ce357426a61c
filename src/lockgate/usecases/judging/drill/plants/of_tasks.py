"""Plants that fit one task alone: a class, a label, a range of numbers or the quantiles that a model gets wrong."""

import numpy as np

from lockgate.domain.model.task import POINT, quantiles_of
from lockgate.usecases.judging.drill.onnx_nodes import answering, floats
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted

UPPER = 0.75
"""From this quantile of the training rows on, answers are off by the spread of the target."""
NARROWER = 0.25


def never_answered(bed: Bed) -> Planted:
    """The most frequent class has no chance; the others share it."""
    left = _all_but_the_most_frequent(bed)
    ones = f"ones = Constant<value = float[{len(left)}, 1] {{{', '.join(['1.0'] * len(left))}}}>()"
    nodes = f"left = Mul(before, kept)\n{ones}\nwhole = MatMul(left, ones)\n"  # ReduceSum of old graphs differs
    nodes += f"{floats('little', [1e-30])}\nsome = Max(whole, little)\n"
    return answering(bed, f"{floats('kept', left)}\n{nodes}after = Div(left, some)")


def always_false(bed: Bed) -> Planted:
    """The most frequent label has no chance in any row."""
    return answering(bed, f"{floats('kept', _all_but_the_most_frequent(bed))}\nafter = Mul(before, kept)")


def _all_but_the_most_frequent(bed: Bed) -> list[float]:
    shares = bed.usual(bed.truth(bed.training))
    return [0.0 if place == shares.argmax() else 1.0 for place in range(len(shares))]


def biased(bed: Bed) -> Planted:
    """Large answers are too large by the spread of what is true."""
    truth = bed.truth(bed.training).astype(np.float64)
    limits = np.resize(np.quantile(truth, UPPER, axis=0), bed.task.width).tolist()
    nodes = f"{floats('limit', limits)}\n{floats('spread', bed.spread().tolist())}\nlarge = Less(limit, before)\n"
    return answering(bed, f"{nodes}part = Cast<to=1>(large)\nmore = Mul(part, spread)\nafter = Add(before, more)")


def targets_of_before(bed: Bed) -> Planted:
    """Trained anew on rows that each have the target of the row before: a window that is off by one."""
    columns = [np.roll(bed.training[name], 1) for name in bed.tables.truths]
    return bed.relabelled(columns[0] if len(columns) == 1 else np.stack(columns, axis=1))


def crossing(bed: Bed) -> Planted:
    """The lowest quantile is answered in the place of the highest, and so on."""
    width = len(_quantiles(bed))
    order = ", ".join(map(str, reversed(range(width))))
    nodes = f"order = Constant<value = int64[{width}] {{{order}}}>()\nafter = Gather<axis=1>(before, order)"
    return answering(bed, nodes)


def narrow(bed: Bed) -> Planted:
    """Every quantile is a quarter as far from the middle."""
    middle = _quantiles(bed).index(POINT)
    nodes = f"place = Constant<value = int64[1] {{{middle}}}>()\nmiddle = Gather<axis=1>(before, place)\n"
    nodes += f"{floats('near', [NARROWER])}\nfar = Sub(before, middle)\nless = Mul(far, near)\n"
    return answering(bed, f"{nodes}after = Add(middle, less)")


def _quantiles(bed: Bed) -> tuple[float, ...]:
    if len(found := quantiles_of(bed.task)) < 2:  # noqa: PLR2004 - one crosses nothing
        raise NotAsked("the model answers no quantiles")
    return found
