"""A sealed bundle as a service reads it: verified, with the types of its rows and the form of its answers.

A package carries this file beside its service, as ``lockgate_bundle.py``: it needs Python's standard library and numpy.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.generic]

MANIFEST: Final = "manifest.json"
MANIFESTS: Final = ("lockgate/release/1", "lockgate/release/2")
"""The versions of a manifest that are read here."""
OUTSIDE: Final = frozenset({MANIFEST, "model.sig"})
"""What lies in a bundle and is not in its manifest: itself, and the signature, which can be made again."""
MODEL: Final = "model.onnx"
SIGNATURE: Final = "signature.json"
SCHEMAS: Final = ("lockgate/signature/1", "lockgate/signature/2")
"""The versions of a signature that are read here."""
PROBABILITIES: Final = "probabilities"
VALUES: Final = "values"
LIKELIER: Final = 0.5
"""From this probability on, a label of several is answered."""


class BundleError(RuntimeError):
    """A bundle that is not served: a file is not the one that was sealed, or of a form that is not known here."""


@dataclass(frozen=True)
class ServedForm:
    """What clients send and get: the type of each input by its name, and the outputs that answers are made of.

    The type of a tensor is that of its values, with its axes, each by name and size; ``None`` where the size varies.
    ``classes`` are the names of the numbers, in their order; ``label`` is empty where a model answers none. ``key`` is
    what the numbers are called in an answer: ``probabilities``, or ``values`` of a regression.
    """

    dtypes: Mapping[str, str | tuple[str, tuple[tuple[str, int | None], ...]]]
    label: str
    probabilities: str
    classes: tuple[str, ...]
    key: str = PROBABILITIES

    @property
    def outputs(self) -> list[str]:
        """The names of the graph's outputs that ``write`` takes, in its order."""
        return [self.label, self.probabilities] if self.label else [self.probabilities]

    def write(self, *outputs: Iterable[Any]) -> list[dict[str, Any]]:
        """Answers as JSON: a number for each class, label or value, ``null`` for one that is none.

        A model of one label tells it too, a model of several those that are at least as likely as not.
        """
        numbers = [dict(zip(self.classes, map(_number, _row(row)), strict=True)) for row in outputs[-1]]
        if self.label:
            return [{"label": str(each), self.key: row} for each, row in zip(outputs[0], numbers, strict=True)]
        if self.key == VALUES:
            return [{self.key: row} for row in numbers]
        return [
            {"labels": [name for name, value in row.items() if _is_likely(value)], self.key: row} for row in numbers
        ]

    def read(self, predictions: object) -> dict[str, Array]:
        """The outputs again: ``(rows,)`` texts where there is a label, and ``(rows, classes)`` float64.

        What was written is read back bit by bit, NaN for ``null``. Raises ``ValueError`` for anything else.
        """
        listed = predictions if isinstance(predictions, list) else None
        if listed is None:
            raise ValueError("it holds no predictions")
        rows = len(listed)
        labels = np.empty(rows, dtype=np.object_)
        found = np.empty((rows, len(self.classes)), dtype=np.float64)
        try:
            for row, one in enumerate(listed):
                labels[row] = str(one["label"]) if self.label else ""
                answered = [one[self.key][name] for name in self.classes]
                found[row] = [math.nan if value is None else float(value) for value in answered]
        except (KeyError, TypeError) as error:
            raise ValueError(f"no prediction: {error!r}") from error
        return ({self.label: labels} if self.label else {}) | {self.probabilities: found}


