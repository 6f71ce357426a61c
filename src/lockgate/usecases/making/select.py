"""``lockgate select``: the candidates compete on validation rows; the winner alone goes to the gates."""

from collections.abc import Callable

from lockgate.domain.making.group_counts import Disparity, disparities
from lockgate.domain.making.selection import Limits, Selection, Standing, Validation, select
from lockgate.domain.model.task import contradiction
from lockgate.domain.names import listed
from lockgate.errors import InputError, Undecided
from lockgate.ports import Plots
from lockgate.usecases.making.events import Competed
from lockgate.usecases.project.project import Project, find_candidate


def standings(project: Project) -> Selection:
    """Read every candidate's validation metrics; one that was not made competes with no value, and says why."""
    found = [_standing(project, name) for name in project.settings.candidates]
    return select(project.settings.selection_metric, found, project.settings.selection_min_rows)


def compete(project: Project, plots: Callable[[], Plots]) -> Competed:
    """How the candidates compete, with its picture where the policy names fairness attributes."""
    return drawn(project, standings(project), plots)


def drawn(project: Project, selection: Selection, plots: Callable[[], Plots]) -> Competed:
    """That selection with its picture."""
    return Competed(selection, plot(project, selection, plots))


def chosen(project: Project, name: str | None) -> tuple[str, Selection | None]:
    """The candidate that was named, or the winner of the selection with how it won."""
    if name is not None:
        return project.settings.candidate(name), None
    selection = standings(project)
    return winner(selection), selection


def winner(selection: Selection) -> str:
    """The candidate that won. Raises ``Undecided`` where none can."""
    if selection.winner is None:
        reasons = listed((f"{s.candidate}: {s.reason or 'no finite value'}" for s in selection.standings), "; ")
        raise Undecided(f"no candidate has a finite {selection.metric}: {reasons}", hint="lockgate run")
    return selection.winner


def plot(project: Project, selection: Selection, plots: Callable[[], Plots]) -> str:
    """Draw the metric and fairness of all candidates; where the picture lies, nowhere without a fairness attribute."""
    fairness, accuracy = project.settings.gates.fairness, project.settings.gates.accuracy
    if fairness is None or not fairness.attributes or project.settings.selection_min_rows is None:
        return ""
    floor = accuracy.floor if accuracy.metric == selection.metric else None
    drawn = plots().selection(selection, Limits(floor, fairness.max_equalized_odds_difference))
    project.files.write_bytes(project.layout.selection, drawn.encode())
    return str(project.layout.selection.relative_to(project.layout.root))


def _disparities(project: Project, validation: Validation) -> tuple[Disparity, ...]:
    fairness, min_rows = project.settings.gates.fairness, project.settings.selection_min_rows
    return disparities(fairness.attributes, validation.groups, min_rows) if fairness and min_rows else ()


def _standing(project: Project, name: str) -> Standing:
    paths = project.layout.candidate(name)
    if not project.store.has(paths.validation):
        return Standing(name, "", None, "not trained, or its training failed")
    try:
        validation = project.documents.read(paths.validation, Validation)
        trained = project.files.sha256(paths.trained.parent / validation.model_file)
        data = project.files.md5(project.layout.root / project.settings.tables.validation)
    except InputError as error:
        return Standing(name, "", None, error.message)
    if (validation.model, validation.data) != (trained, data):
        return Standing(name, validation.framework, None, "measured on another model or other rows: lockgate run")
    told = validation.task
    if problem := contradiction(told, project.settings.tables.task_of(told.columns)):
        return Standing(name, validation.framework, None, f"when it was trained, {problem}: lockgate run")
    if find_candidate(project, name) is None:
        return Standing(name, validation.framework, None, "not exported, or its export failed")
    value = validation.metrics.get(project.settings.selection_metric)
    return Standing(name, validation.framework, value, disparities=_disparities(project, validation))
