"""What the use cases need from the outside world; every adapter and every fake keeps one of these protocols."""

from lockgate.ports.delivering import (
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
from lockgate.ports.frameworks import Composer, Framework, Network, NetworkFramework, Preprocessing, Preprocessor
from lockgate.ports.measuring import FittedGlassbox, Glassbox, Metrics, TestRunner
from lockgate.ports.models import Contestant, GraphEditor, Runtime, Session
from lockgate.ports.stages import Pipeline, SourceReads, StageLock, StageReport, StageState
from lockgate.ports.storing import AccessTimes, Documents, Files, Repository, Tables
from lockgate.ports.telling import Pages, Plots, Reports
from lockgate.ports.tracking import DatasetVersion, Tracked, Tracker, TrainingRecord
from lockgate.ports.training import Calibratable, Divided, ExplicitExport, ModelPlugin, SourceModel, Stored, TrainingRun

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
