"""What the held-out rows can decide: the least margin with which an equally good model could pass on them."""

from dataclasses import dataclass

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import LAST_BIT, least_margin
from lockgate.errors import LockgateError
from lockgate.ports import Tables
from lockgate.usecases.measuring.champion import champion_scores
from lockgate.usecases.measuring.score_tables import read_scores
from lockgate.usecases.project.project import Project


@dataclass(frozen=True)
class Decidable:
    """On ``rows`` held-out rows, beside the champion or a twin of the candidate, an equal one needs ``margin``."""

    candidate: str
    rows: int
    margin: float
    beside: str

    @property
    def words(self) -> str:
        """As `policy explain` tells it."""
        if self.margin <= LAST_BIT:
            return ""  # of a number that each model gives otherwise in its last digit
        return (
            f"on the {self.rows} rows that judge {self.candidate}, beside {self.beside}, an equally good model passes "
            f"from gates.accuracy.margin: {self.margin:g} on"
        )


def decidable(project: Project, environment: str, tables: Tables) -> Decidable | None:
    """Of the first candidate that was measured; ``None`` before there is one, or without the metric."""
    metric = project.metric
    if metric is None:
        return None
    policy, theirs = project.settings.gates.accuracy, champion_scores(project, environment, tables)
    for name in project.settings.candidates:
        paths = project.layout.candidate(name)
        try:
            evidence = project.documents.read(paths.accuracy, AccuracyEvidence)
        except LockgateError:  # absent or unreadable: the gate says so
            continue
        if evidence.task.kind != project.settings.tables.task:  # of before the task was changed
            continue
        ours = read_scores(tables, project.files, paths.scores, evidence)
        if ours is None or not ours.sample.whole:
            continue
        other = theirs if theirs is not None and theirs.sample.whole and theirs.same_rows(ours) else None
        same = other is not None and other.sample.same_answers(ours.sample)
        beside = "a twin of it" if other is None or same else "the champion"
        margin = least_margin(policy, metric, ours, None if same else other)
        return Decidable(name, ours.rows, margin, beside)
    return None
