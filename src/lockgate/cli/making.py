"""The verbs that make a candidate: run, export, check."""

from pathlib import Path

import click

from lockgate.cli import wiring
from lockgate.cli.console import Console, candidate_option, numbers, with_console
from lockgate.usecases import check as checking
from lockgate.usecases import export as exporting
from lockgate.usecases import parity as comparing
from lockgate.usecases import prepare as preparing
from lockgate.usecases import run as running
from lockgate.usecases import train as training
from lockgate.usecases.project import Project

KINDS = ("tests", "accuracy", "parity")


@click.command()
@candidate_option
@with_console
@click.pass_obj
def run(root: Path | None, candidate: str | None, console: Console) -> int:
    """Pull the data and reproduce the stages that changed.

    Says for each stage whether it ran, was restored from the cache or was left as it is, and why. Starting again after
    an interruption goes on with the stage that was interrupted.
    """
    with wiring.alone(wiring.find_layout(root)):
        project = wiring.find_project(root)
        name = project.settings.candidate(candidate) if candidate else None
        console.document(run_tracked(project, name, console, wiring.repository(project).source().commit))
    return 0


def run_tracked(project: Project, name: str | None, console: Console, commit: str) -> running.RunReport:
    """The run with its lines on the console, under one parent run in MLflow where something is trained."""
    report = running.run(
        wiring.pipeline(project),
        project.settings.candidates,
        wiring.tracker(project),
        commit,
        lambda line: console.line(f"    {line.replace(f'{project.layout.root}/', '')}"),
        console.stage,
        name,
        # What is wrong with the plug-in is said before anything is begun.
        lambda: preparing.check_settings(project, wiring.plugin(project)),
    )
    if not report.ran:
        console.line("  nothing was retrained: no stage had a reason to run")
    for failed in report.failed:
        console.line(f"  candidate {failed.candidate} is out: {failed.stage} failed; the others go on without it")
    return report


@click.command()
@with_console
@click.pass_obj
def prepare(root: Path | None, console: Console) -> int:
    """Write the plug-in's data as the training, validation and test tables."""
    project = wiring.find_project(root)
    report = preparing.prepare(project, wiring.plugin(project), wiring.tables(project))
    console.line(", ".join(f"{split} {rows} rows" for split, rows in report.rows.items()))
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
@click.pass_obj
def train(root: Path | None, candidate: str | None, subset: int | None, console: Console) -> int:
    """Train one candidate, measure it on validation rows, and track the training in MLflow."""
    project = wiring.find_project(root)
    name = project.settings.candidate(candidate)
    plugin, tables = wiring.plugin(project), wiring.tables(project)
    with console.progress(name) as on_epoch:
        report = training.train(
            project,
            name,
            plugin,
            tables,
            wiring.metrics(),
            wiring.tracker(project),
            wiring.repository(project),
            on_epoch,
            subset,
        )
    console.line(
        f"{name}: {report.rows} rows; on {report.validation.rows} validation rows: "
        + numbers(report.validation.metrics)
    )
    if report.where:
        console.line(f"tracked as {report.where.replace(f'{project.layout.root}/', '')}")
    console.document(report)
    return 0


@click.command()
@candidate_option
@with_console
@click.pass_obj
def export(root: Path | None, candidate: str | None, console: Console) -> int:
    """Convert a trained candidate to ONNX, with its signature and reference profile."""
    project = wiring.find_project(root)
    name = project.settings.candidate(candidate)
    report = exporting.export(
        project, name, wiring.plugin(project), wiring.runtime(project, soon=True), wiring.tables(project)
    )
    console.line(f"{report.path}: {report.bytes} bytes, {report.model}; takes {', '.join(report.inputs)}")
    console.document(report)
    return 0


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(KINDS))
@candidate_option
@with_console
@click.pass_obj
def check(root: Path | None, kinds: tuple[str, ...], candidate: str | None, console: Console) -> int:
    """Collect evidence of the given KINDS (tests, accuracy, parity), or of all.

    A check measures and never decides: a failing test or a bad metric is evidence, and the exit code is 0.
    """
    project = wiring.find_project(root)
    wanted = kinds or KINDS
    evidence: dict[str, object] = {}
    if "tests" in wanted:
        evidence["tests"] = check_tests(project, console)
    if {"accuracy", "parity"} & set(wanted):
        evidence.update(_check_model(project, project.settings.candidate(candidate), wanted, console))
    console.document(evidence)
    return 0


def check_tests(project: Project, console: Console) -> object:
    """Run the project's tests and say what their report says."""
    evidence = checking.check_tests(project, wiring.repository(project), wiring.test_runner())
    console.line(
        f"  tests: {evidence.ran} ran, {evidence.failures + evidence.errors} failed, {evidence.skipped} skipped"
    )
    return evidence


def _check_model(project: Project, name: str, wanted: tuple[str, ...], console: Console) -> dict[str, object]:
    runtime, tables, metrics = wiring.runtime(project, soon=True), wiring.tables(project), wiring.metrics()
    judged = checking.open_judged(project, name, runtime, tables)
    evidence: dict[str, object] = {}
    if "accuracy" in wanted:
        accuracy = checking.check_accuracy(project, judged, runtime, metrics, tables)
        console.line(f"accuracy on {accuracy.rows} held-out rows: {numbers(accuracy.metrics)}")
        evidence["accuracy"] = accuracy
    if "parity" in wanted:
        parity = comparing.check_parity(project, judged, wiring.plugin(project), runtime, metrics)
        largest = [
            f"{output.name} {output.max_absolute:.1e}" for output in parity.outputs if output.max_absolute is not None
        ]
        console.line(
            f"parity on {parity.rows} rows: largest difference {', '.join(largest) or 'none measured'}; "
            f"{parity.flips} label flips; on {parity.invented.rows if parity.invented else 0} invented rows and in "
            f"{len(parity.settings)} settings as well"
        )
        evidence["parity"] = parity
    return evidence
