"""What is said of an ONNX file, in words."""

from collections import defaultdict

import click

from lockgate.cli.console import COLOURS, Console
from lockgate.domain.judging.deciding.judgement import Fed, ModelJudgement
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.labels import listed_classes
from lockgate.domain.model.task import positive_of
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.registry import metric_of


def tell_judgement(console: Console, judgement: ModelJudgement) -> None:
    """What was understood, measured and found, and the outcome; with ``--verbose`` each gate that was not asked."""
    task = judgement.task
    console.title(f"{judgement.model.name} on {judgement.count} rows of {judgement.rows.name}")
    positive = f", positive {positive_of(task)!r}" if positive_of(task) else ""
    what = "classes" if task.labelled else "columns"
    console.line(f"  task      {task.kind}: {judgement.why}")
    console.line(f"            {what} {listed_classes(task.columns)}{positive}")
    for fed in judgement.fed:
        console.line(f"  fed       {_fed(console, fed)}")
    answered = " and ".join(name for name in (judgement.label, judgement.numbers) if name)
    console.line(f"  judged    {answered}")
    for line in judgement.said:
        console.line(f"  note      {line}")
    for name, found in judgement.measured.items():
        console.line(f"  measured  {name:<32}{_estimate(found)}")
    console.findings(judgement.findings)
    _tell_not_asked(console, judgement)
    told = ""
    if not judgement.demanded and judgement.outcome == Outcome.UNDECIDED:
        told = f": nothing was demanded; say what must hold, such as --floor {_example(judgement)}"
    outcome = click.style(judgement.outcome.upper(), fg=COLOURS[judgement.outcome], bold=True)
    console.line(f"  verdict   {outcome}{told}")


def _fed(console: Console, fed: Fed) -> str:
    if fed.columns == (fed.input,):
        return f"{fed.input} ({fed.dtype})"
    many = f"{len(fed.columns)} columns, " if len(fed.columns) > 1 else ""
    return f"{fed.input} ({fed.dtype}) from {many}{console.listed(fed.columns)}"


def _tell_not_asked(console: Console, judgement: ModelJudgement) -> None:
    reasons = defaultdict[str, list[str]](list)
    for gate, why in judgement.not_asked.items():
        reasons[why].append(gate)
    for why, gates in reasons.items():
        if console.verbose:
            console.line(f"  not asked {', '.join(gates)}: {why}")
    if not console.verbose:
        console.line(f"  not asked {', '.join(judgement.not_asked)}; -v says why")


def _estimate(found: Estimate) -> str:
    if found.value is None:
        return "no number on these rows"
    if found.interval is None:
        return shown(found.value)
    return f"{shown(found.value)} [{shown(found.interval.low)}, {shown(found.interval.high)}]"


def _example(judgement: ModelJudgement) -> str:
    """A limit near to what was measured; of a loss it is a ceiling."""
    name, found = next(iter(judgement.measured.items()))
    gain = metric_of(name, judgement.task.kind).higher_is_better
    if found.interval is None:
        return f"{name}={0.9 if gain else 0.1}"
    return f"{name}={shown(found.interval.low if gain else found.interval.high, 2)}"
