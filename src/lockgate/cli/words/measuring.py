"""What was measured, in words."""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from lockgate.cli.console import Console, numbers
from lockgate.usecases.measuring import events
from lockgate.usecases.project.events import Event


def _tests(console: Console, event: events.OwnTestsRan) -> None:
    found = event.evidence
    console.line(f"  tests: {found.ran} ran, {found.failures + found.errors} failed, {found.skipped} skipped")


def _nothing_to_ask(console: Console, event: events.NothingToAsk) -> None:
    console.line(f"  champion of {event.environment}: nothing to ask")


def _asked(console: Console, event: events.ChampionAsked) -> None:
    found = event.evidence
    console.line(f"  champion of {event.environment} on {found.rows} rows: {numbers(found.metrics)}")


def _unasked(console: Console, event: events.ChampionUnasked) -> None:
    before = f" before, {event.release}," if event.release else ""
    console.line(f"  champion of {event.environment}{before} cannot be asked: {event.why}")


def _anchor(console: Console, event: events.AnchorAsked) -> None:
    found = event.evidence
    told = f"champion of {event.environment} before, {event.release}"
    console.line(f"  {told}, on {found.rows} rows: {numbers(found.metrics)}")


def _untold(console: Console, event: events.AnchorUntold) -> None:
    console.line(f"  anchor of {event.environment} cannot be told: {event.why}")


def _timed(console: Console, event: events.Timed) -> None:
    for timing in event.evidence.timings:
        ours, theirs = (statistics.median(each) * 1000 if each else None for each in (timing.seconds, timing.champion))
        beside = "alone" if theirs is None else f"the champion {theirs:.3g} ms"
        rows = "one row" if timing.rows == 1 else f"{timing.rows} rows at once"
        console.line(f"  latency for {rows}: {ours:.3g} ms, {beside}")


def _untimed(console: Console, event: events.Untimed) -> None:
    console.line(f"  latency cannot be measured: {event.why}")


def _data(console: Console, event: events.DataMeasured) -> None:
    splits = event.evidence.splits.items()
    console.line("data: " + ", ".join(f"{split} {facts.rows} rows" for split, facts in splits))


def _accuracy(console: Console, event: events.AccuracyMeasured) -> None:
    console.line(f"accuracy on {event.evidence.rows} held-out rows: {numbers(event.evidence.metrics)}")
    for remark in event.remarks:
        console.line(f"note: {remark}")


def _parity(console: Console, event: events.ParityMeasured) -> None:
    parity = event.evidence
    largest = [
        f"{output.name} {output.max_absolute:.1e}" for output in parity.outputs if output.max_absolute is not None
    ]
    flips = "" if parity.flips is None else f"{parity.flips} label flips; "
    console.line(
        f"parity on {parity.rows} rows: largest difference {', '.join(largest) or 'none measured'}; "
        f"{flips}on {parity.invented.rows if parity.invented else 0} invented rows and in "
        f"{len(parity.settings)} settings as well"
    )


def _explained(console: Console, event: events.Explained) -> None:
    importances = event.evidence.importances
    first = max(importances, key=lambda found: found.mean_change or 0.0)
    console.line(f"explanation: of {len(importances)} columns, {first.column} matters most")


def _probed(console: Console, event: events.Probed) -> None:
    console.line(f"robustness: {len(event.evidence.probes)} probes of {event.evidence.rows} rows")


def _reference(console: Console, event: events.ReferenceFitted) -> None:
    found = event.evidence
    console.line(
        f"reference: a glassbox of {len(found.terms)} terms on {found.training_rows} rows in "
        f"{event.seconds:.1f} s; on {found.rows} held-out rows: {numbers(found.metrics)}"
    )


def _others(console: Console, event: events.OthersMeasured) -> None:
    console.line(f"{event.document}: measured by a gate of others")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    events.OwnTestsRan: _tests,
    events.NothingToAsk: _nothing_to_ask,
    events.ChampionAsked: _asked,
    events.ChampionUnasked: _unasked,
    events.AnchorAsked: _anchor,
    events.AnchorUntold: _untold,
    events.Timed: _timed,
    events.Untimed: _untimed,
    events.DataMeasured: _data,
    events.AccuracyMeasured: _accuracy,
    events.ParityMeasured: _parity,
    events.Explained: _explained,
    events.Probed: _probed,
    events.ReferenceFitted: _reference,
    events.OthersMeasured: _others,
}
