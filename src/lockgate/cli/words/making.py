"""How candidates are made and compete, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from lockgate.cli import selection_table
from lockgate.cli.console import Console
from lockgate.ports import StageState
from lockgate.usecases.making.events import CandidateOut, Competed, NamedByHand, NothingRan, StageEnded, StageSaid
from lockgate.usecases.project.events import Event


def _said(console: Console, event: StageSaid) -> None:
    console.line(f"    {event.line}")


def _ended(console: Console, event: StageEnded) -> None:
    # Why a stage runs was said when it started.
    stage = event.stage
    rest = f" in {stage.seconds:.1f} s" if stage.state is StageState.RAN else f": {stage.why}"
    if stage.state is StageState.FAILED:
        how = f"with exit code {stage.exit_code}" if stage.exit_code >= 0 else f"by signal {-stage.exit_code}"
        rest = f" {how} in {stage.seconds:.1f} s"
    console.line(f"  {stage.state:<9}{stage.stage}{rest}")


def _nothing(console: Console, _: NothingRan) -> None:
    console.line("  nothing was retrained: no stage had a reason to run")


def _out(console: Console, event: CandidateOut) -> None:
    console.line(f"  candidate {event.candidate} is out: {event.stage} failed; the others go on without it")


def _competed(console: Console, event: Competed) -> None:
    for line in selection_table.table(event.selection):
        console.line(f"  {line}")
    if event.picture:
        console.line(f"  the picture: {event.picture}")


def _named(console: Console, event: NamedByHand) -> None:
    console.line(f"  {event.candidate}, named by hand")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    StageSaid: _said,
    StageEnded: _ended,
    NothingRan: _nothing,
    CandidateOut: _out,
    Competed: _competed,
    NamedByHand: _named,
}
