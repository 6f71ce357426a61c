"""The one place that chooses adapters; each is imported when it is asked for."""

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files import LocalFiles
from lockgate.adapters.git import GitRepository
from lockgate.domain.layout import Layout
from lockgate.errors import MissingTool, SettingsError
from lockgate.usecases.project import Project, open_project

if TYPE_CHECKING:
    from lockgate.domain.candidate import Trained
    from lockgate.ports import (
        Framework,
        Images,
        Metrics,
        Packager,
        Pipeline,
        Registry,
        Repository,
        Runtime,
        Server,
        Tables,
        TestRunner,
        Wheelhouse,
    )

FRAMEWORKS = {"sklearn": ("lockgate.adapters.sklearn", "SklearnFramework")}


def find_project(root: Path | None) -> Project:
    """The project at ``root``, or the nearest one above the working directory, with its settings."""
    files = LocalFiles()
    return open_project(find_layout(root), TypedDocuments(files), files)


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


def repository(project: Project) -> "Repository":
    """Git."""
    return GitRepository(project.layout.root)


def pipeline(project: Project) -> "Pipeline":
    """DVC."""
    from lockgate.adapters.dvc import DvcPipeline

    return DvcPipeline(project.layout.root)


def tables(project: Project) -> "Tables":
    """Parquet."""
    from lockgate.adapters.parquet import ParquetTables

    return ParquetTables(project.files)


def runtime() -> "Runtime":
    """ONNX Runtime."""
    _demand("onnxruntime", "onnx")
    from lockgate.adapters.onnxruntime import OnnxRuntime

    return OnnxRuntime()


def metrics() -> "Metrics":
    """scikit-learn's metrics."""
    _demand("sklearn", "sklearn")
    from lockgate.adapters.metrics import SklearnMetrics

    return SklearnMetrics()


def framework(trained: "Trained") -> "Framework":
    """The adapter for the framework that the trained model names."""
    if trained.framework not in FRAMEWORKS:
        raise SettingsError(
            f"trained.json: framework {trained.framework!r} is not known", hint=f"known are: {', '.join(FRAMEWORKS)}"
        )
    _demand(trained.framework, trained.framework)
    module, name = FRAMEWORKS[trained.framework]
    made: Framework = getattr(importlib.import_module(module), name)()
    return made


def test_runner() -> "TestRunner":
    """Any command that writes a JUnit report."""
    from lockgate.adapters.junit import JUnitTestRunner

    return JUnitTestRunner()


def registry(project: Project) -> "Registry":
    """MLflow."""
    _demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow import MlflowRegistry

    return MlflowRegistry(project.layout.root, project.documents, project.files)


def packager(project: Project) -> "Packager":
    """BentoML."""
    from lockgate.adapters.bentoml import BentoPackager

    return BentoPackager(project.layout.root)


def server() -> "Server":
    """BentoML, as a process."""
    from lockgate.adapters.bentoml import BentoServer

    return BentoServer()


def images() -> "Images":
    """Docker."""
    _demand("docker", "docker")
    from lockgate.adapters.docker import DockerImages

    return DockerImages()


def wheelhouse() -> "Wheelhouse":
    """pip."""
    from lockgate.adapters.wheels import PipWheelhouse

    return PipWheelhouse()


def _demand(module: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingTool(module, extra)
