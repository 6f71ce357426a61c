"""The checks that ask one candidate's model, which is opened once for all of them."""

from collections.abc import Iterator, Sequence

from lockgate.usecases.measuring.checks import CHECKS, Asking
from lockgate.usecases.measuring.events import OthersMeasured
from lockgate.usecases.measuring.kinds.accuracy import open_judged
from lockgate.usecases.measuring.kinds.plugins import check_others
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments


def check_model(
    instruments: Instruments, name: str, kinds: Sequence[str], tell: Tell, *, others: bool = False
) -> Iterator[tuple[str, object]]:
    """Evidence of these kinds, in their order, and that of ``others``' gates.

    Raises where the model or the held-out rows cannot be opened.
    """
    project, runtime, tables = instruments.project(), instruments.runtime(soon=True), instruments.tables()
    metrics = instruments.metrics()
    asking = Asking(project, open_judged(project, name, runtime, tables), runtime, metrics, tables, instruments.plugin)
    for kind in kinds:
        measured = CHECKS[kind](asking)
        tell(measured)
        yield kind, measured.evidence
    for kind, document in check_others(project, asking.judged, runtime) if others else ():
        tell(OthersMeasured(kind))
        yield kind, document
