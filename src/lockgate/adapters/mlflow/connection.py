"""Where MLflow is, and working with it without leaving anything behind in the process."""

import importlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

# MLflow reads these while it is imported.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

# A server that is down is said so in seconds, not after MLflow's own seven tries of two minutes each.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")

import mlflow

from lockgate.domain.project.disk import fault_of
from lockgate.errors import ToolError

# The news that an embedded database is made is for nobody's console.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)

URI = "MLFLOW_TRACKING_URI"
STORES = frozenset({"mlflow", "sqlalchemy", "alembic", "sqlite3", "psycopg2", "pymysql", "requests", "urllib3"})


def tracking_uri(root: Path) -> str:
    """What ``MLFLOW_TRACKING_URI`` says, or SQLite in the project."""
    return os.environ.get(URI) or f"sqlite:///{root / 'mlflow.db'}"


def load_stores(root: Path) -> None:
    """Import what the first use of MLflow imports; nothing is opened."""
    importlib.import_module("lockgate.adapters.mlflow.registry")
    if not tracking_uri(root).startswith(("http:", "https:")):
        for module in ("tracking", "model_registry"):
            importlib.import_module(f"mlflow.store.{module}.sqlalchemy_store")


def experiment(client: mlflow.MlflowClient, root: Path, uri: str, name: str) -> str:
    """The id of the experiment of that name, made where there is none."""
    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    # A server keeps artifacts where it was told to; the embedded store keeps them beside its database.
    location = (root / "mlartifacts" / name).as_uri() if uri.startswith("sqlite:") else None
    return str(client.create_experiment(name, artifact_location=location))


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """No exception of MLflow, or of what it stands on, leaves this block: it becomes a ``ToolError`` that names it."""
    try:
        yield
    except Exception as error:
        if not (is_of_the_store(error) or isinstance(error, OSError)):
            raise
        if fault := fault_of(error):
            raise fault from error
        hint = "is MLFLOW_TRACKING_URI right, and does the server answer? `lockgate doctor` looks"
        if uri.startswith("sqlite"):
            hint = "may this user write to it, and does no other process hold it? `lockgate doctor` looks"
        raise ToolError(f"MLflow at {shown(uri)}: {first_line(error)}", hint=hint) from error


def is_of_the_store(error: BaseException) -> bool:
    """Whether it comes from MLflow, from its database, or from the way there."""
    return any(kind.__module__.partition(".")[0] in STORES for kind in type(error).__mro__)


def first_line(error: BaseException) -> str:
    """What an exception says, in a line; MLflow and SQLAlchemy add pages."""
    lines = str(getattr(error, "message", "") or error).splitlines()
    return lines[0] if lines else type(error).__name__


def shown(uri: str) -> str:
    """An address without its password."""
    address = urlsplit(uri)
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl() if "@" in address.netloc else uri


@contextmanager
def connected(uri: str) -> Iterator[None]:
    """Work with this tracking server as MLflow's own; no global setting stays behind."""
    before = os.environ.get(URI)
    mlflow.set_tracking_uri(uri)  # also an environment variable, which every child process would inherit
    try:
        with answering(uri):
            yield
    finally:
        mlflow.set_tracking_uri(before)
        if before is None:
            os.environ.pop(URI, None)
