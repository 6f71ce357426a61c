"""What others bring: gates, metrics and probes; and what judges a file outside every project."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lockgate.adapters.documents import written
from lockgate.adapters.python.installed import demand
from lockgate.domain.choices import is_installed
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.errors import DataError, InputError, SettingsError
from lockgate.usecases.project.project import Project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lockgate.domain.model.signature import Columns
    from lockgate.ports import Files, JudgementPages
    from lockgate.usecases.judging.model_files.asking import Bench, Fetched
    from lockgate.usecases.judging.model_files.file_policy import GivenPolicy


def with_gates(project: Project, params: Path) -> Project:
    """The project with what of others its policy names; settings of gates stand in that file.

    The policy gets their defaults too: a verdict tells all that it was judged by. Raises ``SettingsError`` for a limit
    that an installed metric cannot have.
    """
    project = _with_metrics(project, params)
    names = project.settings.gates.plugins
    if not names:
        return project
    from lockgate.adapters.python.entry_points import installed_gates

    gates = installed_gates(names, params, project.documents)
    policy = replace(project.settings.gates, plugins={gate.name: written(gate.policy) for gate in gates})
    return replace(project, settings=replace(project.settings, gates=policy), gates=gates)


def _with_metrics(project: Project, params: Path) -> Project:
    policy = project.settings.gates
    metrics = [policy.accuracy.metric] if is_installed(policy.accuracy.metric) else []
    probes = policy.robustness.probes if policy.robustness else ()
    if not metrics and not probes:
        return project
    from lockgate.adapters.python.entry_points import installed_for

    installed = installed_for(metrics, probes, project.settings.tables.task)
    for metric in installed.metrics.values():
        try:
            policy.demand_possible(metric)
        except ValueError as error:
            raise SettingsError(f"{params.name}: gates.accuracy: {error}", hint=f"{metric} says so") from error
    return replace(project, installed=installed)


@contextmanager
def model_bench(ignored: "Collection[str]" = ()) -> "Iterator[Bench]":
    """What judges an ONNX file outside every project, with a folder of its own that is gone afterwards.

    Columns that are ``ignored`` need not be such as can be read.
    """
    demand("onnx", "onnx")
    demand("onnxruntime", "onnx")
    from lockgate.adapters.clock import SystemClock
    from lockgate.adapters.files.local_files import LocalFiles
    from lockgate.adapters.onnx.graphs.files import OnnxFiles
    from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime
    from lockgate.usecases.judging.model_files.asking import Bench

    limits = ParityPolicy(tolerance="calibrated")
    runtime = IsolatedRuntime(limits.seconds, int(limits.memory_gib * 1024**3), soon=True)
    files = LocalFiles()
    with TemporaryDirectory(prefix="lockgate-judge-") as work:
        folder = Path(work)
        yield Bench(
            OnnxFiles(),
            runtime,
            lambda path: _table(path, files, ignored),
            files,
            SystemClock(),
            folder,
            lambda path: file_policy(path, files),
            lambda name: _model(name, folder),
        )


def _model(name: str, work: Path) -> "Fetched":
    """A file by its path, or of MLflow's registry."""
    from lockgate.usecases.judging.model_files.asking import Fetched

    if not name.startswith("models:"):
        return Fetched(Path(name))
    demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.registered_graph import registered_graph

    return Fetched(*registered_graph(name, Path.cwd(), work / "registered"))


def file_policy(path: Path, files: "Files") -> "GivenPolicy":
    """The ``gates:`` of a YAML file such as ``params.yaml``. Raises ``SettingsError``."""
    from lockgate.adapters.documents import TypedDocuments
    from lockgate.usecases.judging.model_files.file_policy import FilePolicy, GivenPolicy

    if not path.is_file():
        raise SettingsError(f"{path}: missing", hint="--policy names a YAML file with `gates:` as in params.yaml")
    documents = TypedDocuments(files)
    policy = documents.read_settings(path, FilePolicy, section="gates")
    written = documents.read_settings(path, dict[str, Any])["gates"]
    return GivenPolicy(policy, written, lambda place: documents.line(path, place))


def _table(path: Path, files: "Files", ignored: "Collection[str]") -> "Columns":
    """Parquet, or comma-separated text by its ending. Raises ``DataError``."""
    if path.suffix.casefold() in {".csv", ".txt"}:
        from lockgate.adapters.csv_table import read_csv

        return read_csv(path, ignored)
    from lockgate.adapters.parquet import ParquetTables

    try:
        return ParquetTables(files, of_others=True, ignored=ignored).read(path)
    except DataError as error:
        # No stage makes this table.
        hint = "name a table, .parquet or .csv" if "lockgate run" in error.hint else error.hint
        raise DataError(error.message, hint=hint) from error


def judgement_page() -> "JudgementPages":
    """HTML by Jinja2."""
    from lockgate.adapters.pages.judgement import JudgementPage

    return JudgementPage()


def write_report(files: "Files", path: Path, page: str) -> None:
    """Raises ``InputError`` where no folder can be made for it."""
    try:
        files.write_bytes(path, page.encode())
    except FileNotFoundError as error:
        told = f"--report {path}: there is no folder {path.parent}, and none can be made there"
        raise InputError(told, hint="name a file in a folder that you may write") from error
