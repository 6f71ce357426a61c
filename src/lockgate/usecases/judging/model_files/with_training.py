"""What can be measured of a file where the rows are at hand that it was trained on: the tables, and changed rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.data.table_checks import shared_rows
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.measuring.methods import method_of
from lockgate.domain.measuring.probes import PROBES
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.labels import Label
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.slices import Slice
from lockgate.domain.model.splits import TEST, TRAINING
from lockgate.domain.model.task import positive_of, quantiles_of
from lockgate.domain.names import listed, meant
from lockgate.domain.project.settings import TablesSettings
from lockgate.errors import DataError, ModelError
from lockgate.usecases.judging.model_files.asking import FEWEST, AskedModel, Bench
from lockgate.usecases.judging.model_files.by_policy import FileAnswers
from lockgate.usecases.judging.model_files.question import Question
from lockgate.usecases.measuring.kinds.data import measured_tables
from lockgate.usecases.measuring.kinds.robustness import ROWS, measure_robustness
from lockgate.usecases.measuring.kinds.truth_facts import written_truth

SECONDS = 20.0
"""How long changed rows may be asked; of a slower model fewer rows are."""


@dataclass(frozen=True)
class Training:
    """The rows that a model was trained on, and what its columns and those of the judged rows mean.

    ``grouped`` are the columns that the policy makes slices and groups of.
    """

    path: Path
    columns: Columns
    settings: TablesSettings
    grouped: tuple[str, ...]


def training_rows(bench: Bench, question: Question, file: FileAnswers, policy: Policy | None) -> Training | None:
    """The rows, where they are named. Raises ``DataError`` for a table that cannot be that of the model's training."""
    path = question.training
    if path is None:
        return None
    columns, task = bench.read_table(path), file.read.answers.task
    grouped = _grouped(policy, file)
    named = (each for each in (question.time, question.group) if each)
    wanted = (*file.signature.names, *question.truths, *named, *grouped)
    if lost := [name for name in dict.fromkeys(wanted) if name not in columns]:
        told = f"{path}: has no column {listed(lost)}{meant(lost[0], columns)}"
        raise DataError(told, hint="--training is a table as --rows is, of the rows that the model was trained on")
    if not len(columns[question.truths[0]]):
        raise DataError(f"{path}: has no row", hint="name the rows that the model was trained on")
    one = len(question.truths) == 1
    settings = TablesSettings(
        training=str(path),
        validation="",
        test=str(question.rows),
        label=question.truths[0] if one else "",
        labels=() if one else question.truths,
        positive=Label(positive_of(task)),
        task=task.kind,
        quantiles=quantiles_of(task),
        judged_only=grouped,
        time=question.time or None,
        group=question.group or None,
    )
    typed = _in_types(columns, file, f"{path}: ")
    written = written_truth({**columns, **typed}, settings)
    _demand_classes(written, file, settings)
    return Training(path, written, settings, grouped)


def _grouped(policy: Policy | None, file: FileAnswers) -> tuple[str, ...]:
    """Columns for judging only: those of slices and groups that no input takes."""
    if policy is None:
        return ()
    slices = () if policy.accuracy.slices is None else policy.accuracy.slices.by
    attributes = () if policy.fairness is None else policy.fairness.attributes
    named = (name for text in (*slices, *attributes) for name in Slice.parse(text).names)
    return tuple(dict.fromkeys(name for name in named if name not in file.signature.names))


def _in_types(columns: Columns, file: FileAnswers, where: str) -> Columns:
    """What the model takes of a table, in the types of its inputs."""
    try:
        return dict(Inputs.of(columns, file.signature.inputs))
    except ModelError as error:
        raise DataError(f"{where}{error.message}", hint="the columns are those of --rows, in their types") from error


def _demand_classes(training: Columns, file: FileAnswers, settings: TablesSettings) -> None:
    task = file.read.answers.task
    if not task.labelled:
        return
    there = {*training[settings.label].tolist()}
    if missing := [name for name in {*file.truth.tolist()} if name not in there]:
        told = f"no row is of {listed(sorted(missing))}, and rows that are judged are"
    elif unknown := sorted(str(name) for name in there if name not in task.columns):
        told = f"rows are of {listed(unknown)}, which the model does not answer"
    else:
        return
    raise DataError(f"{settings.training}: {told}", hint="name the rows that the model was trained on")


def shared_with(training: Training, file: FileAnswers) -> Iterator[str]:
    """How many of the rows the model was trained on: what it says to these proves nothing."""
    shared = shared_rows(file.columns, training.columns, file.signature.names, near=True) or 0
    told = f"{shared} of {file.read.answers.rows} rows are training rows as well"
    yield f"{told}: what is measured on them proves nothing of new ones" if shared else told


def measured_with(
    training: Training, file: FileAnswers, asked: AskedModel, gates: Sequence[AskedGate]
) -> Iterator[object]:
    """The documents that these gates are judged on, beside those of the answers."""
    names = {gate.name for gate in gates}
    if "data" in names:
        test = written_truth({**file.columns, **asked.loaded.inputs}, training.settings)
        tables = {TRAINING: training.columns, TEST: test}
        digests = {TEST: file.rows}
        evidence = measured_tables(tables, file.signature.inputs, training.settings, digests, {})
        yield replace(evidence, method=method_of("data", {}))
    if "robustness" in names:
        profile = profile_of(training.columns, file.signature)
        most = _rows_within(asked, len(file.signature.inputs))
        truth = training.settings.truth(written_truth(file.columns, training.settings))
        found = measure_robustness(asked.loaded, profile, file.subject, {}, PROBES, truth, most, file.sample.blocks)
        yield replace(found, method=method_of("robustness", {}))


def _rows_within(asked: AskedModel, inputs: int) -> int:
    """How many rows a slow model answers in time, each changed in every way."""
    each = asked.seconds / max(1, asked.loaded.rows) * max(1, inputs) * len(PROBES)
    return ROWS if each * ROWS <= SECONDS else max(FEWEST, int(SECONDS / each))
