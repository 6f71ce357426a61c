"""The verb that looks at the machine: doctor."""

from collections.abc import Sequence
from pathlib import Path

import click

from lockgate.adapters import git, probes
from lockgate.adapters.leftovers import leftovers
from lockgate.cli import wiring
from lockgate.cli.console import Console, with_console
from lockgate.domain.candidate import Trained
from lockgate.domain.health import Health, Part, State
from lockgate.domain.layout import Layout
from lockgate.domain.names import listed
from lockgate.errors import EXIT_FAULT, EXIT_INPUT, EXIT_PASSED, LockgateError
from lockgate.usecases import doctor as examining

COLOURS = {State.THERE: "green", State.MISSING: "red", State.WRONG: "red", State.UNREACHABLE: "magenta"}


@click.command()
@with_console
@click.pass_obj
def doctor(root: Path | None, console: Console) -> int:
    """Look at everything that a delivery needs, and say how to mend what is not right.

    0 where nothing blocks a delivery, 1 where a server does not answer, 2 where something is missing or wrong. Changes
    nothing.
    """
    layout = wiring.find_layout(root)
    health = examining.examine(
        [
            ("Python", probes.python),
            ("packages", lambda: probes.packages(_frameworks(layout))),
            ("git", lambda: git.probe(layout.root)),
            ("project", lambda: _project(layout)),
            ("DVC remote", lambda: probes.remote(layout.root)),
            ("MLflow", lambda: probes.tracking(layout.root)),
            ("Docker", probes.engine),
            ("disk", lambda: probes.disk(layout.root)),
            ("processes", lambda: leftovers(layout.root)),
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


def _project(layout: Layout) -> Sequence[Part]:
    """The settings, every environment's desired state, and the plug-in."""
    project = wiring.find_project(layout.root)
    absent = [name for name in project.settings.environments if not layout.environment(name).exists()]
    parts = [
        Part("params.yaml", State.THERE, f"{project.settings.model}: {listed(project.settings.candidates)}"),
        Part("deploy/", State.MISSING, f"no {listed(absent)}", "see deploy/ in docs/your-model.md")
        if absent
        else Part("deploy/", State.THERE, listed(project.settings.environments)),
        Part("dvc.yaml", State.THERE, "the stages")
        if (layout.root / "dvc.yaml").exists()
        else Part("dvc.yaml", State.MISSING, "no stages", "see dvc.yaml in docs/your-model.md"),
    ]
    try:
        wiring.plugin(project)
    except LockgateError as error:
        return [*parts, Part("plug-in", State.WRONG, error.message, error.hint)]
    return [*parts, Part("plug-in", State.THERE, project.settings.plugin)]


def _frameworks(layout: Layout) -> set[str]:
    """The frameworks of the candidates that were trained here."""
    found = set()
    for path in layout.build.glob("candidates/*/trained/trained.json"):
        try:
            found.add(wiring.documents().read(path, Trained).framework)
        except LockgateError:  # the stage that reads it says what is wrong
            continue
    return found
