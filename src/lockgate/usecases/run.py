"""``lockgate run``: pull the data, reproduce the stages that changed, and say for each what became of it and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockgate.errors import StageFailed
from lockgate.ports import Pipeline, StageReport, StageState


@dataclass(frozen=True)
class RunReport:
    """The data that was pulled, and every stage in order."""

    pulled: tuple[str, ...]
    stages: tuple[StageReport, ...]

    @property
    def ran(self) -> int:
        """How many stages really ran, to a good end or a bad one."""
        return sum(stage.state in {StageState.RAN, StageState.FAILED} for stage in self.stages)

    @property
    def failed(self) -> tuple[StageReport, ...]:
        """The stages that failed."""
        return tuple(stage for stage in self.stages if stage.state is StageState.FAILED)


def run(
    pipeline: Pipeline,
    candidates: Sequence[str],
    report: Callable[[str], None],
    on_stage: Callable[[StageReport], None],
    only: str | None = None,
) -> RunReport:
    """Reproduce; ``report`` gets the stages' own lines, ``on_stage`` each stage when it is done.

    One candidate's failure does not stop the others: they compete without it. Raises ``StageFailed`` where a stage that
    all share failed, or where no candidate is left.
    """
    pulled = tuple(pipeline.fetch())
    for path in pulled:
        report(f"pulled {path}")
    stages: list[StageReport] = []
    for stage in pipeline.reproduce(only, report):
        on_stage(stage)
        stages.append(stage)
    done = RunReport(pulled, tuple(stages))
    out = {stage.candidate for stage in done.failed}
    if None in out or (out and out >= set([only] if only else candidates)):
        first = done.failed[0]
        raise StageFailed(first.stage, first.exit_code, hint="its own lines above say why")
    return done
