"""What a trained model itself answers: labels in their written form, outputs by the signature's names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lockgate.domain.making.probabilities import problem_of_numbers
from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.labels import listed_classes, written_labels
from lockgate.domain.model.signature import ANSWERS, Columns, Outputs, Signature, answer_names
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed
from lockgate.errors import FOREIGN, LockgateError, ModelError
from lockgate.ports import Calibratable, SourceModel

PREDICT = {
    "binary": "predict() gives `label` (rows,) and `probabilities` (rows, classes); see docs/your-model.md",
    "multiclass": "predict() gives `label` (rows,) and `probabilities` (rows, classes); see docs/your-model.md",
    "multilabel": "predict() gives `probabilities` (rows, labels); see docs/your-model.md",
    "regression": "predict() gives `values` (rows, targets), or (rows, quantiles); see docs/your-model.md",
}


def signature_of(trained: Trained, source: SourceModel, task: Task) -> Signature:
    """What a client will see: the classes in their written form, and no output with the name of an input."""
    label, probabilities = answer_names(trained.inputs, task)
    named = {ANSWERS[0]: label, task.output: probabilities}
    outputs = (replace(output, name=named.get(output.name, output.name)) for output in source.outputs())
    texts = tuple(replace(output, dtype="string") if output.name == label else output for output in outputs)
    classes = task.columns if task.labelled else ()
    return Signature(trained.inputs, texts, classes, label, probabilities, task)


def answers(source: SourceModel, columns: Columns, signature: Signature, *, first: int = 0) -> Outputs:
    """Its answers to ``(rows,)`` columns, of which ``first`` is the number of the first row.

    Raises ``ModelError``: for answers of another form, and with the row where one alone is not answered.
    """
    try:
        return plain_answers(source, columns, signature)
    except LockgateError:
        raise
    except FOREIGN as error:
        raise _unanswered(source, columns, first, error) from error


def plain_answers(source: SourceModel, columns: Columns, signature: Signature) -> Outputs:
    """The same; raises what the framework raises, and looks for no row."""
    found, named = source.predict(columns), _named(signature)
    return {named.get(name, name): values for name, values in _sound(found, _rows(columns), signature).items()}


def truth_about(source: SourceModel, columns: Columns, outputs: Outputs, signature: Signature) -> Reference | None:
    """The truth about the answers, where the model knows it. Raises what the framework raises."""
    if not isinstance(source, Calibratable):
        return None
    named = _named(signature)
    own = {name: outputs[other] for name, other in named.items()}
    if (found := source.reference(columns, own)) is None:
        return None
    exact, rounded = (
        {named.get(name, name): values for name, values in side.items()} for side in (found.exact, found.rounded)
    )
    return replace(found, exact=exact, rounded=rounded)


def truth_or_none(source: SourceModel, columns: Columns, outputs: Outputs, signature: Signature) -> Reference | None:
    """The same; none where it cannot be worked out, such as numbers that overflow in float32."""
    try:
        with np.errstate(all="ignore"):
            return truth_about(source, columns, outputs, signature)
    except FOREIGN:
        return None


def _named(signature: Signature) -> dict[str, str]:
    """What a trained model calls its answers, by what the signature calls them."""
    task = signature.task
    return ({ANSWERS[0]: signature.label} if task.labelled else {}) | {task.output: signature.probabilities}


def answerable(ask: Callable[[Sequence[int]], object], among: Sequence[int]) -> Iterator[int]:
    """The rows that are answered at all, found by halves; quickest where those that are not follow each other."""
    if _is_answered(ask, among):
        yield from among
    elif len(among) > 1:
        middle = len(among) // 2
        yield from answerable(ask, among[:middle])
        yield from answerable(ask, among[middle:])


def _is_answered(ask: Callable[[Sequence[int]], object], among: Sequence[int]) -> bool:
    try:
        ask(among)
    except FOREIGN:  # whatever a framework raises at a row that it does not take
        return False
    return True


def _unanswered(source: SourceModel, columns: Columns, first: int, error: BaseException) -> ModelError:
    """Which row it was, found by halves."""

    def ask(among: Sequence[int]) -> object:
        return source.predict(_only(columns, among))

    rows = range(_rows(columns))
    while len(rows) > 1:
        front, back = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        rows = back if _is_answered(ask, front) else front
    said = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    where = f"row {first + rows[0]}" if rows and not _is_answered(ask, rows) else "these rows"
    return ModelError(
        f"the trained model gives no answer to {where}: {said}", hint="it must answer every row of the tables"
    )


def _only(columns: Columns, rows: Sequence[int]) -> Columns:
    chosen = np.array(rows, dtype=np.intp)
    return {name: values[chosen] for name, values in columns.items()}


def _rows(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))


def _sound(found: object, rows: int, signature: Signature) -> Outputs:
    task = signature.task
    hint, wanted = PREDICT[task.kind], _named(signature)
    if not isinstance(found, Mapping) or not wanted.keys() <= set(found):
        told = f"the outputs {listed(found)}" if isinstance(found, Mapping) else f"a {type(found).__name__}"
        raise ModelError(f"the trained model answers {told}", hint=hint)
    outputs = {str(name): np.asarray(values) for name, values in found.items()}
    own = {known: name for name, known in wanted.items()}
    if absent := [name for each in signature.outputs if (name := own.get(each.name, each.name)) not in outputs]:
        told = f"outputs() declares {listed(absent)}, and predict() gives {listed(outputs)}"
        raise ModelError(f"the trained model: {told}", hint="declare what it gives, and nothing else")
    shapes = {name: outputs[name].shape for name in wanted}
    if shapes != {name: (rows, task.width) if name == task.output else (rows,) for name in wanted}:
        told = " and ".join(f"{name if name == task.output else 'labels'} {shape}" for name, shape in shapes.items())
        what = "the classes" if task.labelled else "the columns"
        raise ModelError(
            f"the trained model answers {rows} rows of {what} {listed_classes(task.columns)} with {told}", hint=hint
        )
    if task.labelled:
        try:
            outputs[ANSWERS[0]] = written_labels(outputs[ANSWERS[0]])
        except ValueError as error:
            raise ModelError(f"the trained model's labels: {error}", hint=hint) from error
    if problem := problem_of_numbers(task, outputs[task.output].astype(np.float64)):
        raise ModelError(f"the trained model answers no probabilities: {problem}", hint=hint)
    return outputs
