"""Stages that do what they are given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lockgate.domain.identity import Digest
from lockgate.errors import DataError
from lockgate.ports import StageReport, StageState


@dataclass
class FakePipeline:
    """Stages that do what you give them: the first run runs all of them, later ones find them cached.

    ``stages`` maps each name to its work, ``None`` for none; ``fails`` maps a stage to the exit code it ends with;
    ``missing`` is data that a fetch pulls, ``lost`` data that none can.
    """

    stages: Mapping[str, Callable[[], None] | None] = field(default_factory=lambda: {"prepare": None, "train": None})
    data: Mapping[str, Digest] = field(default_factory=dict)
    missing: Sequence[str] = ()
    lost: Sequence[str] = ()
    fails: Mapping[str, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` where it is lost."""
        if self.lost:
            raise DataError(f"data is missing and could not be pulled: {', '.join(self.lost)}")
        pulled, self.missing = tuple(self.missing), ()
        return pulled

    def heal(self, candidate: str | None, report: Callable[[str], None]) -> None:
        """Nothing is ever damaged here."""

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that did not run yet."""
        return [
            stage
            for stage in self.stages
            if stage not in self.done and (candidate is None or "@" not in stage or stage.endswith(f"@{candidate}"))
        ]

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run the stages that did not run yet; what needs one that failed is left out."""
        out: set[str] = set()
        for stage, work in self.stages.items():
            if "" in out or stage.partition("@")[2] in out:
                continue
            if candidate is not None and "@" in stage and not stage.endswith(f"@{candidate}"):
                continue
            if stage in self.done:
                yield StageReport(stage, StageState.CACHED, "ran before")
                continue
            report(f"{stage} runs: it did not run yet")
            if stage in self.fails:
                yield StageReport(stage, StageState.FAILED, "it was told to", exit_code=self.fails[stage])
                out.add(stage.partition("@")[2])
                continue
            if work is not None:
                work()
            self.done.add(stage)
            yield StageReport(stage, StageState.RAN, "it did not run yet")

    def hashes(self) -> Mapping[str, Digest]:
        """The data that you gave."""
        return self.data
