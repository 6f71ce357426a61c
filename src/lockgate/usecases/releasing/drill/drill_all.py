"""``lockgate drill``, with what no gate sees: forged releases and approvals."""

from lockgate.domain.judging.deciding.drill_report import DrillReport
from lockgate.usecases.judging.drill.drill_gates import drill_gates
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.drill.forgeries import forgeries


def drill_all(instruments: Instruments, candidate: str | None, only: str | None, tell: Tell) -> DrillReport:
    """Drill the gates, then the release and the approvals. Raises what ``drill_gates`` does."""
    return drill_gates(instruments, candidate, only, tell, forgeries(instruments))
