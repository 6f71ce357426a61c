"""A plant of the robustness gate: no answer where a value is missing."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.onnx_nodes import answering
from lockgate.usecases.judging.drill.plant import Bed, Planted, Simple


def lost_without_a_number(bed: Bed) -> Planted:
    """A missing number makes the answer NaN."""
    if not bed.numbers:  # no cell of a tensor is missing
        raise bed.without_numbers()
    nodes = "zero = Constant<value = float {0.0}>()\nnothing = Mul(number, zero)\nafter = Add(before, nothing)"
    names = {"number": bed.numbers[0]}
    return answering(bed, nodes, names)


PLANTS = (Simple("no answer without a number", "robustness", (Reason.NOT_FINITE,), lost_without_a_number, place=17),)
