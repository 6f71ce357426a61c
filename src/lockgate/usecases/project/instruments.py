"""What every station of the way works with: the ports of one working copy, none of them made before it is asked for."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from lockgate.domain.project.layout import Layout
from lockgate.ports import (
    Answering,
    BundleWriter,
    Clock,
    CommitLog,
    Glassbox,
    GraphEditor,
    Images,
    LineageEvents,
    Metrics,
    ModelPlugin,
    Packager,
    Pages,
    PastStages,
    PastTrainings,
    Pipeline,
    Plots,
    ProjectStore,
    Registry,
    ReleaseStore,
    Reports,
    Repository,
    Runtime,
    Server,
    SignedTags,
    SourceReads,
    StageLock,
    Stranger,
    Tables,
    TestRunner,
    Tracker,
    TrackingStore,
    Wheelhouse,
)
from lockgate.usecases.project.project import Project

T = TypeVar("T")
Made: TypeAlias = Callable[[], T]
"""Makes an instrument at the first call, and gives the same one later."""


class MakesRuntime(Protocol):
    """Makes a runtime of its own at each call: no model meets another's process."""

    def __call__(self, *, soon: bool = False) -> Runtime:
        """``soon`` starts its process at once, for whoever will open a model."""


@dataclass(frozen=True)
class Instruments:
    """By station. A tool that is not installed is missed when its instrument is called for, and by nobody before.

    ``project`` reads the settings. ``alone`` is the only delivery at work here, in its block; ``gates_of`` gives a
    project the gates of others that its policy names, whose settings stand in that file. ``stage`` is the stage that
    DVC runs as this process; ``stage_lock`` reads the stages anew at each call. ``plants`` are the project's own bad
    candidates, ``near_store`` is the store where asking it is cheap, and ``registry_soon`` loads the registry while
    others work. ``bundle_writers`` write files of a release, in this order, and ``bundle_writers_soon`` loads what they
    need; ``builder`` is a URI of who builds. Settings, documents, files and releases come with the project; its store
    is there before the settings are read. ``release_store`` is where releases lie for everybody;
    ``strangers`` makes somebody below a folder whom no commit names.
    """

    layout: Layout
    project: Made[Project]
    alone: Callable[[], AbstractContextManager[None]]
    clock: Made[Clock]
    repository: Made[Repository]
    commit_log: Made[CommitLog]
    store: Made[ProjectStore]
    tables: Made[Tables]

    pipeline: Made[Pipeline]
    stage: Callable[[], str | None]
    stage_lock: Callable[[], StageLock]
    reads: Callable[[], SourceReads]
    past_stages: Made[PastStages]
    past_trainings: Made[PastTrainings]
    plugin: Made[ModelPlugin]
    tracker: Made[Tracker]
    tracking_store: Made[TrackingStore]
    graphs: Made[GraphEditor]

    runtime: MakesRuntime
    metrics: Made[Metrics]
    glassbox: Made[Glassbox]
    test_runner: Made[TestRunner]

    gates_of: Callable[[Project, Path], Project]
    plants: Made[Sequence[Any]]

    bundle_writers: Made[Sequence[BundleWriter]]
    bundle_writers_soon: Callable[[], None]
    builder: Made[str]
    release_store: Made[ReleaseStore]
    near_store: Made[ReleaseStore | None]
    lineage_events: Made[LineageEvents]
    signed_tags: Made[SignedTags]
    strangers: Callable[[Path], Stranger]
    registry: Made[Registry]
    registry_soon: Callable[[], None]

    packager: Made[Packager]
    server: Made[Server]
    client: Callable[[str], Answering]
    images: Made[Images]
    wheelhouse: Made[Wheelhouse]

    pages: Made[Pages]
    plots: Made[Plots]
    reports: Made[Reports]
