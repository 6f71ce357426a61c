"""``lockgate run``: pull the data, reproduce the stages that changed, and say for each what became of it and why."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from lockgate.errors import StageFailed
from lockgate.ports import Pipeline, StageReport, StageState, Tracker


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
    tracker: Tracker,
    commit: str,
    report: Callable[[str], None],
    on_stage: Callable[[StageReport], None],
    only: str | None = None,
    before_training: Callable[[], None] = lambda: None,
) -> RunReport:
    """Reproduce; ``report`` gets the stages' own lines, ``on_stage`` each stage when it is done.

    Where something is going to be trained, it is one delivery for ``tracker``; ``before_training`` may object to it.

    One candidate's failure does not stop the others: they compete without it. Raises ``StageFailed`` where a stage that
    all share failed, or where no candidate is left.
    """
    pipeline.heal(only, report)
    trains = any(stage.startswith("train") for stage in pipeline.pending(only))
    if trains:
        before_training()
    else:
        tracker.catch_up()
    stages: list[StageReport] = []
    # Data and tracking come from different places, and each takes its seconds to come.
    with ThreadPoolExecutor(1) as background:
        fetching = background.submit(pipeline.fetch)
        with _tracked(tracker, commit, report) if trains else nullcontext():
            pulled = tuple(fetching.result())
            for path in pulled:
                report(f"pulled {path}")
            for stage in pipeline.reproduce(only, report):
                on_stage(stage)
                stages.append(stage)
    done = RunReport(pulled, tuple(stages))
    out = {stage.candidate for stage in done.failed}
    if None in out or (out and out >= set([only] if only else candidates)):
        first = done.failed[0]
        raise StageFailed(first.stage, first.exit_code, hint="its own lines above say why")
    return done


@contextmanager
def _tracked(tracker: Tracker, commit: str, report: Callable[[str], None]) -> Iterator[None]:
    tags = {"lockgate.stage": "delivery", "mlflow.source.git.commit": commit}
    with tracker.delivery(
        f"delivery {commit[:12]}", tags, lambda name, where: report(f"{name} is tracked as {where}")
    ) as where:
        report(f"tracked as {where}")
        yield
