"""A plant of the robustness gate: no answer where a value is missing."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.onnx_nodes import answering
from lockgate.usecases.judging.drill.plant import Bed, Planted, Simple


def lost_without_a_number(bed: Bed) -> Planted:
    """A missing number makes the answer NaN."""
    tensors = [each.name for each in bed.signature.inputs if each.dtype == "float32" and each.axes]
    if not (bed.numbers or tensors):
        raise bed.without_numbers("number of float32")
    nodes = "zero = Constant<value = float {0.0}>()\nnothing = Mul(number, zero)\nafter = Add(before, nothing)"
    if not bed.numbers:  # the first cell of each row's
        cell = "cells = Flatten<axis=1>(tensor)\nplace = Constant<value = int64[1] {0}>()"
        nodes = f"{cell}\nnumber = Gather<axis=1>(cells, place)\n{nodes}"
    names = {"number": bed.numbers[0]} if bed.numbers else {"tensor": tensors[0]}
    return answering(bed, nodes, names)


PLANTS = (Simple("no answer without a number", "robustness", (Reason.NOT_FINITE,), lost_without_a_number, place=17),)
