"""What every verb needs first: the project's settings, and the candidate as it lies on disk."""

from dataclasses import dataclass

from lockgate.domain.judging.protocol.extensions.installed import NOTHING, Installed
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.model.candidate import Candidate, Subject
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.settings import Settings
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.errors import InputError
from lockgate.ports import AccessTimes, CommitLog, Documents, Files, Keyring, Libraries, LocalReleases, ProjectStore


@dataclass(frozen=True)
class Project:
    """A project's root and settings, the ports that nearly every verb reads it through, and what others bring."""

    layout: Layout
    settings: Settings
    documents: Documents
    files: Files
    store: ProjectStore
    releases: LocalReleases
    keyring: Keyring
    commits: CommitLog
    gates: tuple[AskedGate, ...] = ()
    access_times: AccessTimes | None = None
    libraries: Libraries | None = None
    installed: Installed = NOTHING

    @property
    def metric(self) -> Metric | None:
        """What its models are judged by; ``None`` where that cannot be had here."""
        return self.installed.metric(self.settings.gates.accuracy.metric, self.settings.tables.task)


def open_project(
    layout: Layout,
    documents: Documents,
    files: Files,
    store: ProjectStore,
    releases: LocalReleases,
    keyring: Keyring,
    commits: CommitLog,
    access_times: AccessTimes | None = None,
    libraries: Libraries | None = None,
) -> Project:
    """Read ``params.yaml``. Raises ``SettingsError`` for the first thing that is wrong in it."""
    settings = documents.read_settings(layout.params, Settings)
    return Project(layout, settings, documents, files, store, releases, keyring, commits, (), access_times, libraries)


def read_candidate(project: Project, name: str) -> Candidate:
    """The candidate by the content that lies on disk. Raises ``InputError`` where a part is missing."""
    paths = project.layout.candidate(name)
    subject = Subject(
        candidate=name,
        model=project.files.sha256(paths.model),
        data=project.files.md5(project.layout.root / project.settings.tables.test),
    )
    return Candidate(subject, project.files.sha256(paths.signature), project.files.sha256(paths.profile))


def find_candidate(project: Project, name: str) -> Candidate | None:
    """The candidate, or ``None`` where it was not made yet."""
    try:
        return read_candidate(project, name)
    except InputError:
        return None
