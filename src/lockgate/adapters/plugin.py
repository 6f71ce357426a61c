"""Finds the project's plug-in, ``module:object``, and says what it lacks."""

import importlib
import sys
from pathlib import Path
from typing import Any

from lockgate.errors import LockgateError, SettingsError
from lockgate.ports import ModelPlugin

METHODS = ("data", "inputs", "train", "open")
GUIDE = "see docs/your-model.md"


def load_plugin(name: str, root: Path) -> ModelPlugin:
    """Import the object and make an instance of it. Raises ``SettingsError`` with what is wrong with it."""
    for folder in (root, root / "src"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    found = _find(name)
    made = found() if isinstance(found, type) else found
    if absent := [method for method in METHODS if not callable(getattr(made, method, None))]:
        raise SettingsError(f"params.yaml: plugin: {name} has no {', '.join(absent)}", hint=GUIDE)
    plugin: ModelPlugin = made
    return plugin


def _find(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise SettingsError(f"params.yaml: plugin: {name!r} is not module:object", hint=GUIDE)
    try:
        return getattr(importlib.import_module(module), attribute)
    except LockgateError:
        raise
    except Exception as error:
        raise SettingsError(f"params.yaml: plugin: {name} cannot be imported: {error}", hint=GUIDE) from error
