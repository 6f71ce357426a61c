"""A model whose output is judged in another form: raw scores as probabilities, pairs as the number of yes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.signature import Array, Columns, Outputs, Signature
from lockgate.ports import Contestant, Runtime, Session


@dataclass(frozen=True)
class TurnedAnswers:
    """The runtime port on another: the output ``name`` of every answer is turned into what is judged of it."""

    runtime: Runtime
    name: str
    turn: Callable[[Array], Array]

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> Session:
        """Load a model. Raises ``ModelError``."""
        return self.turned(self.runtime.open(path, signature, setting))

    def turned(self, session: Session) -> Session:
        """The same session, whose answers are turned."""
        return _Session(session, self)

    def outputs(self, outputs: Outputs) -> Outputs:
        """The same outputs, that one turned."""
        return {name: self.turn(values) if name == self.name else values for name, values in outputs.items()}

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """As the other."""
        return self.runtime.race(contestants, rounds, seconds)

    def providers(self) -> Sequence[str]:
        """As the other."""
        return self.runtime.providers()

    def versions(self) -> Mapping[str, str]:
        """As the other."""
        return self.runtime.versions()


@dataclass(frozen=True)
class _Session:
    session: Session
    turned: TurnedAnswers

    def input_names(self) -> Sequence[str]:
        """As the other."""
        return self.session.input_names()

    def run(self, columns: Columns) -> Outputs:
        """Every output for all rows. Raises ``ModelError``."""
        return self.turned.outputs(self.session.run(columns))
