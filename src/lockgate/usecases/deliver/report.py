"""What a delivery did."""

from dataclasses import dataclass

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.ports import Package, Registered
from lockgate.usecases.making.run import RunReport
from lockgate.usecases.serving.proof import Prediction


@dataclass(frozen=True)
class Delivery:
    """What a delivery did; what comes after a closed gate is ``None``."""

    run: RunReport
    verdict: Verdict
    release: str | None = None
    registered: Registered | None = None
    package: Package | None = None
    prediction: Prediction | None = None
