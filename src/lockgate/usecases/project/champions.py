"""Which release an environment names as its champion: in the file that lies here, and in the latest commit."""

from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.ports import Repository
from lockgate.usecases.project.project import Project


def champion_of(project: Project, environment: str) -> ReleaseReference | None:
    """The champion that the file here names; ``None`` before the first promotion."""
    return project.documents.read_settings(project.layout.environment(environment), Deployment).champion


def committed_champion(project: Project, environment: str, repository: Repository) -> ReleaseReference | None:
    """The champion that the latest commit names: git is the authority, and a file here may say something else."""
    path = project.layout.environment(environment)
    if not repository.uncommitted(path):
        return champion_of(project, environment)
    content = repository.content(path)
    return None if content is None else project.documents.parse_settings(content, path.name, Deployment).champion
