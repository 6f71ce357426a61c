"""What a gate of somebody else's is given to measure evidence of its own by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.signature import Columns, Signature


@dataclass(frozen=True)
class Measurable:
    """One candidate's ONNX model, loaded, and the held-out rows.

    ``columns`` are all of the test table's, each ``(rows,)``, in the order of the rows; ``answers`` are the model's to
    them. ``ask`` has it answer other rows, which may have any columns beyond those that it takes; it raises
    ``ModelError`` where the model does not take them. ``tools`` are versions, by name. A document of the gate's own
    carries ``subject``: what is of another one is not judged.
    """

    subject: Subject
    signature: Signature
    columns: Columns
    answers: Answers
    ask: Callable[[Columns], Answers]
    tools: Mapping[str, str]
