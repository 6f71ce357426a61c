"""The proof of a server: it answers rows of every kind as the judged model does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import read_rows
from lockgate.domain.model.signature import Outputs, Signature
from lockgate.domain.serving.proof_rows import Row, proof_rows
from lockgate.domain.serving.served_bundle import VALUES, ServedForm
from lockgate.errors import ModelError, Refused, ToolError
from lockgate.ports import Answering, Runtime, Session
from lockgate.usecases.project.project import Project

TOLERANCE = 1e-6
"""How far a served number may be from the judged model's: sums differ in their last bits with the processor.

Of a regression's values, it is a part of their size.
"""


@dataclass(frozen=True)
class Answer:
    """A label where there is one, and a number for each class or value; NaN where the model's answer is none."""

    label: str
    numbers: Mapping[str, float]
    are_values: bool = False

    def equals(self, other: "Answer") -> bool:
        """Whether the label is the same and no number differs by more than ``TOLERANCE``."""
        ours, theirs = ([*answer.numbers.values()] for answer in (self, other))
        same = self.label == other.label and [*self.numbers] == [*other.numbers]
        relative = TOLERANCE if self.are_values else 0
        return same and np.allclose(ours, theirs, rtol=relative, atol=TOLERANCE, equal_nan=True)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value:.6g}" for name, value in self.numbers.items())
        return f"{self.label} ({told})" if self.label else told


@dataclass(frozen=True)
class Prediction:
    """The typical row, and what the server answered for it: a label and probabilities, or the values of a regression.

    ``kinds`` names all rows that it was asked.
    """

    row: Mapping[str, object]
    label: str
    probabilities: Mapping[str, float]
    release: str
    kinds: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


def prove(project: Project, folder: Path, running: Answering, runtime: Runtime) -> Prediction:
    """Ask the server for rows of every kind, see ``proof_rows``. Raises ``Refused`` unless it answers as judged.

    A row to which the judged model itself gives no answer is not asked.
    """
    signature = project.documents.read(folder / SIGNATURE, Signature)
    rows = proof_rows(signature, project.documents.read(folder / PROFILE, Profile))
    judged = _judged(runtime.open(folder / MODEL, signature), signature, rows)
    served, release = _served(signature, running.predict([rows[kind] for kind in judged]), len(judged))
    for (kind, expected), answer in zip(judged.items(), served, strict=True):
        if not answer.equals(expected):
            raise Refused(
                f"to the {kind} row {dict(rows[kind])} the server answers {answer}, the judged model {expected}",
                hint="it does not serve what was judged: see service.py of the service, and the versions that it pins",
            )
    typical = served[0]
    chances, values = ({}, typical.numbers) if typical.are_values else (typical.numbers, {})
    return Prediction(rows["typical"], typical.label, chances, release, tuple(judged), values)


def _judged(session: Session, signature: Signature, rows: Mapping[str, Row]) -> dict[str, Answer]:
    """What the judged model answers, by the kind of row. Raises ``ModelError`` where it does not answer any."""
    answers: dict[str, Answer] = {}
    for kind, row in rows.items():
        try:
            outputs = session.run(read_rows([row], signature.dtypes))
        except ModelError:
            if kind == "typical":
                raise
            continue
        (answers[kind],) = _answers(signature, outputs)
    return answers


def _answers(signature: Signature, outputs: Outputs) -> list[Answer]:
    """The answers to each row."""
    task = signature.task
    numbers = outputs[signature.probabilities].astype(np.float64)
    labels = outputs[signature.label].tolist() if task.labelled else [""] * len(numbers)
    return [
        Answer(str(label), dict(zip(task.columns, row, strict=True)), are_values=task.output == VALUES)
        for label, row in zip(labels, numbers.reshape(len(labels), -1).tolist(), strict=True)
    ]


def _served(signature: Signature, answer: Mapping[str, object], rows: int) -> tuple[Sequence[Answer], str]:
    try:
        found = _answers(signature, served_form(signature).read(answer["predictions"]))
        release = str(answer["release"])
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError(f"the server's answer is not a prediction: {answer}", hint="see serving/service.py") from error
    if len(found) != rows:
        raise ToolError(
            f"the server's answer to {rows} rows is not a prediction of each: {answer}", hint="see serving/service.py"
        )
    return found, release


def served_form(signature: Signature) -> ServedForm:
    """What clients of a model with this signature send and get."""
    task = signature.task
    label = signature.label if task.labelled else ""
    return ServedForm(signature.dtypes, label, signature.probabilities, task.columns, task.output)
