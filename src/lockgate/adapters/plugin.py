"""Finds the project's plug-in, ``module:object``, and says what it lacks."""

import importlib
import sys
from pathlib import Path
from typing import Any

from lockgate.errors import FOREIGN, LockgateError, SettingsError
from lockgate.ports import ModelPlugin

METHODS = ("data", "inputs", "train", "open")
PARTS = ("name", "gate", "reasons", "plant")
GUIDE = "see docs/your-model.md"
PLANTS = "see docs/drill.md"


def load_plugin(name: str, root: Path) -> ModelPlugin:
    """Import the object and make an instance of it. Raises ``SettingsError`` with what is wrong with it."""
    made = _made("plugin", name, root, GUIDE)
    if absent := [method for method in METHODS if not callable(getattr(made, method, None))]:
        raise SettingsError(f"params.yaml: plugin: {name} has no {', '.join(absent)}", hint=GUIDE)
    plugin: ModelPlugin = made
    return plugin


def load_plant(name: str, root: Path) -> Any:
    """The same for a bad candidate of the drill."""
    made = _made("drill.plants", name, root, PLANTS)
    if absent := [attribute for attribute in PARTS if not hasattr(made, attribute)]:
        raise SettingsError(f"params.yaml: drill.plants: {name} has no {', '.join(absent)}", hint=PLANTS)
    return made


def _made(key: str, name: str, root: Path, guide: str) -> Any:
    for folder in (root, root / "src"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    found = _find(key, name, guide)
    return found() if isinstance(found, type) else found


def _find(key: str, name: str, guide: str) -> Any:
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise SettingsError(f"params.yaml: {key}: {name!r} is not module:object", hint=guide)
    try:
        return getattr(importlib.import_module(module), attribute)
    except LockgateError:
        raise
    except FOREIGN as error:
        what = f"{type(error).__name__}: {error}"
        raise SettingsError(f"params.yaml: {key}: {name} cannot be imported: {what}", hint=guide) from error
