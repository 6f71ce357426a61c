"""All the evidence that a verdict is drawn from: documents by their class, and the tables that lie beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.making.stage_records import Lineage
from lockgate.domain.model.score_table import ScoreTable

D = TypeVar("D")


@dataclass(frozen=True)
class Evidence:
    """What was not collected is not there and leaves its gate undecided.

    ``documents`` are the evidence documents, each by its class. ``scores`` are the candidate's own answers to every
    held-out row; ``tables`` those of others, each by the class of the document that it lies beside. A document that is
    there and cannot be read is absent as well; ``unreadable`` has, by its name, which file that is and what is wrong
    with it. ``beside`` are facts that no document states and that none may contradict. ``lineage`` tells what the
    candidate and its evidence were made from. ``edits`` has, by its name, what `dvc.yaml` needs before a run can
    collect a document again. ``contradiction`` says how what was kept differs from what the model answered when it was
    asked again, and is empty where it was not asked: ``scores`` are then today's answers.
    """

    documents: Mapping[type, object] = field(default_factory=dict)
    scores: ScoreTable | None = None
    tables: Mapping[type, ScoreTable] = field(default_factory=dict)
    lineage: Lineage | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    beside: ProjectFacts = field(default_factory=ProjectFacts)
    edits: Mapping[str, str] = field(default_factory=dict)
    contradiction: str = ""

    def of(self, kind: type[D]) -> D | None:
        """The document of that class; ``None`` where it was not collected."""
        found = self.documents.get(kind)
        return found if isinstance(found, kind) else None

    def holding(self, *documents: object) -> "Evidence":
        """The same with these documents, each in place of the one of its class; ``None`` is none of them."""
        given = {type(document): document for document in documents if document is not None}
        return replace(self, documents={**self.documents, **given})

    def without(self, *kinds: type) -> "Evidence":
        """The same without the documents of these classes."""
        return replace(self, documents={kind: found for kind, found in self.documents.items() if kind not in kinds})
