"""The verbs that make a candidate: run, export, check."""

import functools
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click

from lockgate import __version__
from lockgate.cli.console import Console, candidate_option, numbers, with_console
from lockgate.cli.flags import Choice
from lockgate.cli.verbs.judging import champion_registry, chosen_candidate
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import measuring as wiring_measuring
from lockgate.cli.wiring import project as wiring_project
from lockgate.domain.judging.deciding.registry import mode_of
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.errors import DataError, ModelError
from lockgate.ports import Metrics, Runtime
from lockgate.usecases.making import export as exporting
from lockgate.usecases.making import prepare as preparing
from lockgate.usecases.making import run as running
from lockgate.usecases.making import train as training
from lockgate.usecases.making.evidence_stages import OF_A_STAGE
from lockgate.usecases.making.stage_guard import guarded, note_sources
from lockgate.usecases.measuring import accuracy as checking
from lockgate.usecases.measuring import champion as challenging
from lockgate.usecases.measuring import data as checking_data
from lockgate.usecases.measuring import glassbox as checking_reference
from lockgate.usecases.measuring import latency as racing
from lockgate.usecases.measuring import one_model as asking
from lockgate.usecases.measuring.parity import real_rows as comparing
from lockgate.usecases.measuring.renewal import renew_methods, unnamed_methods
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.sources import look_at_reading, note_reading

SHOWN = 5
"""How many inputs the line on an export names."""
KINDS = ("tests", "champion", "data", "accuracy", "parity", "explanation", "robustness", "latency", "reference")
OF_A_MODEL = frozenset({"accuracy", "parity", "explanation", "robustness"})


def as_stage(command: Callable[..., int]) -> Callable[..., int]:
    """Where DVC runs this verb as a stage, demand that all it reads is listed and stays as it is."""

    @functools.wraps(command)
    def wrapped(root: Path | None, /, *args: object, **kwargs: object) -> int:
        project = wiring_project.find_project(root)
        stage = wiring_making.running_stage(project.layout)
        if stage is None:
            return command(root, *args, **kwargs)
        reads, noticed = (
            wiring_making.reads(project.layout),
            look_at_reading(project, wiring_project.repository(project.layout)),
        )
        with guarded(
            stage, lambda: wiring_making.stage_lock(project.layout), reads, lambda: wiring_making.plugin(project)
        ) as begun:
            code = command(root, *args, **kwargs)
        note_sources(project, begun)
        note_reading(project, stage, noticed())
        return code

    return wrapped


@click.command()
@candidate_option
@with_console
@click.pass_obj
def run(root: Path | None, candidate: str | None, console: Console) -> int:
    """Pull the data and reproduce the stages that changed.

    Says for each stage whether it ran, was restored from the cache or was left as it is, and why. Starting again after
    an interruption goes on with the stage that was interrupted.
    """
    with wiring_project.alone(wiring_project.find_layout(root)):
        project = wiring_project.find_project(root)
        name = project.settings.candidate(candidate) if candidate else None
        console.document(run_tracked(project, name, console, wiring_project.repository(project.layout).source().commit))
    return 0


def run_tracked(project: Project, name: str | None, console: Console, commit: str) -> running.RunReport:
    """The run with its lines on the console, under one parent run in MLflow where something is trained."""

    def tell(line: str) -> None:
        console.line(f"    {line.replace(f'{project.layout.root}/', '')}")

    renew_methods(project, wiring_making.stage_lock(project.layout), tell)
    for edit in unnamed_methods(project, wiring_making.stage_lock(project.layout)):
        console.line(f"  note: {edit}: without it no check runs again when ONNX Runtime or Lockgate measures otherwise")
    report = running.run(
        wiring_making.pipeline(project.layout),
        project.settings.candidates,
        wiring_making.tracker(project),
        commit,
        tell,
        console.stage,
        name,
        lambda: _before_training(project),
    )
    if not report.ran:
        console.line("  nothing was retrained: no stage had a reason to run")
    for failed in report.failed:
        console.line(f"  candidate {failed.candidate} is out: {failed.stage} failed; the others go on without it")
    return report


def _before_training(project: Project) -> None:
    """What is wrong with the plug-in, or with where it is tracked, is said before anything is begun."""
    wiring_making.tracking_store(project.layout).look()
    preparing.check_settings(project, wiring_making.plugin(project))


