"""The proof of a server: it answers rows of every kind as the judged model does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import read_rows
from lockgate.domain.model.signature import Outputs, Signature
from lockgate.domain.serving.proof_rows import Row, proof_rows
from lockgate.domain.serving.served_bundle import ServedForm
from lockgate.errors import ModelError, Refused, ToolError
from lockgate.ports import Answering, Runtime, Session
from lockgate.usecases.project.project import Project

TOLERANCE = 1e-6
"""How far a served probability may be from the judged model's: sums differ in their last bits with the processor."""


@dataclass(frozen=True)
class Answer:
    """A label, and the probability of each class; NaN where the model's answer is no number."""

    label: str
    probabilities: Mapping[str, float]

    def equals(self, other: "Answer") -> bool:
        """Whether the label is the same and no probability differs by more than ``TOLERANCE``."""
        ours, theirs = ([*answer.probabilities.values()] for answer in (self, other))
        same = self.label == other.label and [*self.probabilities] == [*other.probabilities]
        return same and np.allclose(ours, theirs, rtol=0, atol=TOLERANCE, equal_nan=True)

    def __str__(self) -> str:
        return f"{self.label} ({', '.join(f'{name} {value:.6g}' for name, value in self.probabilities.items())})"


@dataclass(frozen=True)
class Prediction:
    """The typical row, and what the server answered for it; ``kinds`` names all rows that it was asked."""

    row: Mapping[str, object]
    label: str
    probabilities: Mapping[str, float]
    release: str
    kinds: tuple[str, ...] = ()


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
    return Prediction(rows["typical"], served[0].label, served[0].probabilities, release, tuple(judged))


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
    labels, probabilities = outputs[signature.label], outputs[signature.probabilities].astype(np.float64).tolist()
    return [
        Answer(str(label), dict(zip(signature.classes, row, strict=True)))
        for label, row in zip(labels.tolist(), probabilities, strict=True)
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
    return ServedForm(signature.dtypes, signature.label, signature.probabilities, signature.classes)
