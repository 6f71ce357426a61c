"""``lockgate run``: pull the data, reproduce the stages that changed, and say for each what became of it and why."""

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.ports import Pipeline, StageReport, StageState


@dataclass(frozen=True)
class RunReport:
    """The data that was pulled, and every stage in order."""

    pulled: tuple[str, ...]
    stages: tuple[StageReport, ...]

    @property
    def ran(self) -> int:
        """How many stages really ran."""
        return sum(stage.state is StageState.RAN for stage in self.stages)


def run(
    pipeline: Pipeline,
    candidate: str | None,
    report: Callable[[str], None],
    on_stage: Callable[[StageReport], None],
) -> RunReport:
    """Reproduce; ``report`` gets the stages' own lines, ``on_stage`` each stage when it is done."""
    pulled = tuple(pipeline.fetch())
    for path in pulled:
        report(f"pulled {path}")
    stages: list[StageReport] = []
    for stage in pipeline.reproduce(candidate, report):
        on_stage(stage)
        stages.append(stage)
    return RunReport(pulled, tuple(stages))
