"""``lockgate judge``: an ONNX file and a table of rows, in any folder: understood, measured, judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lockgate.domain.judging.deciding.floors import LEVEL, Floor, judged_floors, known_metrics, metric_of_floor
from lockgate.domain.judging.deciding.judgement import Fed, JudgedFile, ModelJudgement, outcome_of
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.deciding.registry import asked as asked_of
from lockgate.domain.judging.gates.data.table_checks import shared_rows
from lockgate.domain.model.graphs.chosen_outputs import Chosen, chosen_outputs
from lockgate.domain.model.graphs.inferred_task import Stated, inferred_task
from lockgate.domain.model.graphs.read_answers import ReadAnswers, numbers_judged, read_answers
from lockgate.domain.model.inputs import Array, losses
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.task import TaskKind
from lockgate.domain.names import listed, meant
from lockgate.domain.project.truth_columns import in_form
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.first_looked_at import FIRST
from lockgate.domain.statistics.sample import AnySample
from lockgate.errors import DataError, InputError
from lockgate.usecases.judging.model_files.asking import (
    BY_ITSELF,
    AskedModel,
    Bench,
    as_judged,
    ask,
    judge_variation,
    signature_of,
)
from lockgate.usecases.judging.model_files.by_policy import FileAnswers, by_policy, demand_policy, gates_asked

NOT_ASKED: Mapping[str, str] = {
    **{gate.name: gate.without_project for gate in GATES if gate.without_project},
    "accuracy against a champion": "there is no champion",
    "parity with the trained model": "there is no trained model, only its export",
}
"""What a project would have, and a file has not."""


@dataclass(frozen=True)
class Question:
    """What is to be judged: ``truths`` are the columns that say what is true, ``group`` one of rows that depend on each
    other; ``inputs`` says of which columns an input is made, ``ignored`` are fed to none.
    With ``training`` rows it is told how many of the rows are among them."""

    model: Path
    rows: Path
    truths: tuple[str, ...]
    stated: Stated = field(default_factory=Stated)
    floors: tuple[Floor, ...] = ()
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group: str = ""
    ignored: tuple[str, ...] = ()
    name: str = ""
    policy: Policy | None = None
    training: Path | None = None


def truths_of(label: str | None, labels: Sequence[str]) -> tuple[str, ...]:
    """The columns that say what is true. Raises ``InputError`` where none is named, or one twice."""
    found = (*([label] if label else ()), *labels)
    if not found or (label and labels) or len(set(found)) < len(found):
        raise InputError(
            "name the column that says what is true: --label y",
            hint="or several, each once: --labels a --labels b, for labels at once or several numbers",
        )
    return found


def parsed(floors: Sequence[str]) -> tuple[Floor, ...]:
    """Raises ``InputError`` for what is no floor."""
    return tuple(map(Floor.parse, floors))


def judge_model(bench: Bench, question: Question) -> ModelJudgement:
    """The judgement. Raises ``InputError`` for a model, a table or words that cannot be judged."""
    columns = bench.read_table(question.rows)
    _demand_columns(columns, question)
    not_fed = (*_named(question), *question.ignored)
    asked = ask(bench, question.model, columns, not_fed, question.inputs)
    truths = {name: columns[name] for name in question.truths}
    chosen = chosen_outputs(asked.facts, asked.outputs, asked.loaded.rows, question.stated.output)
    kind = inferred_task(chosen, truths, question.stated)
    truth = _truth(truths, kind.kind, question.rows)
    read = read_answers(asked.facts, chosen, kind, truth, question.stated, question.truths)
    task, sample = read.answers.task, _sample(read, truth, columns, question.group)
    for floor in question.floors:
        metric_of_floor(floor, task, scored=read.scored)
    policy = question.policy
    if policy is not None:
        demand_policy(policy, read)
    asked = as_judged(asked, chosen, lambda values: numbers_judged(values, task, question.stated))
    model, rows = (bench.files.sha256(path) for path in (question.model, question.rows))
    file = FileAnswers(read, truth, sample, columns, signature_of(asked, chosen, task), model, rows)
    varies = judge_variation(asked, chosen, task, model, rows, BY_ITSELF if policy is None else policy.parity)
    findings = (
        *judged_floors(question.floors, task, sample, scored=read.scored),
        *(() if policy is None else by_policy(policy, file)),
        varies,
    )
    demanded = bool(question.floors) or policy is not None
    seen = () if question.training is None else _seen(bench, question.training, asked, columns)
    return ModelJudgement(
        outcome=outcome_of(findings, demanded=demanded),
        model=JudgedFile(question.name or question.model.name, model),
        rows=JudgedFile(question.rows.name, rows),
        count=asked.loaded.rows,
        task=task,
        why=kind.why,
        fed=tuple(Fed(each.input, each.dtype, each.columns) for each in asked.feedings),
        label=chosen.label,
        numbers=chosen.numbers,
        measured=_measured(question.floors, read, sample),
        findings=findings,
        said=(
            *asked.said,
            *_losses(asked, columns),
            *read.said,
            *_idle(asked, columns, not_fed),
            *_types(truths, read, asked, chosen),
            *seen,
        ),
        not_asked=_not_asked(policy),
        demanded=demanded,
        tools=dict(asked.runtime.versions()),
    )


def _not_asked(policy: Policy | None) -> dict[str, str]:
    judged = {} if policy is None else {gate.name for gate in gates_asked(policy)}
    off = () if policy is None else [gate.name for gate in asked_of(policy) if gate.mode == "off"]
    told = {name: "the policy leaves it off" if name in off else why for name, why in NOT_ASKED.items()}
    return {name: why for name, why in told.items() if name not in judged}


def _seen(bench: Bench, path: Path, asked: AskedModel, columns: Columns) -> tuple[str, ...]:
    """How many of the rows the model was trained on: what it says to these proves nothing."""
    training = bench.read_table(path)
    names = [name for feeding in asked.feedings for name in feeding.columns]
    if lost := [name for name in names if name not in training]:
        raise DataError(
            f"{path}: has no column {listed(lost)}, which the model takes", hint=f"it has {listed(training)}"
        )
    shared = shared_rows(columns, training, names, near=True) or 0
    told = f"{shared} of {asked.loaded.rows} rows are training rows as well"
    return (f"{told}: what is measured on them proves nothing of new ones" if shared else told,)


def _named(question: Question) -> tuple[str, ...]:
    """The columns that have a meaning of their own."""
    return (*question.truths, *([question.group] if question.group else ()))


def _demand_columns(columns: Columns, question: Question) -> None:
    if lost := [name for name in (*_named(question), *question.ignored) if name not in columns]:
        told = f"{question.rows}: has no column {listed(lost)}{meant(lost[0], columns)}"
        raise DataError(told, hint=f"it has {listed(columns)}")
    if not columns or not len(next(iter(columns.values()))):
        raise DataError(f"{question.rows}: has no row", hint="give it rows whose truth is known")


def _truth(truths: Mapping[str, Array], kind: TaskKind, where: Path) -> Array:
    """Labels in the written form ``(rows,)``, or what is true of each ``(rows, truths)``."""
    found = []
    for name, values in truths.items():
        try:
            found.append(in_form(kind, values))
        except ValueError as error:
            raise DataError(f"{where}: {name}: {error}", hint="every row says what is true of it") from error
    return found[0] if kind in {"binary", "multiclass"} else np.stack(found, axis=1)


def _sample(read: ReadAnswers, truth: Array, columns: Columns, group: str) -> AnySample:
    sample = read.answers.sample(truth)
    if not group:
        return sample
    return replace(sample, blocks=np.unique(columns[group].astype(np.str_), return_inverse=True)[1])


def _measured(floors: Sequence[Floor], read: ReadAnswers, sample: AnySample) -> dict[str, Estimate]:
    task = read.answers.task
    known = known_metrics(task, scored=read.scored)
    named = (*FIRST[task.kind], *(floor.metric for floor in floors if not floor.of))
    return {name: estimate(known[name], sample, LEVEL) for name in dict.fromkeys(named) if name in known}


def _idle(asked: AskedModel, columns: Columns, not_fed: Sequence[str]) -> tuple[str, ...]:
    """Columns that might be meant for an input, and reach none."""
    fed = {name for feeding in asked.feedings for name in feeding.columns}
    idle = [name for name in columns if name not in fed and name not in not_fed]
    return (f"no input takes the column{'s' if len(idle) > 1 else ''} {listed(idle)}",) if idle else ()


def _losses(asked: AskedModel, columns: Columns) -> tuple[str, ...]:
    """In one line: of many columns nobody reads a line each."""
    found = losses(columns, asked.loaded.signature.inputs)
    more = f"; so are values of {len(found) - 1} more columns" if len(found) > 1 else ""
    return (f"{found[0]}{more}",) if found else ()


def _types(truths: Mapping[str, Array], read: ReadAnswers, asked: AskedModel, chosen: Chosen) -> tuple[str, ...]:
    """Said where labels are of one type in the table and of another in the model, and mean the same all the same."""
    task = read.answers.task
    if not task.labelled:
        return ()
    name, values = next(iter(truths.items()))
    text = values.dtype.kind in "OU"
    whole = asked.facts.whole or (chosen.labels is not None and chosen.labels.dtype.kind in "iu")
    own = asked.facts.classes or tuple(str(place) for place in range(task.width))
    if text and whole and set(values.tolist()) <= set(own):
        return (f"the model's labels are whole numbers, {name} holds texts: taken for the same where they read alike",)
    return ()