@dataclass(frozen=True)
class ServedBundle:
    """The folder of a bundle with what its manifest says: the model's name, and the digest of every file."""

    folder: Path
    name: str
    files: Mapping[str, str]

    @classmethod
    def open(cls, folder: Path) -> "ServedBundle":
        """Read the manifest; nothing is verified yet. Raises ``BundleError`` where there is none that is known."""
        try:
            document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            opened = cls(folder, str(document["name"]), {str(n): str(d) for n, d in document["files"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(f"{folder / MANIFEST}: not a manifest: {error}") from error
        if (version := document.get("schema")) not in MANIFESTS:
            raise BundleError(f"{folder / MANIFEST} is {version}; {', '.join(MANIFESTS)} can be served")
        return opened

    @property
    def digest(self) -> str:
        """The release digest: the SHA-256 of the canonical JSON of ``name/file`` to digest, over all files."""
        named = {f"{self.name}/{name}": digest for name, digest in self.files.items()}
        canonical = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return _sha256(canonical.encode())

    def verify(self) -> None:
        """Raise ``BundleError`` unless every file of the manifest is there, unchanged, and no other."""
        there = {str(path.relative_to(self.folder).as_posix()) for path in self.folder.rglob("*") if path.is_file()}
        if odd := sorted((there - OUTSIDE) ^ set(self.files)):
            what = "is missing" if odd[0] in self.files else "is not in the manifest"
            raise BundleError(f"{self.folder / odd[0]} {what}: not served")
        for name in self.files:
            self.content(name)

    def content(self, name: str) -> bytes:
        """A file of the bundle. Raises ``BundleError`` where it is not the one that the manifest names."""
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise BundleError(f"{self.folder / name}: cannot be read: {error.strerror}") from error
        if (found := _sha256(content)) != self.files.get(name):
            raise BundleError(f"{self.folder / name} is {found}, the manifest names {self.files.get(name)}: not served")
        return content

    def form(self) -> ServedForm:
        """What clients send and get, by the signature, which is verified. Raises ``BundleError``."""
        return form_of(json.loads(self.content(SIGNATURE)))


def form_of(signature: Mapping[str, Any]) -> ServedForm:
    """What a service needs of the document ``signature.json``. Raises ``BundleError`` for one of another version."""
    if signature.get("schema") not in SCHEMAS:
        raise BundleError(f"{SIGNATURE} is {signature.get('schema')}; {', '.join(SCHEMAS)} can be served")
    task = signature.get("task", {"kind": "binary"})
    if (kind := task["kind"]) not in COLUMNS:
        raise BundleError(f"{SIGNATURE}: a {kind} model cannot be served; {', '.join(COLUMNS)} can")
    dtypes = {str(each["name"]): _row_type(each) for each in signature["inputs"]}
    label = signature["label"] if kind in {"binary", "multiclass"} else ""
    key = VALUES if kind == "regression" else PROBABILITIES
    return ServedForm(dtypes, label, signature["probabilities"], _columns(signature, task), key)


COLUMNS: Final = {"binary": "classes", "multiclass": "classes", "multilabel": "labels", "regression": "targets"}
"""By the kind of task, where it has the names of what is answered."""


def _columns(signature: Mapping[str, Any], task: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the numbers: of a regression with quantiles, the target and the quantile of each."""
    names = signature["classes"] or task[COLUMNS[task["kind"]]]
    quantiles = task.get("quantiles", ())
    return tuple(f"{name} {each:g}" for name in names for each in quantiles) if quantiles else tuple(names)


def _row(row: Any) -> Iterable[Any]:
    """The numbers of a row; a model of one target may answer ``(rows,)``."""
    return [row] if np.ndim(row) == 0 else row


def _is_likely(value: float | None) -> bool:
    return value is not None and value >= LIKELIER


def _row_type(declared: Mapping[str, Any]) -> str | tuple[str, tuple[tuple[str, int | None], ...]]:
    """A column's type, or a tensor's with its axes, as rows are read by."""
    axes = tuple((str(axis["name"]), axis.get("size")) for axis in declared.get("axes", ()))
    return (str(declared["dtype"]), axes) if axes else str(declared["dtype"])


def _number(value: Any) -> float | None:
    """A number of an answer; ``null`` for one that is no number, which JSON does not have."""
    return float(value) if math.isfinite(value) else None


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
