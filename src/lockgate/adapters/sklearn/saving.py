"""Saves scikit-learn objects in skops form, so that equal ones give equal bytes."""

import copy
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockgate.adapters.sklearn.skops_import import UnsupportedTypeException, in_bytes
from lockgate.errors import ModelError
from lockgate.typed_values import indented

_EPOCH = (1980, 1, 1, 0, 0, 0)


def save(pipeline: object, path: Path) -> None:
    """Write a fitted pipeline in skops form; equal pipelines give equal bytes.

    Of a search, such as ``GridSearchCV``, what it has found is written: that is what answers. Of models of quantiles, a
    dict of them by quantile is taken. Raises ``ModelError`` for what skops has no form for.

    skops names objects by their address in memory and dates the archive's entries; both are replaced by what does not
    change, so that training again with nothing changed leaves the same hash.
    """
    try:
        content = in_bytes(found_by_search(pipeline))
    except UnsupportedTypeException as error:
        raise ModelError(f"skops cannot keep the pipeline: {error}", hint="see docs/estimators.md") from error
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    path.parent.mkdir(parents=True, exist_ok=True)
    schema, renamed = _with_stable_ids(json.loads(entries.pop("schema.json")))
    entries = {renamed.get(name, name): content for name, content in entries.items()}
    entries["schema.json"] = indented(json.dumps(schema).encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), entries[name], zipfile.ZIP_DEFLATED)


def found_by_search(estimator: Any) -> Any:
    """The estimator, with the best one in place of each search; what is handed over is not changed."""
    if isinstance(estimator, dict):
        return {name: found_by_search(each) for name, each in estimator.items()}
    if hasattr(estimator, "best_estimator_"):
        return found_by_search(estimator.best_estimator_)
    steps = getattr(estimator, "steps", None)
    if not isinstance(steps, list) or not any(hasattr(step, "best_estimator_") for _, step in steps):
        return estimator
    made = copy.copy(estimator)
    made.steps = [(name, found_by_search(step)) for name, step in steps]
    return made


def _with_stable_ids(schema: Any) -> tuple[Any, Mapping[str, str]]:
    ids: dict[int, int] = {}
    files: dict[str, str] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        walked = {key: walk(value) for key, value in node.items()}
        if "__loader__" in node and "__id__" in node:
            walked["__id__"] = ids.setdefault(node["__id__"], len(ids))
        if "__loader__" in node and isinstance(node.get("file"), str):
            name = re.sub(r"^\d+", lambda _: str(len(files)), node["file"])
            walked["file"] = files.setdefault(node["file"], name)
        return walked

    return walk(schema), files
