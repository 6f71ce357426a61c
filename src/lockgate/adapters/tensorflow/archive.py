"""Keras' own form, so that equal models give equal bytes."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras

_EPOCH = (1980, 1, 1, 0, 0, 0)


def stable(written: Path) -> bytes:
    """The archive without dates, and with objects numbered as they come instead of by their address in memory."""
    target = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = json.dumps({"keras_version": keras.__version__, "date_saved": ""}).encode()
            elif name == "config.json":
                content = json.dumps(_with_stable_ids(json.loads(content), {})).encode()
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return target.getvalue()


def _with_stable_ids(node: Any, ids: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_with_stable_ids(item, ids) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: ids.setdefault(value, len(ids)) if key == "shared_object_id" else _with_stable_ids(value, ids)
        for key, value in node.items()
    }
