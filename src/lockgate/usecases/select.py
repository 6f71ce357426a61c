"""``lockgate select``: the candidates compete on validation rows; the winner alone goes to the gates."""

from lockgate.domain.selection import Selection, Standing, Validation, select
from lockgate.errors import InputError, Undecided
from lockgate.usecases.project import Project, find_candidate


def standings(project: Project) -> Selection:
    """Read every candidate's validation metrics; one that was not made competes with no value, and says why."""
    return select(project.settings.selection_metric, [_standing(project, name) for name in project.settings.candidates])


def winner(selection: Selection) -> str:
    """The candidate that won. Raises ``Undecided`` where none can."""
    if selection.winner is None:
        reasons = "; ".join(f"{s.candidate}: {s.reason or 'no finite value'}" for s in selection.standings)
        raise Undecided(f"no candidate has a finite {selection.metric}: {reasons}", hint="lockgate run")
    return selection.winner


def _standing(project: Project, name: str) -> Standing:
    paths = project.layout.candidate(name)
    if not paths.validation.exists():
        return Standing(name, "", None, "not trained, or its training failed")
    try:
        validation = project.documents.read(paths.validation, Validation)
        trained = project.files.sha256(paths.trained.parent / validation.model_file)
        data = project.files.md5(project.layout.root / project.settings.tables.validation)
    except InputError as error:
        return Standing(name, "", None, error.message)
    if (validation.model, validation.data) != (trained, data):
        return Standing(name, validation.framework, None, "measured on another model or other rows: lockgate run")
    if find_candidate(project, name) is None:
        return Standing(name, validation.framework, None, "not exported, or its export failed")
    return Standing(name, validation.framework, validation.metrics.get(project.settings.selection_metric))
