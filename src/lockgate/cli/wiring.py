"""The one place that chooses adapters; each is imported when it is asked for."""

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.adapters.documents import TypedDocuments, written
from lockgate.adapters.files.access_times import LocalAccessTimes
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.git.repository import GitRepository
from lockgate.adapters.leftovers import await_left
from lockgate.adapters.python.installed import InstalledLibraries
from lockgate.domain.names import listed, meant
from lockgate.domain.project.layout import Layout
from lockgate.errors import MissingTool, SettingsError
from lockgate.usecases.project.project import Project, open_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockgate.adapters.mlflow.store import TrackingStore
    from lockgate.adapters.python.import_path import ProjectFinder
    from lockgate.domain.model.candidate import Trained
    from lockgate.domain.project.health import Part
    from lockgate.ports import (
        Answering,
        Glassbox,
        GraphEditor,
        Images,
        Metrics,
        ModelPlugin,
        NetworkFramework,
        Packager,
        Pages,
        Pipeline,
        Plots,
        Registry,
        Reports,
        Repository,
        Runtime,
        Server,
        SourceModel,
        SourceReads,
        StageLock,
        Tables,
        TestRunner,
        Tracker,
        Wheelhouse,
    )
    from lockgate.usecases.judging.drill.plant import Plant

NETWORKS = {
    "torch": ("lockgate.adapters.torch", "TorchNetworks", "torch"),
    "tensorflow": ("lockgate.adapters.tensorflow.networks", "KerasNetworks", "tensorflow"),
    "saved_model": ("lockgate.adapters.tensorflow.saved_model", "SavedModels", "tensorflow"),
    "keras_torch": ("lockgate.adapters.tensorflow.keras_on_torch", "KerasOnTorch", "torch"),
    "xgboost": ("lockgate.adapters.trees.xgboost", "XgboostNetworks", "xgboost"),
    "lightgbm": ("lockgate.adapters.trees.lightgbm", "LightgbmNetworks", "lightgbm"),
}


def find_project(root: Path | None) -> Project:
    """The project at ``root``, or the nearest one above the working directory, with its settings."""
    files = LocalFiles()
    layout = find_layout(root)
    project = open_project(layout, TypedDocuments(files), files, LocalAccessTimes(), InstalledLibraries())
    return with_gates(project, project.layout.params)


def with_gates(project: Project, params: Path) -> Project:
    """The project with the gates of others that its policy names; their settings stand in that file.

    The policy gets their defaults too: a verdict tells all that it was judged by.
    """
    names = project.settings.gates.plugins
    if not names:
        return project
    from lockgate.adapters.python.entry_points import installed_gates

    gates = installed_gates(names, params, project.documents)
    policy = replace(project.settings.gates, plugins={gate.name: written(gate.policy) for gate in gates})
    return replace(project, settings=replace(project.settings, gates=policy), gates=gates)


def find_layout(root: Path | None) -> Layout:
    """The project at ``root``, or the nearest one above the working directory, unread."""
    start = (root or Path.cwd()).resolve()
    folders = [start] if root else [start, *start.parents]
    found = next((folder for folder in folders if (folder / "params.yaml").exists()), None)
    if found is None:
        raise SettingsError(
            f"no params.yaml in {start}" + ("" if root else " or above"),
            hint="run in a project's folder, or name one with -C",
        )
    return Layout(found)


def documents() -> TypedDocuments:
    """JSON and YAML on this disk."""
    return TypedDocuments(LocalFiles())


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """The only delivery in this working copy. Raises ``Busy`` where another one, or what it has left, is at work."""
    with LocalFiles().hold(layout.lock):
        await_left(layout.root, lambda line: print(line, file=sys.stderr))
        yield


def repository(project: Project) -> "Repository":
    """Git."""
    return repository_of(project.layout)


def repository_of(layout: Layout) -> "Repository":
    """Git, for a project that was not read yet."""
    return GitRepository(layout.root)


def pipeline(project: Project) -> "Pipeline":
    """DVC."""
    from lockgate.adapters.dvc.pipeline import DvcPipeline

    return DvcPipeline(project.layout.root)


def stage_lock(project: Project) -> "StageLock":
    """What DVC wrote down, read without it."""
    from lockgate.adapters.dvc.stages.lock import DvcLock

    return DvcLock(project.layout.root)


def running_stage(project: Project) -> str | None:
    """The stage of this project that DVC runs as this process; ``None`` where somebody else runs it."""
    name, root = os.environ.get("DVC_STAGE", ""), Path(os.environ.get("DVC_ROOT") or "/")
    return name.rpartition(":")[2] or None if project.layout.root.is_relative_to(root.resolve()) else None


def reads(project: Project) -> "SourceReads":
    """Python's audit events."""
    from lockgate.adapters.python.audited_reads import PythonReads

    return PythonReads(project.layout.root)


def tables(project: Project) -> "Tables":
    """Parquet."""
    from lockgate.adapters.parquet import ParquetTables

    return ParquetTables(project.files)


def runtime(project: Project, *, soon: bool = False) -> "Runtime":
    """ONNX Runtime, each model in a process of its own: a model may crash, hang or grow, Lockgate may not.

    ``soon`` starts that process at once, for a verb that will open a model.
    """
    _demand("onnxruntime", "onnx")
    from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime

    limits = project.settings.gates.parity
    return IsolatedRuntime(limits.seconds, int(limits.memory_gib * 1024**3), soon=soon)


