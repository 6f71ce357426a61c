"""The verbs that look at the project and its machine, and at documents: doctor, schema."""

import json

import click

from lockgate.cli import project_parts
from lockgate.cli.console import Console, with_console
from lockgate.cli.document_schemas import SCHEMAS, VERSION_1, schema_of_version_1
from lockgate.cli.flags import Choice
from lockgate.cli.wiring import health as machine
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.cli.wiring.project import json_schema
from lockgate.domain.project.health import Health, Part, State
from lockgate.errors import EXIT_FAULT, EXIT_INPUT, EXIT_PASSED
from lockgate.usecases.project.health import examine
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.stored.health import store_parts

COLOURS = {State.THERE: "green", State.MISSING: "red", State.WRONG: "red", State.UNREACHABLE: "magenta"}


@click.command()
@with_console
@with_instruments
def doctor(instruments: Instruments, console: Console) -> int:
    """Look at everything that a delivery needs, and say how to mend what is not right.

    0 where nothing blocks a delivery, 1 where a server does not answer, 2 where something is missing or wrong. Changes
    nothing.
    """
    layout = instruments.layout
    health = examine(
        [
            ("Python", machine.python),
            ("packages", lambda: machine.packages(project_parts.extras(instruments))),
            ("git", lambda: machine.git(layout)),
            ("origin", lambda: machine.origin(layout)),
            ("project", lambda: project_parts.of_project(instruments)),
            ("DVC remote", lambda: machine.data_remote(layout)),
            ("store", lambda: store_parts(instruments)),
            ("MLflow", lambda: [Part("MLflow", State.THERE, instruments.tracking_store().look())]),
            ("Docker", machine.engine),
            ("disk", lambda: machine.disk(layout)),
            ("processes", lambda: machine.left_running(layout)),
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


@click.command(epilog="Documents: " + ", ".join([*sorted(SCHEMAS), *VERSION_1]))
@click.argument("document", type=Choice([*sorted(SCHEMAS), *VERSION_1]), metavar="DOCUMENT")
def schema(document: str) -> int:
    """Print the JSON Schema of a DOCUMENT that Lockgate reads or writes; NAME/1 is that of version 1."""
    if document in VERSION_1:
        click.echo(schema_of_version_1(document), nl=False)
        return 0
    click.echo(json.dumps(json_schema(SCHEMAS[document]), indent=2))
    return 0
