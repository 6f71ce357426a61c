"""The verbs that judge: gate, policy schema, policy reasons, policy explain."""

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.cli.wiring.project import json_schema
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.reviewing.reasons_in_words import reason_tables
from lockgate.usecases.deliver import judge as judging
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.reviewing.explain_policy import explain_policy, settings_of


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
@with_instruments
def gate(
    instruments: Instruments,
    candidate: str | None,
    environment: str | None,
    policy_file: Path | None,
    console: Console,
) -> int:
    """Decide from evidence, policy and champion; write build/verdict.json; the exit code is the gate.

    0 passed, 3 refused, 4 undecided. Runs no model. Beside it: verdict.xml for Jenkins, verdict.md for people.
    """
    if policy_file is None:
        verdict = judging.judge(instruments, candidate, environment, console.tell)
    else:
        verdict = judging.judge_by(instruments, policy_file, candidate, environment, console.tell)
    console.document(verdict)
    return EXIT_CODES[verdict.outcome]


@click.group(cls=VerbGroup)
def policy() -> None:
    """Tell what `gates:` in params.yaml may hold, and what it demands."""


@policy.command()
@click.argument("plugin", required=False)
@with_instruments
def schema(instruments: Instruments, plugin: str | None) -> int:
    """Print the JSON Schema of `gates:`, or of the settings of PLUGIN, a gate of others that the policy names."""
    with redirect_stdout(sys.stderr):  # a package may print while it is loaded
        kind: type = Policy if plugin is None else settings_of(instruments, plugin)
    click.echo(json.dumps(json_schema(kind), indent=2))
    return 0


@policy.command()
def reasons() -> int:
    """Print every reason that a finding may have, which gates give it, and what it means."""
    click.echo(reason_tables())
    return 0


@policy.command()
@with_instruments
def explain(instruments: Instruments) -> int:
    """Print in words what this project's policy demands."""
    for line in explain_policy(instruments):
        click.echo(line)
    return 0
