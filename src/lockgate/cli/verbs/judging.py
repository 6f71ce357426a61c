"""The verbs that judge and tell: gate, status, schema."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.document_schemas import SCHEMAS
from lockgate.cli.flags import Choice
from lockgate.cli.wiring import judging as wiring_judging
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import project as wiring_project
from lockgate.cli.wiring import releasing as wiring_releasing
from lockgate.cli.wiring import reviewing as wiring_reviewing
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.making.selection import Selection
from lockgate.domain.project.layout import Layout
from lockgate.errors import SettingsError
from lockgate.ports import Registry
from lockgate.usecases.judging import gate as gating
from lockgate.usecases.making import select as selecting
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project
from lockgate.usecases.reviewing import status as telling


@click.command()
@candidate_option
@click.option(
    "--against",
    "environment",
    metavar="ENVIRONMENT",
    help="The environment whose champion it meets; default: the first in params.yaml.",
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Try another policy: the `gates:` of this YAML file. The verdict of before stays, and none is written.",
)
@with_console
@click.pass_obj
def gate(
    root: Path | None, candidate: str | None, environment: str | None, policy_file: Path | None, console: Console
) -> int:
    """Decide from evidence, policy and champion; write build/verdict.json; the exit code is the gate.

    0 passed, 3 refused, 4 undecided. Runs no model. Beside it: verdict.xml for Jenkins, verdict.md for people.
    """
    if policy_file is None:
        project = begin(wiring_project.find_layout(root), candidate, environment)
    else:
        project = with_policy(wiring_project.find_project(root), policy_file)
    name, selection = chosen_candidate(project, candidate)
    if selection is not None:
        console.selection(selection)
    chosen = project.settings.environment(environment)
    verdict = (tried if policy_file else judge)(project, name, chosen, selection)
    console.verdict(verdict, f"lockgate gate -v --policy {policy_file}" if policy_file else told_in(project))
    if policy_file is not None:
        console.line(f"  by {policy_file}, which opens no gate: nothing was written")
    console.document(verdict)
    return EXIT_CODES[verdict.outcome]


def begin(layout: Layout, candidate: str | None, environment: str | None = None) -> Project:
    """The project, ready for a verdict of today: see the use case."""
    store, repository = wiring_project.store(layout), wiring_project.repository(layout)
    opened = partial(wiring_project.find_project, layout.root)
    return gating.begin(layout, store, repository, opened, candidate, environment)


def chosen_candidate(project: Project, name: str | None) -> tuple[str, Selection | None]:
    """The candidate that was named, or the winner of the selection with how it won."""
    if name is not None:
        return project.settings.candidate(name), None
    selection = selecting.standings(project)
    return selecting.winner(selection), selection


def judge(project: Project, name: str, environment: str, selection: Selection | None) -> Verdict:
    """The verdict, with the registry at hand only where a champion has to be fetched."""
    return gating.gate(
        project,
        name,
        environment,
        wiring_project.repository(project.layout),
        champion_registry(project, environment),
        wiring_project.tables(project),
        wiring_reviewing.reports(),
        wiring_making.stage_lock(project.layout),
        selection,
    )


def told_in(project: Project) -> str:
    """The page that tells the whole verdict."""
    return str(project.layout.verdict_markdown.relative_to(project.layout.root))


def tried(project: Project, name: str, environment: str, selection: Selection | None) -> Verdict:
    """The verdict that nobody keeps."""
    registry = champion_registry(project, environment)
    return gating.try_gate(
        project,
        name,
        environment,
        wiring_project.repository(project.layout),
        registry,
        wiring_project.tables(project),
        wiring_making.stage_lock(project.layout),
        selection,
    )


def with_policy(project: Project, path: Path) -> Project:
    """The project as it would be under the policy of another file."""
    if not project.store.has(path):
        raise SettingsError(f"{path}: missing", hint="--policy names a YAML file with `gates:` as in params.yaml")
    policy = project.documents.read_settings(path, Policy, section="gates")
    return wiring_judging.with_gates(replace(project, settings=replace(project.settings, gates=policy)), path)


@click.command()
@with_console
@click.pass_obj
def select(root: Path | None, console: Console) -> int:
    """Show how the candidates compete on validation rows, and who goes to the gates."""
    project = wiring_project.find_project(root)
    selection = selecting.standings(project)
    tell_selection(project, selection, console)
    console.document(selection)
    selecting.winner(selection)
    return 0


def tell_selection(project: Project, selection: Selection, console: Console) -> None:
    """How the candidates compete, as a table and, with fairness, as a picture."""
    console.selection(selection)
    if picture := selecting.plot(project, selection, wiring_reviewing.plots()):
        console.line(f"  the picture: {picture}")


def champion_registry(project: Project, environment: str) -> Registry | None:
    """The registry where the environment's champion is not on this disk; it takes seconds to load."""
    champion = champion_of(project, environment)
    if champion is None or project.store.has(project.layout.release(champion.release.short)):
        return None
    return wiring_releasing.registry(project)


@click.command()
@with_console
@click.pass_obj
def status(root: Path | None, console: Console) -> int:
    """Show what is the champion, what is the candidate, and what blocks it."""
    project = wiring_project.find_project(root)
    report = telling.status(project, wiring_project.repository(project.layout))
    changed = "" if report.source.clean else f" with {len(report.source.changed)} uncommitted changes"
    console.line(f"{report.model} at {report.source.commit[:12]}{changed}")
    for name, champion in report.champions.items():
        serves = f"release {champion.release.short}, content {champion.content.short}" if champion else "none yet"
        here = f"; deploy/{name}.yaml here is not as committed" if name in report.uncommitted else ""
        console.line(f"  champion of {name}: {serves}{here}")
    for candidate in report.candidates:
        content = candidate.content.short if candidate.content else "none yet"
        serving = f", served by {' and '.join(candidate.serves)}" if candidate.serves else ""
        console.line(
            f"  candidate {candidate.name}: content {content}{serving}, verdict {candidate.outcome or 'none yet'}"
        )
        for reason in candidate.blocked_by:
            console.line(f"    blocked by {reason}")
    console.document(report)
    return 0


@click.command(epilog="Documents: " + ", ".join(sorted(SCHEMAS)))
@click.argument("document", type=Choice(sorted(SCHEMAS)), metavar="DOCUMENT")
def schema(document: str) -> int:
    """Print the JSON Schema of a DOCUMENT that Lockgate reads or writes."""
    click.echo(json.dumps(wiring_project.json_schema(SCHEMAS[document]), indent=2))
    return 0