def metrics() -> "Metrics":
    """scikit-learn's metrics."""
    _demand("sklearn", "sklearn")
    from lockgate.adapters.sklearn.metrics import SklearnMetrics

    return SklearnMetrics()


def glassbox() -> "Glassbox":
    """InterpretML."""
    _demand("interpret", "interpret")
    from lockgate.adapters.interpret import ExplainableBoosting

    return ExplainableBoosting()


def pages() -> "Pages":
    """HTML by Jinja2."""
    from lockgate.adapters.pages.parity import ParityPages

    return ParityPages()


def plots() -> "Plots":
    """SVG by Jinja2."""
    from lockgate.adapters.pages.selection import SelectionPlots

    return SelectionPlots()


def reports() -> "Reports":
    """JUnit XML and Markdown."""
    from lockgate.adapters.pages.verdict import VerdictReports

    return VerdictReports()


def source(trained: "Trained", folder: Path) -> "SourceModel":
    """A trained model, by the adapter of the framework that it names."""
    if trained.framework == "onnx":
        _demand("onnx", "onnx")
        from lockgate.adapters.onnx.stored_answers import load

        return load(folder / trained.model, folder / (trained.reference or "reference.npz"), trained.inputs)
    _demand("skops", "sklearn")
    from lockgate.usecases.making.composed_model import open_network, open_pipeline

    if trained.framework == "sklearn":
        from lockgate.adapters.sklearn import SklearnFramework

        return open_pipeline(trained, folder, SklearnFramework())
    from lockgate.adapters.onnx.composer import OnnxComposer
    from lockgate.adapters.sklearn import SklearnPreprocessor

    return open_network(trained, folder, SklearnPreprocessor(), _networks(trained.framework), OnnxComposer())


def _networks(name: str) -> "NetworkFramework":
    if name not in NETWORKS:
        raise SettingsError(
            f"trained.json: framework {name!r} is not known{meant(name, ('sklearn', 'onnx', *NETWORKS))}",
            hint=f"known are: {listed(('sklearn', 'onnx', *NETWORKS))}; for another, write `open` in the plug-in",
        )
    module, adapter, package = NETWORKS[name]
    _demand(package, name)
    made: NetworkFramework = getattr(importlib.import_module(module), adapter)()
    return made


def test_runner() -> "TestRunner":
    """Any command that writes a JUnit report."""
    from lockgate.adapters.python.junit import JUnitTestRunner

    return JUnitTestRunner()


def registry(project: Project) -> "Registry":
    """MLflow."""
    _demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.registry import MlflowRegistry

    return MlflowRegistry(project.layout.root, project.documents, project.files)


def data_remote(layout: Layout) -> "Sequence[Part]":
    """DVC's remote, as a part of the machine's health."""
    _demand("dvc", "dvc")
    from lockgate.adapters.dvc.remote import look

    return look(layout.root)


def import_path(project: Project) -> "ProjectFinder":
    """Where the project's modules are found."""
    from lockgate.adapters.python.import_path import put_on_path

    return put_on_path(project.layout.root)


def tracking_store(layout: Layout) -> "TrackingStore":
    """Where MLflow keeps everything, looked at without it."""
    _demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.store import TrackingStore

    return TrackingStore(layout.root)


def load_registry_soon(layout: Layout) -> None:
    """Import MLflow while others work: it takes two seconds. What is wrong with it is said where it is used."""

    def load() -> None:
        with suppress(Exception):
            importlib.import_module("lockgate.adapters.mlflow.connection").load_stores(layout.root)

    threading.Thread(target=load, name="import-mlflow", daemon=True).start()


def tracker(project: Project) -> "Tracker":
    """MLflow."""
    _demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.tracking import MlflowTracker

    return MlflowTracker(project.layout, project.settings.model, project.files)


def plugin(project: Project) -> "ModelPlugin":
    """The project's own part: its root and `src` are on Python's path, as for its tests."""
    from lockgate.adapters.python.plugin_loader import load_plugin

    return load_plugin(project.settings.plugin, import_path(project))


def plants(project: Project) -> "tuple[Plant, ...]":
    """The bad candidates of the project's own, in the order of ``drill.plants``."""
    from lockgate.adapters.python.plugin_loader import load_plant

    path = import_path(project)
    return tuple(load_plant(name, path) for name in project.settings.drill.plants)


def graphs() -> "GraphEditor":
    """ONNX graphs, as the onnx package sees them."""
    _demand("onnx", "onnx")
    from lockgate.adapters.onnx.editor import OnnxEditor

    return OnnxEditor()


def packager(project: Project) -> "Packager":
    """BentoML."""
    from lockgate.adapters.bentoml import BentoPackager

    return BentoPackager(project.layout.root)


def server(project: Project) -> "Server":
    """BentoML, as a process."""
    from lockgate.adapters.bentoml import BentoServer

    return BentoServer(project.layout.root)


def client(url: str) -> "Answering":
    """Whoever serves a release at that address."""
    from lockgate.adapters.bentoml import BentoClient

    return BentoClient(url)


def images() -> "Images":
    """Docker."""
    _demand("docker", "docker")
    from lockgate.adapters.docker import DockerImages

    return DockerImages()


def wheelhouse() -> "Wheelhouse":
    """pip."""
    from lockgate.adapters.python.pip_wheels import PipWheelhouse

    return PipWheelhouse()


def _demand(module: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingTool(module, extra)
