"""``lockgate judge``: an ONNX file and a table of rows, in any folder: understood, measured, judged."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lockgate.domain.judging.deciding.floors import LEVEL, Floor, judged_floors, known_metrics, metric_of_floor
from lockgate.domain.judging.deciding.judgement import Fed, JudgedFile, ModelJudgement, outcome_of
from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.deciding.registry import asked as asked_of
from lockgate.domain.judging.deciding.task_fit import is_skill
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.model.graphs.chosen_outputs import as_numbers, chosen_outputs
from lockgate.domain.model.graphs.inferred_task import inferred_task
from lockgate.domain.model.graphs.read_answers import ReadAnswers, read_answers
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.first_looked_at import FIRST
from lockgate.domain.statistics.sample import AnySample
from lockgate.errors import InputError
from lockgate.usecases.judging.model_files.asking import AskedModel, Bench, as_judged, ask, judge_variation
from lockgate.usecases.judging.model_files.by_policy import (
    OF_TRAINING,
    FileAnswers,
    by_gates,
    case_of,
    gates_asked,
    of_a_file,
)
from lockgate.usecases.judging.model_files.file_policy import allowed_variation
from lockgate.usecases.judging.model_files.noticed import idle, lost_digits, other_signature, other_types
from lockgate.usecases.judging.model_files.question import Question, demand_columns, sample_of, truth_in_form
from lockgate.usecases.judging.model_files.with_training import Training, measured_with, shared_with, training_rows

NOT_ASKED: Final[Mapping[str, str]] = {
    **{gate.name: gate.without_project for gate in GATES if gate.without_project},
    "accuracy against a champion": "there is no champion",
    "parity with the trained model": "there is no trained model, only its export",
}
"""What a project would have, and a file has not."""


def judge_model(bench: Bench, question: Question) -> ModelJudgement:
    """The judgement. Raises ``InputError`` for a model, a table or words that cannot be judged."""
    columns = bench.read_table(question.rows)
    demand_columns(columns, question)
    not_fed = (*question.named, *question.ignored)
    asked = ask(bench, question.model, columns, not_fed, question.inputs)
    truths = {name: columns[name] for name in question.truths}
    chosen = chosen_outputs(asked.facts, asked.outputs, asked.loaded.rows, question.stated.output)
    chosen = as_numbers(chosen) if question.stated.task == "regression" else chosen
    kind = inferred_task(chosen, truths, question.stated)
    truth = truth_in_form(truths, kind.kind, question.rows)
    read = read_answers(asked.facts, chosen, kind, truth, question.stated, question.truths)
    task, sample, policy = read.answers.task, sample_of(read, truth, columns, question), question.policy
    _demand_fit(question, read)
    types = other_types(truths, read, asked, chosen)
    asked = as_judged(asked, read.form)
    model, rows = (bench.files.sha256(path) for path in (question.model, question.rows))
    file = FileAnswers(read, truth, sample, columns, asked.loaded.signature, model, rows)
    training = training_rows(bench, question, file, policy)
    found = (
        *judged_floors(question.floors, task, sample, scored=read.scored),
        *_by_gates(question, file, asked, training),
        judge_variation(asked, chosen, model, rows, allowed_variation(policy, read.answers)),
    )
    findings = tuple(map(of_a_file, found))
    demanded = bool(question.floors) or policy is not None
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
            *other_signature(question.declared, asked),
            *lost_digits(asked, columns),
            *read.said,
            *idle(asked, columns, not_fed),
            *types,
            *(() if training is None else shared_with(training, file)),
        ),
        not_asked=_not_asked(question),
        demanded=demanded,
        tools=dict(asked.runtime.versions()),
    )


def _measured(floors: Sequence[Floor], read: ReadAnswers, sample: AnySample) -> dict[str, Estimate]:
    task = read.answers.task
    known = known_metrics(task, scored=read.scored)
    named = (*FIRST[task.kind], *(floor.metric for floor in floors if not floor.of))
    return {name: estimate(known[name], sample, LEVEL) for name in dict.fromkeys(named) if name in known}


def _demand_fit(question: Question, read: ReadAnswers) -> None:
    """Raise for an option, a floor or a policy of another task, or of numbers that are not there."""
    if problem := question.stated.problem_of(read.answers.task.kind):
        raise InputError(problem, hint="leave it out; where the model is of another task, say --task")
    for floor in question.floors:
        metric_of_floor(floor, read.answers.task, scored=read.scored)
        if is_skill(floor.metric) and not question.naive:
            told = f"--floor {floor.text}: {floor.metric} is relative to a naive forecast, and no column is named"
            raise InputError(told, hint="name the column that has it: --naive COLUMN")
    if question.given is not None:
        question.given.demand_fit(read, forecast=bool(question.naive))


def _by_gates(question: Question, file: FileAnswers, asked: AskedModel, training: Training | None) -> Iterator[Finding]:
    """Findings of the gates that a policy asks for, and of those that need training rows."""
    gates = gates_asked(question.policy, training=training is not None)
    of_training = [gate for gate in gates if gate.gate in OF_TRAINING]
    if others := [gate for gate in gates if gate.gate not in OF_TRAINING]:
        yield from by_gates(others, case_of(file, question.policy))
    if training is not None and of_training:
        documents = [*measured_with(training, file, asked, of_training)]
        kept = {*file.signature.names, *training.grouped}
        yield from by_gates(of_training, case_of(file, question.policy, documents, kept))


def _not_asked(question: Question) -> dict[str, str]:
    policy = question.policy
    judged = {gate.name for gate in gates_asked(policy, training=question.training is not None)}
    off = () if policy is None else [gate.name for gate in asked_of(policy) if gate.mode == "off"]
    told = {name: "the policy leaves it off" if name in off else why for name, why in NOT_ASKED.items()}
    told |= dict.fromkeys(() if policy is None else policy.plugins, "a package brings it, which a project names")
    return {name: why for name, why in told.items() if name not in judged}
