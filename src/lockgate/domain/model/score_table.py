"""The score table: what was answered to every held-out row, with the columns that it may be sliced by."""

from dataclasses import dataclass, replace

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.model.task import Binary, Task
from lockgate.domain.statistics.sample import AnySample, Floats, Places, Sample, ValueSample

RESERVED = ("row", "label", "predicted", "score")
SCORE = "score of "
"""Before the name of the class that a column of scores is of. Version 1 had one such column, called ``score``."""
TRUTH = "truth of "
"""Before the name of the label or target that a column says the truth about, where rows have no single label."""
NAIVE = "naive of "
"""Before the name of the target that a forecast without a model is of."""
BLOCK = "block of rows"
"""The column that says which rows depend on each other, by a number for each of them."""
OWN = "column of the rows: "
"""Before the name of a column of the rows' own that is called like one of these; it is read back without."""


@dataclass(frozen=True)
class TableReference:
    """A columnar table that lies beside a document: its file name there, its rows, and the digest of its bytes."""

    path: str
    rows: int
    digest: Digest


@dataclass(frozen=True)
class ScoreTable:
    """One row for each held-out row: the sample that metrics are taken over, and the row's own columns ``(rows,)``.

    ``classes`` are those that its rows are of, and those that were answered; empty where they are not known.
    """

    sample: AnySample
    columns: Columns
    classes: tuple[str, ...] = ()

    @property
    def binary(self) -> Sample:
        """The sample of a binary task. Raises ``TypeError`` for any other."""
        if not isinstance(self.sample, Sample):
            raise TypeError(f"the scores are of a {self.sample.task} task, not of a binary one")
        return self.sample

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.sample.rows

    def same_rows(self, other: "ScoreTable") -> bool:
        """Whether the other has as many rows, and the same is true of each."""
        return self.sample.same_truth(other.sample)

    @classmethod
    def of(cls, table: Columns, task: Task) -> "ScoreTable":
        """From the table as it lies on disk, of version 1 too. Raises ``KeyError`` with a column that is not there.

        Raises ``ValueError`` for columns that are no scores of that task.
        """
        blocks = np.asarray(table[BLOCK], dtype=np.intp) if BLOCK in table and RESERVED[-1] not in table else None
        sample = _binary(table, task) if isinstance(task, Binary) else _sample(table, task)
        of_version_1 = RESERVED[-1] in table  # in which a column of the rows' own may be called as one of ours is today
        taken = RESERVED.__contains__ if of_version_1 else _is_taken
        columns = {_own(name): values for name, values in table.items() if not taken(name)}
        sides = SIDES if task.labelled else ()
        found = {str(each) for side in sides for each in set(table[side].tolist())}
        return cls(replace(sample, blocks=blocks), columns, tuple(sorted(found)))


SIDES = ("label", "predicted")


def _binary(table: Columns, task: Binary) -> Sample:
    # A column of the rows' own is called `score` in no table.
    score = RESERVED[-1] if RESERVED[-1] in table else SCORE + task.positive
    return Sample(
        np.asarray(table["label"] == task.positive, dtype=np.bool_),
        np.asarray(table["predicted"] == task.positive, dtype=np.bool_),
        np.asarray(table[score], dtype=np.float64),
    )


def _sample(table: Columns, task: Task) -> AnySample:
    scores = np.stack([np.asarray(table[SCORE + name], dtype=np.float64) for name in task.columns], axis=1)
    said = np.asarray(table["predicted"]) if task.labelled else None
    truth = table["label"] if task.labelled else np.stack([table[TRUTH + name] for name in task.truths], axis=1)
    sample = Answers(task, scores, said).sample(np.asarray(truth))
    if isinstance(sample, ValueSample) and all(NAIVE + name in table for name in task.truths):
        naive = np.stack([np.asarray(table[NAIVE + name], dtype=np.float64) for name in task.truths], axis=1)
        return replace(sample, naive=naive)
    return sample


def table_of(
    answers: Answers, truth: Array, columns: Columns, blocks: Places | None = None, naive: Floats | None = None
) -> Columns:
    """The table of any task as it lies on disk: ``truth`` is what ``Answers.sample`` takes.

    ``blocks`` ``(rows,)`` are numbers of rows that depend on each other, ``naive`` ``(rows, targets)`` a forecast. Of a
    binary task the table has the scores of the positive class, of any other those of every class, label or value.
    """
    task = answers.task
    told = dict(_answered(task, answers, truth, columns))
    if naive is not None:
        told |= {NAIVE + name: naive[:, at] for at, name in enumerate(task.truths)}
    return told if blocks is None else {**told, BLOCK: blocks.astype(np.int64)}


def _answered(task: Task, answers: Answers, truth: Array, columns: Columns) -> Columns:
    if isinstance(task, Binary):
        return score_table(truth, np.asarray(answers.labels), {task.positive: answers.positive()}, columns)
    scores = {name: answers.of_class(name) for name in task.columns}
    if task.labelled:
        return score_table(truth, np.asarray(answers.labels), scores, columns)
    rows = np.asarray(truth).reshape(answers.rows, -1)
    return _table({TRUTH + name: rows[:, at] for at, name in enumerate(task.truths)}, scores, columns)


def score_table(labels: Array, predicted: Array, scores: Columns, columns: Columns) -> Columns:
    """The table of a task of classes, all ``(rows,)``: Lockgate's columns, and the rows' own under other names.

    ``scores`` are float64 by the class that they are of: a binary task's positive one, every class of another.
    """
    return _table({"label": labels, "predicted": predicted}, scores, columns)


def _table(told: Columns, scores: Columns, columns: Columns) -> Columns:
    rows = len(next(iter(told.values())))
    return {
        "row": np.arange(rows, dtype=np.int64),
        **told,
        **{SCORE + name: values for name, values in scores.items()},
        **{_stored(name): values for name, values in columns.items()},
    }


def only_scores(table: Columns) -> Columns:
    """The table as it lies on disk without any column of the rows' own: row, truth, answer and scores alone."""
    return {name: values for name, values in table.items() if _is_taken(name)}


def _stored(name: str) -> str:
    return OWN + name if _is_taken(_bare(name)) else name


def _own(stored: str) -> str:
    return stored.removeprefix(OWN) if _is_taken(_bare(stored)) else stored


def _is_taken(name: str) -> bool:
    return name in (*RESERVED, BLOCK) or name.startswith((SCORE, TRUTH, NAIVE))


def _bare(name: str) -> str:
    while name.startswith(OWN):
        name = name.removeprefix(OWN)
    return name
