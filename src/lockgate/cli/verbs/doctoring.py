"""The verb that looks at the machine: doctor."""

from collections.abc import Sequence
from pathlib import Path

import click

from lockgate.cli import project_parts
from lockgate.cli.console import Console, with_console
from lockgate.cli.wiring import health as wiring_health
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import project as wiring_project
from lockgate.domain.project.health import Health, Part, State
from lockgate.domain.project.layout import Layout
from lockgate.errors import EXIT_FAULT, EXIT_INPUT, EXIT_PASSED
from lockgate.usecases.project import health as examining

COLOURS = {State.THERE: "green", State.MISSING: "red", State.WRONG: "red", State.UNREACHABLE: "magenta"}


@click.command()
@with_console
@click.pass_obj
def doctor(root: Path | None, console: Console) -> int:
    """Look at everything that a delivery needs, and say how to mend what is not right.

    0 where nothing blocks a delivery, 1 where a server does not answer, 2 where something is missing or wrong. Changes
    nothing.
    """
    layout = wiring_project.find_layout(root)
    health = examining.examine(
        [
            ("Python", wiring_health.python),
            ("packages", lambda: wiring_health.packages(project_parts.extras(layout))),
            ("git", lambda: wiring_health.git(layout)),
            ("origin", lambda: wiring_health.origin(layout)),
            ("project", lambda: project_parts.of_project(layout)),
            ("DVC remote", lambda: wiring_health.data_remote(layout)),
            ("MLflow", lambda: _tracking(layout)),
            ("Docker", wiring_health.engine),
            ("disk", lambda: wiring_health.disk(layout)),
            ("processes", lambda: wiring_health.left_running(layout)),
        ]
    )
    for part in health.parts:
        _tell(console, part)
    console.line("nothing blocks a delivery" if not health.blocking else f"{len(health.blocking)} to mend")
    console.document(health)
    return exit_code(health)


def exit_code(health: Health) -> int:
    """By the worst that blocks."""
    if not health.blocking:
        return EXIT_PASSED
    return EXIT_FAULT if all(part.state is State.UNREACHABLE for part in health.blocking) else EXIT_INPUT


def _tell(console: Console, part: Part) -> None:
    state = click.style(f"{part.state:<12}", fg="yellow" if part.optional and not _well(part) else COLOURS[part.state])
    console.line(f"{state}{part.name}: {part.found}" + (" (optional)" if part.optional and not _well(part) else ""))
    if not _well(part) and part.remedy:
        console.line(f"            -> {part.remedy}")


def _well(part: Part) -> bool:
    return part.state is State.THERE


def _tracking(layout: Layout) -> Sequence[Part]:
    return [Part("MLflow", State.THERE, wiring_making.tracking_store(layout).look())]
