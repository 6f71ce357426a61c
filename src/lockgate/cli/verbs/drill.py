"""The verb that tests the gates: drill."""

from collections import Counter
from functools import partial
from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.verbs.judging import chosen_candidate
from lockgate.cli.verbs.making import check_tests
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import measuring as wiring_measuring
from lockgate.cli.wiring import project as wiring_project
from lockgate.domain.identity import digest_of_files
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.names import listed, meant
from lockgate.errors import InputError, LockgateError
from lockgate.ports import Repository
from lockgate.usecases.judging.drill.caching_plugin import Remembering
from lockgate.usecases.judging.drill.drill import PLANTS, open_drill
from lockgate.usecases.judging.drill.drill import drill as drilling
from lockgate.usecases.judging.drill.plant import Plant
from lockgate.usecases.judging.drill.sandbox import Tools
from lockgate.usecases.measuring.methods import measured_here
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.sources import judged_source

COLOURS = {Fate.STOPPED: "green", Fate.PASSED: "green", Fate.OFF: "yellow"}


@click.command()
@candidate_option
@click.option("--only", metavar="TEXT", help="Only plants with this text in their name or their gate.")
@with_console
@click.pass_obj
def drill(root: Path | None, candidate: str | None, only: str | None, console: Console) -> int:
    """Prove that the gates hold: plant bad candidates, each must be stopped by the gate meant for it.

    The sound candidate, which is the champion here, and a twin of it that is trained anew must pass. 0: all went as
    they must, 3: one got through or the twin was held, 4: one could not be planted. Nothing of the project changes.
    """
    with wiring_project.alone(wiring_project.find_layout(root)):
        project = wiring_project.find_project(root)
        plants = _chosen((*PLANTS, *wiring_making.plants(project)), only)
        name, _ = chosen_candidate(project, candidate)
        repository = wiring_project.repository(project.layout)
        _demand_tests(project, repository, console)
        tools = Tools(
            Remembering(
                wiring_making.plugin(project), lambda folder: digest_of_files(project.files.tree(folder, links=True))
            ),
            lambda: wiring_measuring.runtime(project),
            wiring_measuring.metrics(),
            wiring_project.tables(project),
            wiring_measuring.test_runner(),
            wiring_making.graphs(),
        )
        console.title(f"Drill the gates with {name} as the champion")
        of = open_drill(project, name, repository, tools, wiring_making.stage_lock(project.layout))
        tell = partial(_tell, console, whole=console.verbose or only is not None)
        report = drilling(of, plants, tell, twin=only is None)
        project.documents.write(project.layout.drill, report)
    _tell_all(console, report)
    console.document(report)
    return EXIT_CODES[report.outcome]


def _chosen(plants: tuple[Plant, ...], only: str | None) -> tuple[Plant, ...]:
    found = tuple(plant for plant in plants if only is None or only in plant.name or only == plant.gate)
    if not found:
        raise InputError(
            f"no plant has {only!r} in its name or gate{meant(only or '', _names_of(plants))}",
            hint="there are: " + listed((plant.name for plant in plants), "; ", most=len(plants)),
        )
    return found


def _names_of(plants: tuple[Plant, ...]) -> set[str]:
    """What `--only` may say: names, their words, and gates."""
    names = {plant.name for plant in plants}
    return names | {plant.gate for plant in plants} | {word for name in names for word in name.split()}


def _demand_tests(project: Project, repository: Repository, console: Console) -> None:
    try:
        found = project.documents.read(project.layout.tests, TestsEvidence)
        if found.source == judged_source(project, repository) and measured_here(project, "tests", found.method):
            return
    except LockgateError:  # absent or unreadable: they are run
        pass
    check_tests(project, console)


def _tell(console: Console, result: Drilled, *, whole: bool) -> None:
    """A plant in a line: in full where it did not go as it must, and everywhere where the ``whole`` is asked for."""
    if result.fate is Fate.OFF and not whole:
        return
    fate = click.style(f"{result.fate:<8}", fg=COLOURS.get(result.fate, "red"))
    how = f"{result.outcome}, {result.reason}" if result.outcome else ""
    message = result.message if whole or not how or not result.right else ""
    told = ": ".join(part for part in (how, message) if part)
    console.line(f"  {fate}  {result.plant:<42}{result.gate:<12}{told} ({result.seconds:g} s)")


def _tell_all(console: Console, report: DrillReport) -> None:
    wrong = [result.plant for result in report.results if not result.right]
    off = Counter(result.message for result in report.results if result.fate is Fate.OFF)
    if off:
        told = console.listed(f"{why} ({count})" if count > 1 else why for why, count in off.items())
        console.line(f"  {off.total()} show nothing here: {told}")
    planted = len(report.results) - off.total()
    if wrong:
        many = f"{len(wrong)} of {planted} did not go as they must: {console.listed(wrong)}"
        console.line(click.style(f"  {many}", fg="red"))
    else:
        console.line(f"  all of {planted} went as they must")
