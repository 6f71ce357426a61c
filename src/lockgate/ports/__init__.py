"""What the use cases need from the outside world; every adapter and every fake keeps one of these protocols."""

from lockgate.ports.making.frameworks import Composer, Framework, Network, NetworkFramework, Preprocessing, Preprocessor
from lockgate.ports.making.pipeline import Pipeline, SourceReads, StageLock, StageReport, StageState
from lockgate.ports.making.plugin import (
    Calibratable,
    Divided,
    ExplicitExport,
    ModelPlugin,
    SourceModel,
    Stored,
    TrainingRun,
)
from lockgate.ports.making.tracking import DatasetVersion, Tracked, Tracker, TrainingRecord
from lockgate.ports.measuring.metrics import FittedGlassbox, Glassbox, Metrics, TestRunner
from lockgate.ports.measuring.runtime import Contestant, GraphEditor, Runtime, Session
from lockgate.ports.project.documents import AccessTimes, Documents, Files, Repository, Tables
from lockgate.ports.releasing.registry import (
    Answering,
    Images,
    Package,
    Packager,
    Registered,
    Registry,
    Running,
    Server,
    Wheelhouse,
)
from lockgate.ports.reviewing.reports import Pages, Plots, Reports

__all__ = [
    "AccessTimes",
    "Answering",
    "Calibratable",
    "Composer",
    "Contestant",
    "DatasetVersion",
    "Divided",
    "Documents",
    "ExplicitExport",
    "Files",
    "FittedGlassbox",
    "Framework",
    "Glassbox",
    "GraphEditor",
    "Images",
    "Metrics",
    "ModelPlugin",
    "Network",
    "NetworkFramework",
    "Package",
    "Packager",
    "Pages",
    "Pipeline",
    "Plots",
    "Preprocessing",
    "Preprocessor",
    "Registered",
    "Registry",
    "Reports",
    "Repository",
    "Running",
    "Runtime",
    "Server",
    "Session",
    "SourceModel",
    "SourceReads",
    "StageLock",
    "StageReport",
    "StageState",
    "Stored",
    "Tables",
    "TestRunner",
    "Tracked",
    "Tracker",
    "TrainingRecord",
    "TrainingRun",
    "Wheelhouse",
]
