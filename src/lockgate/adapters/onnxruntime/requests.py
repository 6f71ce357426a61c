"""What can be asked of a worker, and what it answers."""

import msgspec

from lockgate.adapters.onnxruntime.wire_format import Packed
from lockgate.domain.measuring.run_conditions import RunCondition
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import Task, task_from


class Open(msgspec.Struct, tag="open"):
    """Load the model at ``path``; ``timed`` where its time will be taken."""

    path: str
    signature: Signature
    setting: RunCondition
    timed: bool = False


class Run(msgspec.Struct, tag="run"):
    """Run a session on columns."""

    session: int
    columns: dict[str, Packed]


class RunBatches(msgspec.Struct, tag="run batches"):
    """Run a session on columns, ``size`` rows a call."""

    session: int
    columns: dict[str, Packed]
    size: int


class Race(msgspec.Struct, tag="race"):
    """Run sessions in turns, each on its own columns, and take the time."""

    sessions: list[int]
    columns: list[dict[str, Packed]]
    rounds: int
    seconds: float


class Ask(msgspec.Struct, tag="ask"):
    """Tell which execution providers and versions there are."""


class Told(msgspec.Struct, tag="told"):
    """Execution providers, and the versions of the tools that measure."""

    providers: list[str]
    versions: dict[str, str]


class Opened(msgspec.Struct, tag="opened"):
    """A session, and the names of its inputs."""

    session: int
    inputs: list[str]


class Ran(msgspec.Struct, tag="ran"):
    """The outputs, in the graph's order."""

    outputs: list[tuple[str, Packed]]


class RanBatches(msgspec.Struct, tag="ran batches"):
    """The outputs of each call; of all together where they fit together."""

    outputs: list[list[tuple[str, Packed]]]


class Raced(msgspec.Struct, tag="raced"):
    """The seconds of every round, for each session."""

    seconds: list[list[float]]


class Failed(msgspec.Struct, tag="failed"):
    """What the model did wrong."""

    message: str
    hint: str


def of_task(kind: type, value: object) -> Task:
    """A signature's task, which msgspec does not know. Raises ``ValueError``."""
    if kind is Task:
        return task_from(value)
    raise ValueError(f"nothing of the kind {kind.__name__} is asked")
