"""Whether MLflow can keep what it is told, asked without MLflow: it takes seconds to import.

A database of another schema, or a file that is none, would be found when everything was trained, judged and served.
"""

import importlib.metadata
import os
import re
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from lockgate.errors import DocumentError, InputError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

URI = "MLFLOW_TRACKING_URI"
SECONDS = 8
MIGRATIONS = "store/db_migrations/versions"
ASK = "SELECT version_num FROM alembic_version"
ANOTHER = f"move it away, and MLflow makes a new one, or name another store by {URI}"
BAD_GATEWAY = 502
DRIVERS = {"MySQLdb": "mysqlclient", "psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary"}


@dataclass(frozen=True)
class TrackingStore:
    """The tracking store of the project at ``root``: a server, a database, or SQLite in the project."""

    root: Path

    @property
    def uri(self) -> str:
        """What ``MLFLOW_TRACKING_URI`` says, or SQLite in the project."""
        return os.environ.get(URI) or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def shown(self) -> str:
        """The address without a password; the project's own database by its path in the project."""
        address = urlsplit(self.uri)
        if "@" in address.netloc:
            return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
        return self.uri.replace(f"{self.root}/", "")

    def begun(self) -> bool:
        """Whether there may be anything in it. Asks no server."""
        path = _sqlite_file(self.uri)
        return path is None or path.exists()

    def look(self) -> str:
        """What is there. Raises ``ToolError`` where nothing answers, ``InputError`` where what answers will not do."""
        scheme = self.uri.partition(":")[0].partition("+")[0]
        looks: dict[str, Callable[[], str]] = {
            "http": self._server,
            "https": self._server,
            "sqlite": self._sqlite,
            "postgresql": self._database,
            "mysql": self._database,
            "mssql": self._database,
        }
        return looks.get(scheme, lambda: self.shown)()

    def _server(self) -> str:
        try:
            address = f"{self.uri.rstrip('/')}/version"
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - look() asks http(s) alone here
                version = answer.read(64).decode(errors="replace").strip()
        except urllib.error.HTTPError as error:
            if error.code >= BAD_GATEWAY:
                raise self._silent(str(error)) from error
            return self.shown  # whoever wants to know who asks is there
        except (OSError, ValueError) as error:
            raise self._silent(str(getattr(error, "reason", error))) from error
        ours = importlib.metadata.version("mlflow")
        if re.match(r"\d+\.\d", version) and version.partition(".")[0] != ours.partition(".")[0]:
            raise InputError(f"MLflow at {self.shown} is {version}, this machine has {ours}", hint="upgrade the server")
        return f"{self.shown}, version {version}"

    def _silent(self, reason: str) -> ToolError:
        hint = f"start it, or set {URI} right; without it, MLflow is a file in the project"
        return ToolError(f"MLflow at {self.shown} does not answer: {reason}", hint=hint)

    def _sqlite(self) -> str:
        path = _sqlite_file(self.uri)
        if path is None:
            return self.shown
        if path.is_dir():
            raise DocumentError(f"{self.shown}: a folder, not a database", hint=ANOTHER)
        _demand_writable(path)
        if not path.exists():
            return self.shown
        try:
            with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=SECONDS)) as database:
                tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                found = database.execute(ASK).fetchone() if "alembic_version" in tables else None
        except sqlite3.OperationalError as error:
            held = "close what holds it, or wait" if "locked" in str(error) else f"see that file, or set {URI}"
            raise ToolError(f"{self.shown}: {error}", hint=held) from error
        except sqlite3.DatabaseError as error:
            raise DocumentError(f"{self.shown}: no database of MLflow: {error}", hint=ANOTHER) from error
        if tables & {"alembic_version", "experiments"}:
            self._demand_schema(found[0] if found else "")
        return self.shown

    def _database(self) -> str:
        import sqlalchemy  # noqa: PLC0415 - takes a third of a second, and is needed for a database server alone
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as said above

        try:
            engine = sqlalchemy.create_engine(self.uri, connect_args=_patience(self.uri))
            with engine.connect() as connection:
                there = sqlalchemy.inspect(connection).has_table("alembic_version")
                found = connection.execute(sqlalchemy.text(ASK)).scalar() if there else None
        except ModuleNotFoundError as error:
            driver = error.name or "its driver"
            hint = f"pip install '{DRIVERS.get(driver, driver)}'"
            raise InputError(f"MLflow at {self.shown}: {driver} is not installed", hint=hint) from error
        except SQLAlchemyError as error:
            raise self._silent(_said(error)) from error
        if there:
            self._demand_schema(str(found or ""))
        return self.shown

    def _demand_schema(self, found: str) -> None:
        known, head = _revisions()
        if not head or found == head:
            return
        version = importlib.metadata.version("mlflow")
        if found and found not in known:
            raise DocumentError(
                f"{self.shown}: its schema {found} is another program's, or a newer MLflow's than {version} here",
                hint=f"install the MLflow that made it; or {ANOTHER}",
            )
        raise DocumentError(
            f"{self.shown}: its schema {found or 'without a version'} is an older MLflow's, {version} needs {head}",
            hint=f"keep a copy of it, then: mlflow db upgrade {self._command_uri()}",
        )

    def _command_uri(self) -> str:
        return self.uri if self.shown == self.uri or self.uri.startswith("sqlite") else f'"${URI}"'


def _sqlite_file(uri: str) -> Path | None:
    """As SQLAlchemy: behind three slashes, from the working directory; without a file, in memory."""
    named = uri.partition("://")[2].partition("?")[0].removeprefix("/")
    return Path(named) if uri.startswith("sqlite") and named not in {"", ":memory:"} else None


def _demand_writable(path: Path) -> None:
    if not path.parent.is_dir():
        raise DocumentError(f"{path}: {path.parent} is not there", hint=f"make that folder, or set {URI} right")
    for each in (path, path.parent):
        if each.exists() and not os.access(each, os.W_OK):
            raise InputError(f"{each}: this user may not write there", hint=f"see its owner and mode, or set {URI}")


def _patience(uri: str) -> dict[str, int]:
    return {} if uri.startswith("mssql") else {"connect_timeout": SECONDS}


def _said(error: Exception) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@cache
def _revisions() -> tuple[frozenset[str], str]:
    """The schemas that the MLflow here knows, and the one that it needs; empty where it does not say so."""
    spec = find_spec("mlflow")
    folder = Path(spec.origin).parent / MIGRATIONS if spec and spec.origin else Path()
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    known = {found for text in texts for found in re.findall(r'^revision = ["\'](\w+)["\']', text, re.MULTILINE)}
    before = {found for text in texts for found in re.findall(r'^down_revision = ["\'](\w+)["\']', text, re.MULTILINE)}
    heads = known - before
    return frozenset(known), heads.pop() if len(heads) == 1 else ""
