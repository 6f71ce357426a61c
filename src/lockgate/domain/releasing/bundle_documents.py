"""What a release says of how it was judged and what its answers are called, so that nobody needs its project."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import Task, TaskKind, positive_of


@dataclass(frozen=True)
class ResolvedPolicy:
    """The policy of a verdict with every value that was left out, and what else of the settings decides.

    ``production`` is the environment where a warning needs a waiver; ``min_rows_per_value`` is how many rows share a
    value that a profile keeps.
    """

    task: Task
    gates: Policy
    production: str
    min_rows_per_value: int
    schema: Literal["lockgate/resolved-policy/1"] = "lockgate/resolved-policy/1"


@dataclass(frozen=True)
class Labels:
    """What a model answers: ``names`` in the order of the output ``probabilities``.

    ``label`` is the output that says one of them in a word, ``positive`` the positive class of a binary task; both are
    empty where the task has none.
    """

    task: TaskKind
    names: tuple[str, ...]
    probabilities: str
    label: str = ""
    positive: str = ""
    schema: Literal["lockgate/labels/1"] = "lockgate/labels/1"

    @classmethod
    def of(cls, signature: Signature, positive: str = "") -> "Labels":
        """Of a model with that signature; ``positive`` is for one of before, whose signature does not say it."""
        task = signature.task
        return cls(
            task.kind,
            task.columns,
            signature.probabilities,
            signature.label if task.labelled else "",
            positive_of(task) or positive,
        )


@dataclass(frozen=True)
class UsedWaivers:
    """The waivers that let a gate of a release's verdict pass, and the day by which dated ones were judged.

    ``meant`` are the content digests of the candidates that they name, by what stands in the waiver.
    """

    waivers: tuple[Waiver, ...]
    judged_on: date | None
    meant: dict[str, Digest]
    schema: Literal["lockgate/used-waivers/1"] = "lockgate/used-waivers/1"

    @classmethod
    def of(cls, verdict: Verdict) -> "UsedWaivers":
        """Those of that verdict."""
        return cls(verdict.waivers, verdict.judged_on, verdict.meant)
