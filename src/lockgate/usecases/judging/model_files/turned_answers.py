"""A model of somebody else's that answers as every export does: a label in text, and a number for each column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.ports import Session
from lockgate.usecases.judging.model_files.runtime_on_another import RuntimeOnAnother


@dataclass(frozen=True)
class TurnedAnswers(RuntimeOnAnother):
    """The runtime port on another, whose outputs are turned into the answers that are judged."""

    turn: Callable[[Outputs], Outputs]

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> Session:
        """Load a model. Raises ``ModelError``."""
        return self.turned(self.runtime.open(path, signature, setting))

    def turned(self, session: Session) -> Session:
        """The same session, whose answers are turned."""
        return _Session(session, self)


@dataclass(frozen=True)
class _Session:
    session: Session
    turned: TurnedAnswers

    def input_names(self) -> Sequence[str]:
        """As the other."""
        return self.session.input_names()

    def run(self, columns: Columns) -> Outputs:
        """Every output for all rows. Raises ``ModelError``."""
        return self.turned.turn(self.session.run(columns))
