"""A candidate: a trained model, its ONNX export, and the data that it is judged on."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.labels import written_classes
from lockgate.domain.model.task import Task, TaskKind, task_of
from lockgate.domain.model.versions import Upgrades, extended
from lockgate.errors import ModelError

MODEL = "model.onnx"
SIGNATURE = "signature.json"
PROFILE = "profile.json"


@dataclass(frozen=True)
class Trained:
    """What a project's train stage hands over, in ``trained.json`` beside the model file.

    ``framework`` chooses the adapter that loads ``model`` (a file name in the same folder); ``inputs`` are the raw
    feature columns in order; ``classes`` are the labels in the order of the probabilities, of any plain type: they are
    kept in their written form. A network takes no raw columns: ``preprocessing`` names the file of the fitted
    preprocessing in front of it. A plain ONNX model (``onnx``) cannot be asked: ``reference`` names the file of the
    answers that its makers saw. ``task`` is what kind of answer it gives, by default that of ``tables.task``; a model
    of labels or numbers is of the columns that ``tables`` names, which stand under ``classes`` once it was handed over.
    """

    framework: str
    model: str
    inputs: tuple[Input, ...]
    classes: tuple[str, ...] = ()
    preprocessing: str | None = None
    reference: str | None = None
    task: TaskKind | None = None
    quantiles: tuple[float, ...] = ()
    schema: Literal["lockgate/trained/3"] = "lockgate/trained/3"

    UPGRADES: ClassVar[Upgrades] = {
        "lockgate/trained/1": extended("lockgate/trained/2"),
        "lockgate/trained/2": extended("lockgate/trained/3"),
    }

    @property
    def answered(self) -> Task:
        """The task with what the hand-over says of it: the positive class of a binary one is not known here."""
        return task_of(self.task or "binary", self.classes, quantiles=self.quantiles)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "classes", written_classes(self.classes))
        except (TypeError, ValueError) as error:
            hint = 'hand over the labels in the order of the probabilities, such as ("no", "yes") or (0, 1)'
            raise ModelError(f"Trained.classes: {error}", hint=hint) from error


@dataclass(frozen=True)
class Subject:
    """What a measurement is about: exactly this ONNX file, judged on exactly these rows."""

    candidate: str
    model: Digest
    data: Digest

    def differs_from(self, other: "Subject") -> tuple[str, ...]:
        """The names of the digests that are not the same; the candidate's name is a pointer and does not count."""
        return tuple(name for name in ("model", "data") if getattr(self, name) != getattr(other, name))


@dataclass(frozen=True)
class Candidate:
    """A candidate by content: the subject of its evidence, and the files that its content digest is taken over."""

    subject: Subject
    signature: Digest
    profile: Digest

    @property
    def content(self) -> Digest:
        """The content digest: equal wherever the same ONNX bytes, signature and profile are sealed."""
        return digest_of_files({MODEL: self.subject.model, SIGNATURE: self.signature, PROFILE: self.profile})
