"""A drill of the gates, in words."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import click

from lockgate.cli.console import Console
from lockgate.domain.judging.deciding.drill_report import Fate
from lockgate.usecases.judging.events import DrillBegan, DrillEnded, PlantJudged
from lockgate.usecases.project.events import Event

COLOURS = {Fate.STOPPED: "green", Fate.PASSED: "green", Fate.OFF: "yellow"}


def _began(console: Console, event: DrillBegan) -> None:
    console.title(f"Drill the gates with {event.candidate} as the champion")


def _plant(console: Console, event: PlantJudged) -> None:
    """A plant in a line: in full where it did not go as it must, and everywhere where the whole is asked for."""
    result, whole = event.result, event.chosen or console.verbose
    if result.fate is Fate.OFF and not whole:
        return
    fate = click.style(f"{result.fate:<8}", fg=COLOURS.get(result.fate, "red"))
    how = f"{result.outcome}, {result.reason}" if result.outcome else ""
    message = result.message if whole or not how or not result.right else ""
    told = ": ".join(part for part in (how, message) if part)
    console.line(f"  {fate}  {result.plant:<42}{result.gate:<12}{told} ({result.seconds:g} s)")


def _ended(console: Console, event: DrillEnded) -> None:
    results = event.report.results
    wrong = [result.plant for result in results if not result.right]
    off = Counter(result.message for result in results if result.fate is Fate.OFF)
    if off:
        told = console.listed(f"{why} ({count})" if count > 1 else why for why, count in off.items())
        console.line(f"  {off.total()} show nothing here: {told}")
    planted = len(results) - off.total()
    if wrong:
        many = f"{len(wrong)} of {planted} did not go as they must: {console.listed(wrong)}"
        console.line(click.style(f"  {many}", fg="red"))
    else:
        console.line(f"  all of {planted} went as they must")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    DrillBegan: _began,
    PlantJudged: _plant,
    DrillEnded: _ended,
}
