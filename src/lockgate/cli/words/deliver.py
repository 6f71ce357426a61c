"""A delivery, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from lockgate.cli.console import Console
from lockgate.domain.names import listed
from lockgate.usecases.deliver import events
from lockgate.usecases.deliver.events import Station
from lockgate.usecases.project.events import Event

TITLES = {
    Station.RUN: "Run: data, training, export, evidence",
    Station.TESTS: "Check: the project's own tests",
    Station.CHAMPION: "Check: the champion on the candidates' rows",
    Station.SELECT: "Select: the best on validation rows",
    Station.LATENCY: "Check: latency and size, beside the champion",
    Station.GATE: "Gate: evidence x policy x champion",
    Station.RELEASE: "Release",
    Station.PACKAGE: "Package",
    Station.SERVE: "Serve",
    Station.REGISTER: "Register",
}


def _began(console: Console, event: events.Began) -> None:
    which = f"candidate {event.candidate}" if event.candidate else "the best candidate"
    console.title(f"Deliver {event.model}, {which}")


def _uncommitted(console: Console, event: events.Uncommitted) -> None:
    if event.altered:
        console.line(f"  note: uncommitted changes ({listed(event.altered)}): the verdict will be undecided")
    if event.unknown:
        console.line(f"  note: git does not have {listed(event.unknown)}: undecided where a stage or a test reads that")
    if event.own:
        console.line(f"  note: these lines go to {listed(event.own)}, which git does not have; it is no source")


def _unnamed(console: Console, event: events.MethodsUnnamed) -> None:
    console.line(
        f"  note: {event.edit}: without it the stage does not run again when Lockgate or ONNX Runtime does it otherwise"
    )


def _reached(console: Console, event: events.Reached) -> None:
    console.title(TITLES[event.station])


def _skipped(console: Console, event: events.Skipped) -> None:
    if event.station is Station.TESTS:
        console.line("  ran on this commit before")
    elif console.verbose:
        console.line(f"  {event.station}: {event.why}")


def _judged(console: Console, event: events.Judged) -> None:
    console.verdict(event.verdict, event.page)
    console.unread(event.unread)
    if event.policy:
        console.line(f"  by {event.policy}, which opens no gate: nothing was written")


def _nothing(console: Console, _: events.NothingReleased) -> None:
    console.line("Nothing was released: only a passed verdict opens the gate.")


def _served(console: Console, event: events.ServedAlready) -> None:
    console.line(f"  {event.environment} serves this content already, as release {event.version}")


def _delivered(console: Console, event: events.Delivered) -> None:
    console.title("Where to look")
    console.line(f"  the decision       {event.build}/verdict.md, {event.build}/verdict.json")
    console.line(f"  the release        {event.build}/releases/{event.version}/")
    console.line(f"  the evidence       {event.build}/candidates/{event.candidate}/evidence/")
    if event.registry:
        console.line(f"  the registry       mlflow ui --backend-store-uri {event.registry}")
    console.line("  keep it serving    lockgate serve")
    if event.promotable:
        console.line(f"  make it champion   lockgate promote {event.promotable}")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    events.Began: _began,
    events.Uncommitted: _uncommitted,
    events.MethodsUnnamed: _unnamed,
    events.Reached: _reached,
    events.Skipped: _skipped,
    events.Judged: _judged,
    events.NothingReleased: _nothing,
    events.ServedAlready: _served,
    events.Delivered: _delivered,
}
