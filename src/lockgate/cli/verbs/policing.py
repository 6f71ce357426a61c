"""The verb that tells what the policy demands: policy schema, policy explain."""

import json
from pathlib import Path

import click

from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring import project as wiring_project
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.reviewing.policy_in_words import explain as explaining
from lockgate.domain.reviewing.reasons_in_words import reason_tables
from lockgate.usecases.judging.margins import decidable


@click.group(cls=VerbGroup)
def policy() -> None:
    """Tell what `gates:` in params.yaml may hold, and what it demands."""


@policy.command()
def schema() -> int:
    """Print the JSON Schema of `gates:`."""
    click.echo(json.dumps(wiring_project.json_schema(Policy), indent=2))
    return 0


@policy.command()
def reasons() -> int:
    """Print every reason that a finding may have, which gates give it, and what it means."""
    click.echo(reason_tables())
    return 0


@policy.command()
@click.pass_obj
def explain(root: Path | None) -> int:
    """Print in words what this project's policy demands."""
    project = wiring_project.find_project(root)
    gates = project.settings.gates
    found = decidable(project, project.settings.environment(None), wiring_project.tables(project))
    known = found.words if found is not None and found.margin > gates.accuracy.margin else ""
    for line in explaining(gates, project.settings.production, known):
        click.echo(line)
    return 0
