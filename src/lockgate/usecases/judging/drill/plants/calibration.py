"""A plant of the calibration gate: a model that is too sure."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.onnx_nodes import answering
from lockgate.usecases.judging.drill.plant import Bed, Planted, Simple


def overconfident(bed: Bed) -> Planted:
    """Probabilities are four times as sure; their order stays."""
    nodes = "logs = Log(before)\nfour = Constant<value = float {4.0}>()\nsure = Mul(logs, four)\n"
    return answering(bed, f"{nodes}after = Softmax<axis=1>(sure)")


PLANTS = (Simple("overconfident", "calibration", (Reason.MISCALIBRATED,), overconfident, place=7),)
