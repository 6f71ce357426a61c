"""The verbs that make a candidate: run, export, check."""

from pathlib import Path

import click

from lockgate.cli import wiring
from lockgate.cli.console import Console, candidate_option, with_console
from lockgate.usecases import check as checking
from lockgate.usecases import export as exporting
from lockgate.usecases import run as running
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
    project = wiring.find_project(root)
    name = project.settings.candidate(candidate) if candidate else None
    console.document(run_stages(project, name, console))
    return 0


def run_stages(project: Project, name: str | None, console: Console) -> running.RunReport:
    """The run with its lines on the console."""
    report = running.run(wiring.pipeline(project), name, lambda line: console.line(f"    {line}"), console.stage)
    if not report.ran:
        console.line("  nothing was retrained: no stage had a reason to run")
    return report


@click.command()
@candidate_option
@with_console
@click.pass_obj
def export(root: Path | None, candidate: str | None, console: Console) -> int:
    """Convert a trained candidate to ONNX, with its signature and reference profile."""
    project = wiring.find_project(root)
    name = project.settings.candidate(candidate)
    trained = exporting.read_trained(project, name)
    report = exporting.export(
        project, name, trained, wiring.framework(trained), wiring.runtime(), wiring.tables(project)
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
    runtime, tables = wiring.runtime(), wiring.tables(project)
    judged = checking.open_judged(project, name, runtime, tables)
    evidence: dict[str, object] = {}
    if "accuracy" in wanted:
        accuracy = checking.check_accuracy(project, judged, runtime, wiring.metrics(), tables)
        shown = ", ".join(
            f"{metric} {'none' if value is None else f'{value:.4f}'}" for metric, value in accuracy.metrics.items()
        )
        console.line(f"accuracy on {accuracy.rows} held-out rows: {shown}")
        evidence["accuracy"] = accuracy
    if "parity" in wanted:
        trained = exporting.read_trained(project, name)
        parity = checking.check_parity(project, judged, trained, wiring.framework(trained), runtime)
        largest = [
            f"{output.name} {output.max_absolute:.1e}" for output in parity.outputs if output.max_absolute is not None
        ]
        console.line(
            f"parity on {parity.rows} rows: largest difference {', '.join(largest) or 'none measured'}; "
            f"{parity.flips} label flips"
        )
        evidence["parity"] = parity
    return evidence
