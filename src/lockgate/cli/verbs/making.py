"""The verbs that make candidates: run, prepare, train, export, select."""

import click

from lockgate.cli.console import Console, candidate_option, numbers, with_console
from lockgate.cli.stages import as_stage
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.deliver import run as running
from lockgate.usecases.making import export as exporting
from lockgate.usecases.making import prepare as preparing
from lockgate.usecases.making import select as selecting
from lockgate.usecases.making import train as training
from lockgate.usecases.project.instruments import Instruments

SHOWN = 5
"""How many inputs the line on an export names."""


@click.command()
@candidate_option
@with_console
@with_instruments
def run(instruments: Instruments, candidate: str | None, console: Console) -> int:
    """Pull the data and reproduce the stages that changed.

    Says for each stage whether it ran, was restored from the cache or was left as it is, and why. Starting again after
    an interruption goes on with the stage that was interrupted.
    """
    console.document(running.run(instruments, candidate, console.tell))
    return 0


@click.command()
@with_console
@with_instruments
@as_stage
def prepare(instruments: Instruments, console: Console) -> int:
    """Write the plug-in's data as the training, validation and test tables."""
    report = preparing.prepare(instruments.project(), instruments.plugin(), instruments.tables())
    console.line(", ".join(f"{split} {rows} rows" for split, rows in report.rows.items()))
    for line in report.rounded:
        console.line(line)
    if report.known_groups:
        console.line(f"note: {report.known_groups}")
    console.document(report)
    return 0


@click.command()
@candidate_option
@click.option(
    "--subset",
    metavar="ROWS",
    type=click.IntRange(min=1),
    help="A quick try on so many training rows, into build/tries/: never a candidate.",
)
@with_console
@with_instruments
@as_stage
def train(instruments: Instruments, candidate: str | None, subset: int | None, console: Console) -> int:
    """Train one candidate, measure it on validation rows, and track the training in MLflow."""
    name = instruments.project().settings.candidate(candidate)
    with console.progress(name) as on_epoch:
        report = training.train_candidate(instruments, name, on_epoch, subset)
    trained_on = f"{report.rows} rows" if report.rows else "no training rows here"
    console.line(
        f"{name}: {trained_on}; on {report.validation.rows} validation rows: " + numbers(report.validation.metrics)
    )
    for remark in report.remarks:
        console.line(f"note: {remark}")
    if report.where:
        console.line(f"tracked as {report.where.replace(f'{instruments.layout.root}/', '')}")
    console.document(report)
    return 0


@click.command()
@candidate_option
@with_console
@with_instruments
@as_stage
def export(instruments: Instruments, candidate: str | None, console: Console) -> int:
    """Convert a trained candidate to ONNX, with its signature and reference profile."""
    report = exporting.export_candidate(instruments, candidate)
    console.line(
        f"{report.path}: {report.bytes} bytes, {report.model.short}; takes {console.listed(report.inputs, most=SHOWN)}"
    )
    for changed in report.adapted:
        console.line(f"adapted: {changed}")
    for found in report.identifiers:
        console.line(f"note: {found}")
    console.document(report)
    return 0


@click.command()
@with_console
@with_instruments
def select(instruments: Instruments, console: Console) -> int:
    """Show how the candidates compete on validation rows, and who goes to the gates."""
    competed = selecting.compete(instruments.project(), instruments.plots)
    console.tell(competed)
    console.document(competed.selection)
    selecting.winner(competed.selection)
    return 0
