"""What the use cases need from the outside world; every adapter and every fake keeps one of these protocols."""

from lockgate.ports.making.frameworks import (
    Composer,
    DirectFramework,
    DirectNetwork,
    Framework,
    Network,
    NetworkFramework,
    Preprocessing,
    Preprocessor,
)
from lockgate.ports.making.graph_files import GraphFiles
from lockgate.ports.making.past_stages import PastStages, Pointed
from lockgate.ports.making.past_trainings import PastTraining, PastTrainings
from lockgate.ports.making.pipeline import Pipeline, SourceReads, StageLock, StageReport, StageState
from lockgate.ports.making.plugin import (
    Adapted,
    Calibratable,
    Divided,
    ExplicitExport,
    ModelPlugin,
    SourceModel,
    Stored,
    TrainingRun,
    WithoutSource,
)
from lockgate.ports.making.tracking import DatasetVersion, Tracked, Tracker, TrackingStore, TrainingRecord
from lockgate.ports.measuring.glassbox import FittedGlassbox, Glassbox
from lockgate.ports.measuring.libraries import Libraries
from lockgate.ports.measuring.metrics import Metrics
from lockgate.ports.measuring.runtime import BatchedSession, Contestant, GraphEditor, Runtime, Session
from lockgate.ports.measuring.test_runner import TestRunner
from lockgate.ports.project.clock import Clock
from lockgate.ports.project.commit_log import Commit, CommitLog, FileVersion
from lockgate.ports.project.documents import Documents
from lockgate.ports.project.files import AccessTimes, Files
from lockgate.ports.project.repository import Repository
from lockgate.ports.project.store import ProjectStore
from lockgate.ports.project.tables import Tables
from lockgate.ports.releasing.bundle_writer import BundleWriter
from lockgate.ports.releasing.keyring import Keyring
from lockgate.ports.releasing.lineage_events import LineageEvents
from lockgate.ports.releasing.local_releases import LocalReleases
from lockgate.ports.releasing.registry import Registered, Registry
from lockgate.ports.releasing.release_store import KeptFolder, Place, ReleaseStore, StoredRelease
from lockgate.ports.releasing.signed_tags import SignedTags, Signers
from lockgate.ports.releasing.stranger import Stranger, StrangersRepository
from lockgate.ports.reviewing.reports import JudgementPages, Pages, Plots, Reports
from lockgate.ports.serving.images import Images, Wheelhouse
from lockgate.ports.serving.packages import Answering, Package, Packager, Running, Server

__all__ = [
    "AccessTimes",
    "Adapted",
    "Answering",
    "BatchedSession",
    "BundleWriter",
    "Calibratable",
    "Clock",
    "Commit",
    "CommitLog",
    "Composer",
    "Contestant",
    "DatasetVersion",
    "DirectFramework",
    "DirectNetwork",
    "Divided",
    "Documents",
    "ExplicitExport",
    "FileVersion",
    "Files",
    "FittedGlassbox",
    "Framework",
    "Glassbox",
    "GraphEditor",
    "GraphFiles",
    "Images",
    "JudgementPages",
    "KeptFolder",
    "Keyring",
    "Libraries",
    "LineageEvents",
    "LocalReleases",
    "Metrics",
    "ModelPlugin",
    "Network",
    "NetworkFramework",
    "Package",
    "Packager",
    "Pages",
    "PastStages",
    "PastTraining",
    "PastTrainings",
    "Pipeline",
    "Place",
    "Plots",
    "Pointed",
    "Preprocessing",
    "Preprocessor",
    "ProjectStore",
    "Registered",
    "Registry",
    "ReleaseStore",
    "Reports",
    "Repository",
    "Running",
    "Runtime",
    "Server",
    "Session",
    "SignedTags",
    "Signers",
    "SourceModel",
    "SourceReads",
    "StageLock",
    "StageReport",
    "StageState",
    "Stored",
    "StoredRelease",
    "Stranger",
    "StrangersRepository",
    "Tables",
    "TestRunner",
    "Tracked",
    "Tracker",
    "TrackingStore",
    "TrainingRecord",
    "TrainingRun",
    "Wheelhouse",
    "WithoutSource",
]