@click.command()
@with_console
@click.pass_obj
@as_stage
def prepare(root: Path | None, console: Console) -> int:
    """Write the plug-in's data as the training, validation and test tables."""
    project = wiring_project.find_project(root)
    report = preparing.prepare(project, wiring_making.plugin(project), wiring_project.tables(project))
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
@as_stage
def train(root: Path | None, candidate: str | None, subset: int | None, console: Console) -> int:
    """Train one candidate, measure it on validation rows, and track the training in MLflow."""
    project = wiring_project.find_project(root)
    name = project.settings.candidate(candidate)
    plugin, tables = wiring_making.plugin(project), wiring_project.tables(project)
    with console.progress(name) as on_epoch:
        report = training.train(
            project,
            name,
            plugin,
            tables,
            wiring_measuring.metrics(),
            wiring_making.tracker(project),
            wiring_project.repository(project.layout),
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
@as_stage
def export(root: Path | None, candidate: str | None, console: Console) -> int:
    """Convert a trained candidate to ONNX, with its signature and reference profile."""
    project = wiring_project.find_project(root)
    name = project.settings.candidate(candidate)
    report = exporting.export(
        project,
        name,
        wiring_making.plugin(project),
        wiring_measuring.runtime(project, soon=True),
        wiring_project.tables(project),
        wiring_making.graphs(),
    )
    console.line(
        f"{report.path}: {report.bytes} bytes, {report.model.short}; takes {console.listed(report.inputs, most=SHOWN)}"
    )
    for found in report.identifiers:
        console.line(f"note: {found}")
    console.document(report)
    return 0


@click.command()
@click.argument("kinds", nargs=-1, type=Choice(KINDS), metavar="[KINDS]...")
@candidate_option
@click.option(
    "--against", "environment", metavar="ENVIRONMENT", help="Whose champion is asked; default: the first environment's."
)
@with_console
@click.pass_obj
@as_stage
def check(
    root: Path | None, kinds: tuple[str, ...], candidate: str | None, environment: str | None, console: Console
) -> int:
    """Collect evidence of the given KINDS.

    They are: tests, champion, data, accuracy, parity, explanation, robustness, latency, reference.

    Without KINDS all are collected; with `--candidate`, or as a stage of dvc.yaml, those that a stage can make of one
    candidate: data, accuracy, parity, explanation and robustness. That the policy asks for them does not matter: a gate
    that is added to it finds its evidence there.

    A check measures and never decides: a failing test or a bad metric is evidence, and the exit code is 0.
    `champion` asks the environment's champion the rows that the candidates are judged on; `latency` takes the time of
    candidate and champion in turns, by default of the candidate that wins the selection. `reference` fits a
    model that explains itself on the training rows, once for all; without KINDS it does where the policy asks for it.
    """
    project = wiring_project.find_project(root)
    of_a_stage = candidate is not None or wiring_making.running_stage(project.layout) is not None
    wanted = kinds or (OF_A_STAGE if of_a_stage else KINDS)
    evidence: dict[str, object] = {}
    if "tests" in wanted:
        evidence["tests"] = check_tests(project, console)
    if "champion" in wanted:
        evidence["champion"] = check_champion(project, project.settings.environment(environment), console)
    if "data" in wanted:
        evidence["data"] = _check_data(project, project.settings.candidate(candidate), console)
    if OF_A_MODEL & set(wanted):
        evidence.update(_check_model(project, project.settings.candidate(candidate), wanted, console))
    if "latency" in wanted:
        name, _ = chosen_candidate(project, candidate)
        evidence["latency"] = check_latency(
            project, racing.of_candidate(project, name), project.settings.environment(environment), console
        )
    if "reference" in kinds or ("reference" in wanted and _asks_for_reference(project)):
        evidence["reference"] = _check_reference(project, console)
    console.document(evidence)
    return 0


def check_tests(project: Project, console: Console) -> object:
    """Run the project's tests and say what their report says."""
    evidence = checking.check_tests(project, wiring_project.repository(project.layout), wiring_measuring.test_runner())
    console.line(
        f"  tests: {evidence.ran} ran, {evidence.failures + evidence.errors} failed, {evidence.skipped} skipped"
    )
    return evidence


def check_champion(project: Project, environment: str, console: Console) -> object:
    """Ask the environment's champion today's rows, where it was not asked before."""
    if challenging.asked_already(project, environment):
        console.line(f"  champion of {environment}: nothing to ask")
        return None
    runtime, metrics, tables = (
        wiring_measuring.runtime(project, soon=True),
        wiring_measuring.metrics(),
        wiring_project.tables(project),
    )
    registry = champion_registry(project, environment)
    try:
        evidence = challenging.ask_champion(project, environment, registry, runtime, metrics, tables)
    except (DataError, ModelError) as error:
        # The gate says what that means: nothing to compare with is undecided.
        console.line(f"  champion of {environment} cannot be asked: {error}")
        return None
    absent = "cannot be had: its release is neither here nor in the registry"
    found = absent if evidence is None else f"on {evidence.rows} rows: {numbers(evidence.metrics)}"
    console.line(f"  champion of {environment} {found}")
    return evidence


def check_latency(project: Project, entrant: racing.Entrant, environment: str, console: Console) -> object:
    """Take the time of the entrant beside the champion, in turns."""
    registry, tables = champion_registry(project, environment), wiring_project.tables(project)
    try:
        evidence = racing.check_latency(
            project, entrant, environment, registry, wiring_measuring.runtime(project, soon=True), tables
        )
    except (DataError, ModelError) as error:
        # The gate says what that means: what was not measured is undecided.
        console.line(f"  latency cannot be measured: {error}")
        return None
    for timing in evidence.timings:
        ours, theirs = (statistics.median(each) * 1000 if each else None for each in (timing.seconds, timing.champion))
        beside = "alone" if theirs is None else f"the champion {theirs:.3g} ms"
        rows = "one row" if timing.rows == 1 else f"{timing.rows} rows at once"
        console.line(f"  latency for {rows}: {ours:.3g} ms, {beside}")
    return evidence


def check_against_champion(project: Project, entrant: racing.Entrant, environment: str, console: Console) -> None:
    """What a promotion asks of the champion: its answers to today's rows, and its time where the policy limits it."""
    check_champion(project, environment, console)
    if mode_of(project.settings.gates, "latency") != "off":
        check_latency(project, entrant, environment, console)


def _check_data(project: Project, name: str, console: Console) -> object:
    inputs = wiring_making.plugin(project).inputs()
    evidence = checking_data.check_data(
        project, name, inputs, wiring_project.tables(project), {"lockgate": __version__}
    )
    console.line("data: " + ", ".join(f"{split} {facts.rows} rows" for split, facts in evidence.splits.items()))
    return evidence


def _asks_for_reference(project: Project) -> bool:
    policy = project.settings.gates.explanation
    return policy is not None and policy.max_behind_reference is not None


def _check_reference(project: Project, console: Console) -> object:
    glassbox, inputs, started = wiring_measuring.glassbox(), wiring_making.plugin(project).inputs(), time.monotonic()
    evidence = checking_reference.check_reference(
        project, inputs, glassbox, wiring_measuring.metrics(), wiring_project.tables(project)
    )
    console.line(
        f"reference: a glassbox of {len(evidence.terms)} terms on {evidence.training_rows} rows in "
        f"{time.monotonic() - started:.1f} s; on {evidence.rows} held-out rows: {numbers(evidence.metrics)}"
    )
    return evidence


def _check_model(project: Project, name: str, wanted: tuple[str, ...], console: Console) -> dict[str, object]:
    runtime, tables, metrics = (
        wiring_measuring.runtime(project, soon=True),
        wiring_project.tables(project),
        wiring_measuring.metrics(),
    )
    judged = checking.open_judged(project, name, runtime, tables)
    evidence: dict[str, object] = {}
    if "accuracy" in wanted:
        accuracy = checking.check_accuracy(project, judged, runtime, metrics, tables)
        console.line(f"accuracy on {accuracy.rows} held-out rows: {numbers(accuracy.metrics)}")
        evidence["accuracy"] = accuracy
    if "parity" in wanted:
        evidence["parity"] = _check_parity(project, judged, runtime, metrics, console)
    if "explanation" in wanted:
        explanation = asking.check_explanation(project, judged, runtime)
        first = max(explanation.importances, key=lambda found: found.mean_change or 0.0)
        console.line(f"explanation: of {len(explanation.importances)} columns, {first.column} matters most")
        evidence["explanation"] = explanation
    if "robustness" in wanted:
        robustness = asking.check_robustness(project, judged, runtime)
        console.line(f"robustness: {len(robustness.probes)} probes of {robustness.rows} rows")
        evidence["robustness"] = robustness
    return evidence


def _check_parity(
    project: Project, judged: checking.Judged, runtime: Runtime, metrics: Metrics, console: Console
) -> ParityEvidence:
    parity = comparing.check_parity(project, judged, wiring_making.plugin(project), runtime, metrics)
    largest = [
        f"{output.name} {output.max_absolute:.1e}" for output in parity.outputs if output.max_absolute is not None
    ]
    console.line(
        f"parity on {parity.rows} rows: largest difference {', '.join(largest) or 'none measured'}; "
        f"{parity.flips} label flips; on {parity.invented.rows if parity.invented else 0} invented rows and in "
        f"{len(parity.settings)} settings as well"
    )
    return parity
