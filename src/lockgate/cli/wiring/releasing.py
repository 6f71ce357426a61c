"""The registry."""

import importlib
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from lockgate.adapters.python.installed import demand
from lockgate.domain.project.layout import Layout
from lockgate.usecases.project.project import Project

if TYPE_CHECKING:
    from lockgate.ports import Registry


def registry(project: Project) -> "Registry":
    """MLflow."""
    demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.registry import MlflowRegistry

    return MlflowRegistry(project.layout.root, project.documents, project.files)


def load_registry_soon(layout: Layout) -> None:
    """Import MLflow while others work: it takes two seconds. What is wrong with it is said where it is used."""

    def load() -> None:
        with suppress(Exception):
            importlib.import_module("lockgate.adapters.mlflow.connection").load_stores(layout.root)

    threading.Thread(target=load, name="import-mlflow", daemon=True).start()
