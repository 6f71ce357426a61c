"""The verbs on the registry: registry check."""

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.domain.releasing.registry_state import RegistryReport, Wanted
from lockgate.errors import EXIT_PASSED, EXIT_REFUSED, EXIT_UNDECIDED
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.repair_registry import check_registry


@click.group(cls=VerbGroup)
def registry() -> None:
    """Compare what MLflow's registry says with what git says."""


@registry.command()
@click.option("--repair", is_flag=True, help="Make it what git says; each version tells what was done.")
@click.option("--all", "every", is_flag=True, help="Read the artefacts of every version, with an alias or not.")
@click.option(
    "--as-here",
    is_flag=True,
    help="This clone's history counts, though the registry names a commit that it does not have.",
)
@with_console
@with_instruments
def check(instruments: Instruments, *, repair: bool, every: bool, as_here: bool, console: Console) -> int:
    """Report each alias and version that was changed behind git's back.

    Exit code 0: they agree; 3: they differ; 4: this clone cannot tell; 1: the registry does not answer. Who moved an
    alias when is answered by git: lockgate log ENVIRONMENT.
    """
    report = check_registry(instruments, every=every, repair=repair, as_here=as_here, tell=console.tell)
    root = f"{instruments.layout.root}/"
    console.line(f"{report.name} in {report.where.replace(root, '')}: {report.versions} versions")
    for wanted in report.wanted:
        console.line(f"  {wanted.environment:<12}{_named(wanted)}")
    for done in report.repaired:
        console.line(f"  put back    {done}")
    for each in report.differences:
        console.line(f"  {each.outcome:<12}{each.said}")
        console.line(f"            -> {each.remedy}")
    console.line("the registry says what git says" if not report.differences else "the registry differs from git")
    console.document(report)
    return _exit_code(report)


def _named(wanted: Wanted) -> str:
    if wanted.unknown:
        return f"not known here: {wanted.unknown}"
    since = f", by {wanted.author} at {wanted.committed_at} in commit {wanted.commit[:12]}"
    named = "names no release" if wanted.release is None else f"names {wanted.release.release.short}"
    aliases = f" (alias {', '.join(wanted.aliases)})" if wanted.aliases and wanted.release else ""
    return f"{named}{since}{aliases}"


def _exit_code(report: RegistryReport) -> int:
    if any(each.outcome == "refused" for each in report.differences):
        return EXIT_REFUSED
    return EXIT_UNDECIDED if report.differences else EXIT_PASSED
