"""The checks that ask one candidate's model, which is opened once for all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from lockgate.usecases.measuring.accuracy import check_accuracy, open_judged
from lockgate.usecases.measuring.events import AccuracyMeasured, Explained, ParityMeasured, Probed
from lockgate.usecases.measuring.one_model import check_explanation, check_robustness
from lockgate.usecases.measuring.parity.real_rows import check_parity
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments

OF_A_MODEL = ("accuracy", "parity", "explanation", "robustness")


def check_model(instruments: Instruments, name: str, kinds: Sequence[str], tell: Tell) -> Iterator[tuple[str, object]]:
    """Evidence of these kinds, in their order. Raises where the model or the held-out rows cannot be opened."""
    project, runtime, tables = instruments.project(), instruments.runtime(soon=True), instruments.tables()
    metrics = instruments.metrics()
    judged = open_judged(project, name, runtime, tables)
    checks: Mapping[str, Callable[[], AccuracyMeasured | ParityMeasured | Explained | Probed]] = {
        "accuracy": lambda: AccuracyMeasured(check_accuracy(project, judged, runtime, metrics, tables)),
        "parity": lambda: ParityMeasured(check_parity(project, judged, instruments.plugin(), runtime, metrics)),
        "explanation": lambda: Explained(check_explanation(project, judged, runtime)),
        "robustness": lambda: Probed(check_robustness(project, judged, runtime)),
    }
    for kind in kinds:
        measured = checks[kind]()
        tell(measured)
        yield kind, measured.evidence
