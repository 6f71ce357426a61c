"""The settings under which a model must answer the same: batches, order of rows, optimisation, threads, provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Optimisation = Literal["disabled", "basic", "extended", "all"]
CPU = "CPUExecutionProvider"


@dataclass(frozen=True)
class RunCondition:
    """How a session is made and asked. ``batch`` 0 is all rows at once, ``threads`` 0 is the runtime's own choice."""

    name: str
    batch: int = 0
    shuffled: bool = False
    optimisation: Optimisation = "all"
    threads: int = 0
    provider: str = CPU

    @property
    def session(self) -> tuple[Optimisation, int, str]:
        """What makes a session another one; settings that agree in it can share one."""
        return self.optimisation, self.threads, self.provider


AS_SERVED = RunCondition("as served")
SETTINGS = (
    RunCondition("again"),
    *(RunCondition(f"batches of {size}", batch=size) for size in (1, 2, 7, 256)),
    RunCondition("rows shuffled", shuffled=True),
    RunCondition("optimisation disabled", optimisation="disabled"),
    RunCondition("optimisation basic", optimisation="basic"),
    RunCondition("optimisation extended", optimisation="extended"),
    RunCondition("1 thread", threads=1),
    RunCondition("2 threads", threads=2),
)
CALLS = 2000
"""How many calls a setting makes at most: small batches see the first rows only."""


def settings_for(providers: Sequence[str]) -> tuple[RunCondition, ...]:
    """Every setting, and each execution provider that the machine has besides the CPU."""
    return SETTINGS + tuple(RunCondition(name, provider=name) for name in providers if name != CPU)
