"""Stages, the plug-in, its frameworks, and where trainings are tracked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.adapters.python.installed import demand
from lockgate.cli.wiring.project import import_path
from lockgate.domain.project.layout import Layout
from lockgate.usecases.project.project import Project

if TYPE_CHECKING:
    from lockgate.ports import (
        GraphEditor,
        ModelPlugin,
        PastStages,
        PastTrainings,
        Pipeline,
        SourceReads,
        StageLock,
        Tracker,
        TrackingStore,
    )


def pipeline(layout: Layout) -> "Pipeline":
    """DVC."""
    from lockgate.adapters.dvc.pipeline import DvcPipeline

    return DvcPipeline(layout.root)


def stage_lock(layout: Layout) -> "StageLock":
    """What DVC wrote down, read without it."""
    from lockgate.adapters.dvc.stages.lock import DvcLock

    return DvcLock(layout.root)


def past_stages() -> "PastStages":
    """DVC's files of any commit, read without it."""
    from lockgate.adapters.dvc.stages.past import DvcPast

    return DvcPast()


def past_trainings(layout: Layout) -> "PastTrainings":
    """Those that MLflow has tracked."""
    from lockgate.adapters.mlflow.trainings import MlflowTrainings

    return MlflowTrainings(layout.root)


def running_stage(layout: Layout) -> str | None:
    """The stage of this project that DVC runs as this process; ``None`` where somebody else runs it."""
    name, root = os.environ.get("DVC_STAGE", ""), Path(os.environ.get("DVC_ROOT") or "/")
    return name.rpartition(":")[2] or None if layout.root.is_relative_to(root.resolve()) else None


def reads(layout: Layout) -> "SourceReads":
    """Python's audit events."""
    from lockgate.adapters.python.audited_reads import PythonReads

    return PythonReads(layout.root)


def plugin(project: Project) -> "ModelPlugin":
    """The project's own part: its root and `src` are on Python's path, as for its tests."""
    from lockgate.adapters.python.plugin_loader import load_plugin

    return load_plugin(project.settings.plugin, import_path(project.layout))


def plants(project: Project) -> tuple[Any, ...]:
    """The bad candidates of the project's own, in the order of ``drill.plants``."""
    from lockgate.adapters.python.plugin_loader import load_plant

    path = import_path(project.layout)
    return tuple(load_plant(name, path) for name in project.settings.drill.plants)


def graphs() -> "GraphEditor":
    """ONNX graphs, as the onnx package sees them."""
    demand("onnx", "onnx")
    from lockgate.adapters.onnx.editor import OnnxEditor

    return OnnxEditor()


def tracker(project: Project) -> "Tracker":
    """MLflow."""
    demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.tracking import MlflowTracker

    return MlflowTracker(project.layout, project.settings.model, project.files)


def tracking_store(layout: Layout) -> "TrackingStore":
    """Where MLflow keeps everything, looked at without it."""
    demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.store import TrackingStore

    return TrackingStore(layout.root)
