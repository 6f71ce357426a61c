"""What a model project's own stages use: typed parameters, tables, the hand-over of a trained model, clear errors."""

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files import LocalFiles
from lockgate.cli.boundary import guarded
from lockgate.domain.candidate import Trained
from lockgate.domain.settings import Settings
from lockgate.domain.signature import Array, Column
from lockgate.errors import DataError, ModelError, SettingsError

__all__ = [
    "Column",
    "DataError",
    "ModelError",
    "SettingsError",
    "Trained",
    "params",
    "save_sklearn",
    "stage",
    "write_json",
    "write_table",
    "write_trained",
]

T = TypeVar("T")
_FILES = LocalFiles()
_DOCUMENTS = TypedDocuments(_FILES)
_PARAMS = Path("params.yaml")


def stage(main: Callable[[], None]) -> Callable[[], None]:
    """Make a stage's main function end as a Lockgate verb does: a clear message and an exit code, no traceback."""

    @functools.wraps(main)
    def command() -> None:
        def work() -> int:
            main()
            return 0

        sys.exit(guarded(work))

    return command


def params(section: str, kind: type[T]) -> T:
    """A section of ``params.yaml``, such as ``train.sklearn``, as a frozen dataclass.

    Raises ``SettingsError`` with the line, the key's path and the likely meant key. All of ``params.yaml`` is checked
    first, so that a mistake in another section is found before hours of training.
    """
    _DOCUMENTS.read_settings(_PARAMS, Settings)
    return _DOCUMENTS.read_settings(_PARAMS, kind, section=section)


def write_table(path: Path, columns: Mapping[str, Array]) -> None:
    """Write named columns, each ``(rows,)``, as Parquet; equal columns give equal bytes."""
    from lockgate.adapters.parquet import ParquetTables

    ParquetTables(_FILES).write(path, columns)


def write_json(path: Path, values: Mapping[str, object]) -> None:
    """Write plain values as JSON, such as the metrics that `dvc metrics` shows."""
    _DOCUMENTS.write(path, dict(values))


def write_trained(folder: Path, trained: Trained) -> None:
    """Hand a trained model over: ``trained.json`` beside the model file that it names."""
    _DOCUMENTS.write(folder / "trained.json", trained)


def save_sklearn(pipeline: object, path: Path) -> None:
    """Write a fitted scikit-learn pipeline in skops form; equal pipelines give equal bytes."""
    from lockgate.adapters.sklearn import save

    path.parent.mkdir(parents=True, exist_ok=True)
    save(pipeline, path)
