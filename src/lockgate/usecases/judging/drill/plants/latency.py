"""Plants of the latency gate: the sound export made slower and larger."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

SLOWER, LARGER = 8, 10
"""Eight times the work: a call costs something beside it, so that little of it would be less than five times slower."""


def slower(bed: Bed) -> Planted:
    """The graph works out its answer again and again."""
    latency = bed.policy.latency
    if latency is None or latency.max_ratio is None:
        raise NotAsked("gates.latency.max_ratio is not set")
    if not any(each.dtype == "float32" for each in bed.signature.inputs):
        raise bed.without_numbers("number of float32")
    return Planted(model=bed.graphs.repeated(bed.model, SLOWER, bed.signature))


def larger(bed: Bed) -> Planted:
    """The file carries nine times its own size."""
    latency = bed.policy.latency
    if latency is None or latency.max_size_ratio is None:
        raise NotAsked("gates.latency.max_size_ratio is not set")
    return Planted(model=bed.graphs.padded(bed.model, (LARGER - 1) * len(bed.model)))


PLANTS = (
    Simple("5 times slower", "latency", (Reason.SLOWER_THAN_CHAMPION,), slower, place=18),
    Simple("10 times larger", "latency", (Reason.TOO_LARGE,), larger, place=19),
)
