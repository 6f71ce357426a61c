"""Which release an environment names as its champion: in the file that lies here, and in the latest commit."""

from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.errors import SettingsError
from lockgate.ports import Repository
from lockgate.usecases.project.project import Project


def champion_of(project: Project, environment: str) -> ReleaseReference | None:
    """The champion that the file here names; ``None`` before the first promotion.

    Raises ``SettingsError`` for an environment of ``params.yaml`` that has no file.
    """
    path = project.layout.environment(environment)
    if not project.store.has(path):
        told = f"{path.relative_to(project.layout.root).as_posix()}: missing, and params.yaml names {environment}"
        hint = f"write it with the line `environment: {environment}` and commit it, or take it out of `environments`"
        raise SettingsError(told, hint=hint)
    return project.documents.read_settings(path, Deployment).champion


def committed_champion(project: Project, environment: str, repository: Repository) -> ReleaseReference | None:
    """The champion that the latest commit names: git is the authority, and a file here may say something else."""
    path = project.layout.environment(environment)
    if not repository.uncommitted(path):
        return champion_of(project, environment)
    content = repository.content(path)
    return None if content is None else project.documents.parse_settings(content, path.name, Deployment).champion


def committed_champions(project: Project, repository: Repository) -> dict[str, ReleaseReference | None]:
    """The same of every environment."""
    return {name: committed_champion(project, name, repository) for name in project.settings.environments}
