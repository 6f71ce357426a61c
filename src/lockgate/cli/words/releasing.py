"""A release that is sealed and registered, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from lockgate.cli.console import Console
from lockgate.domain.releasing.registry_state import REPAIR
from lockgate.ports import Registered
from lockgate.usecases.project.events import Event
from lockgate.usecases.releasing.events import (
    AliasesFollowed,
    NotFollowed,
    NotRepaired,
    ReleaseRegistered,
    Sealed,
    Stored,
)


def _sealed(console: Console, event: Sealed) -> None:
    console.line(f"  release {event.release.digest}")
    console.line(f"  content {event.release.content}")
    console.line(f"  in      {event.folder}/")
    if event.uncommitted:
        names = " ".join(event.uncommitted)
        console.line(
            "  note: dvc.lock is not committed; until then `dvc gc` may drop what the release was made of, and"
        )
        console.line("        `promote` wants the commit, unless release.results is built in params.yaml:")
        console.line(f'            git add {names} && git commit -m "Record the results"')


def _stored(console: Console, event: Stored) -> None:
    console.line(f"  store   {event.where}" + ("" if event.new else ": it was there before"))


def _registered(console: Console, event: ReleaseRegistered) -> None:
    found = event.registered
    console.line(f"  {found.name} version {found.version}, alias challenger, in {event.where}{_known(found)}")


def _known(registered: Registered) -> str:
    if registered.recorded:
        return ": the same model was registered before, and this release is recorded on its version"
    return "" if registered.created else ": registered before"


def _followed(console: Console, event: AliasesFollowed) -> None:
    console.line(f"  registry {event.where}: {', '.join(event.moved)}")


def _not_followed(console: Console, event: NotFollowed) -> None:
    console.line(f"  note: the registry does not follow yet: {event.why}")
    console.line(f"            git counts; when the registry answers: {REPAIR}")


def _not_repaired(console: Console, event: NotRepaired) -> None:
    console.line(f"  not put back: {event.why}")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    Sealed: _sealed,
    Stored: _stored,
    ReleaseRegistered: _registered,
    AliasesFollowed: _followed,
    NotFollowed: _not_followed,
    NotRepaired: _not_repaired,
}
