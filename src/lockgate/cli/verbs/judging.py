"""The verbs that judge: gate, judge, policy schema, policy reasons, policy explain."""

import csv
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.flags import Choice, VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.cli.wiring.judging import judgement_page, model_bench, write_report
from lockgate.cli.wiring.project import json_schema
from lockgate.cli.words.model_files import tell_judgement
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.model.graphs.inferred_task import Stated
from lockgate.domain.reviewing.reasons_in_words import reason_tables
from lockgate.usecases.deliver import judge as judging
from lockgate.usecases.judging.model_files.judge import judge_model
from lockgate.usecases.judging.model_files.question import Question, parsed, truths_of
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


def _lists(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``X=a,b,c``, once for each input."""
    found = dict[str, tuple[str, ...]]()
    for text in values:
        name, equals, columns = text.partition("=")
        if not equals or not name or not columns:
            raise click.BadParameter(f"{text!r}: write an input and its columns, such as X=a,b,c", ctx, param)
        if name in found:
            raise click.BadParameter(f"{name} is named twice", ctx, param)
        found[name] = tuple(next(csv.reader([columns])))
    return found


def _names(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...]:
    """``a,b,c``; a name with a comma stands in quotes."""
    return tuple(next(csv.reader([text]))) if text else ()


def _numbers(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[float, ...]:
    """``0.1,0.5,0.9``."""
    try:
        return tuple(float(each) for each in text.split(",")) if text else ()
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: write numbers, such as 0.05,0.5,0.95", ctx, param) from error


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--rows", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A table: .parquet, .csv.")
@click.option("--label", metavar="COLUMN", help="The column that says what is true of a row.")
@click.option("--labels", multiple=True, metavar="COLUMN", help="One of several such columns; once for each.")
@click.option("--task", type=Choice(["binary", "multiclass", "multilabel", "regression"]), help="Default: found out.")
@click.option("--positive", default="", metavar="CLASS", help="The positive class of a binary task.")
@click.option("--classes", callback=_names, metavar="A,B,...", help="The classes in the order of the probabilities.")
@click.option("--floor", "floors", multiple=True, metavar="METRIC=LIMIT", help="What must hold; of a loss, a ceiling.")
@click.option("--inputs", multiple=True, callback=_lists, metavar="NAME=A,B,...", help="The columns of an input.")
@click.option("--output", default="", metavar="NAME", help="Which output is judged, where there are several.")
@click.option("--scores", type=Choice(["given", "logits"]), default="given", help="What the numbers of classes are.")
@click.option("--quantiles", callback=_numbers, metavar="0.1,0.5,...", help="Which quantiles a regression answers.")
@click.option("--group", default="", metavar="COLUMN", help="Rows with one value there depend on each other.")
@click.option("--time", default="", metavar="COLUMN", help="When a row was: none is of before training ends.")
@click.option("--naive", default="", metavar="COLUMN", help="What a forecast without a model says: for mae_skill.")
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="A column that is no input; once for each.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The `gates:` of a YAML file.",
)
@click.option(
    "--training",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The rows that it was trained on: the gates that need them are asked, too.",
)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write an HTML page.")
@with_console
def judge(
    model: str,
    rows: Path,
    label: str | None,
    labels: tuple[str, ...],
    floors: tuple[str, ...],
    inputs: dict[str, tuple[str, ...]],
    group: str,
    time: str,
    naive: str,
    ignored: tuple[str, ...],
    policy_file: Path | None,
    training: Path | None,
    report: Path | None,
    console: Console,
    **stated: Any,
) -> int:
    """Judge an ONNX file on a table of rows, in any folder: no project, no training code, no git.

    MODEL is a file, or models:/NAME/VERSION or models:/NAME@ALIAS of MLflow. Exit codes: 0 passed, 3 refused,
    4 undecided. Without a floor nothing is demanded: what was measured is told, and the outcome is undecided.
    """
    truths = truths_of(label, labels)
    with model_bench(ignored) as bench:
        given = None if policy_file is None else bench.read_policy(policy_file)
        fetched = bench.fetch(model)
        asked = (
            parsed(floors),
            inputs,
            group,
            ignored,
            fetched.name or model,
            given,
            training,
            time,
            naive,
            fetched.declared,
        )
        question = Question(fetched.path, rows, truths, Stated(**stated), *asked)
        judgement = judge_model(bench, question)
        if report is not None:
            write_report(bench.files, report, judgement_page().judgement(judgement))
    tell_judgement(console, judgement)
    console.document(judgement)
    return EXIT_CODES[judgement.outcome]
