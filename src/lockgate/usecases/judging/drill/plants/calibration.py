"""Plants of the calibration gate: a model that is too sure, of classes or of where a number lies."""

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.onnx_nodes import answering
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple
from lockgate.usecases.judging.drill.plants.of_tasks import crossing, narrow


def overconfident(bed: Bed) -> Planted:
    """Probabilities are four times as sure; their order stays."""
    if not bed.task.labelled:
        return answering(bed, _surer())
    nodes = "logs = Log(before)\nfour = Constant<value = float {4.0}>()\nsure = Mul(logs, four)\n"
    return answering(bed, f"{nodes}after = Softmax<axis=1>(sure)")


def _surer() -> str:
    """Of each label by itself."""
    nodes = "one = Constant<value = float {1.0}>()\nfour = Constant<value = float {4.0}>()\nother = Sub(one, before)\n"
    nodes += "yes = Pow(before, four)\nno = Pow(other, four)\nwhole = Add(yes, no)\n"
    return f"{nodes}after = Div(yes, whole)"


def crossed(bed: Bed) -> Planted:
    """The lowest quantile in the place of the highest, where the policy says in how many rows they may cross."""
    calibration = bed.policy.calibration
    if calibration is None or calibration.max_crossing is None:
        raise NotAsked("gates.calibration.max_crossing is not set")
    return crossing(bed)


PLANTS = (
    Simple(
        "overconfident",
        "calibration",
        (Reason.MISCALIBRATED,),
        overconfident,
        place=7,
        tasks=("binary", "multiclass", "multilabel"),
    ),
    Simple("quantiles too near to the middle", "calibration", (Reason.MISCALIBRATED,), narrow, tasks=("regression",)),
    Simple("crossed quantiles", "calibration", (Reason.QUANTILES_CROSS,), crossed, tasks=("regression",)),
)
