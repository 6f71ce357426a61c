"""Finds the project's plug-in, ``module:object``, and says what it lacks."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from lockgate.domain.names import meant
from lockgate.domain.project.origin import origin, told
from lockgate.errors import FOREIGN, LockgateError, SettingsError
from lockgate.ports import ModelPlugin

METHODS = ("data", "inputs", "train", "open")
PARTS = ("name", "gate", "reasons", "plant")
GUIDE = "see docs/your-model.md"
PLANTS = "see docs/drill.md"


class ImportPath(Protocol):
    """Where the project's modules are found, once it is on Python's path."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    def taken(self, module: str) -> str:
        """Why the project's file of that name cannot be imported; empty where it can, or where there is none."""
        ...

    def misled(self) -> Iterator[str]:
        """Each name that the project's modules import, and that is another's though a file of the project has it."""
        ...


def load_plugin(name: str, path: ImportPath) -> ModelPlugin:
    """Import the object and make an instance of it. Raises ``SettingsError`` with what is wrong with it."""
    made = _made("plugin", name, path, GUIDE)
    if absent := [method for method in METHODS if not callable(getattr(made, method, None))]:
        raise SettingsError(f"params.yaml: plugin: {name} has no {', '.join(absent)}", hint=GUIDE)
    plugin: ModelPlugin = made
    return plugin


def load_plant(name: str, path: ImportPath) -> Any:
    """The same for a bad candidate of the drill."""
    made = _made("drill.plants", name, path, PLANTS)
    if absent := [attribute for attribute in PARTS if not hasattr(made, attribute)]:
        raise SettingsError(f"params.yaml: drill.plants: {name} has no {', '.join(absent)}", hint=PLANTS)
    return made


def _made(key: str, name: str, path: ImportPath, guide: str) -> Any:
    try:
        found = _find(key, name, path, guide)
    finally:
        _demand_own(key, name, path)
    try:
        return found() if isinstance(found, type) else found
    except LockgateError:
        raise
    except FOREIGN as error:
        raise _unusable(f"params.yaml: {key}: {name} cannot be made", error, name, path, guide) from error


def _demand_own(key: str, name: str, path: ImportPath) -> None:
    """What else went wrong comes from that: it is said first."""
    taken = path.taken(name.partition(":")[0].partition(".")[0])
    if wrong := [taken] if taken else [*path.misled()]:
        raise SettingsError(f"params.yaml: {key}: {name}: {'; '.join(wrong)}", hint="give your file another name")


def _unusable(what: str, error: BaseException, name: str, path: ImportPath, guide: str) -> SettingsError:
    place = origin(error, path.root, (name,))
    return SettingsError(f"{what}: {told(error)}", hint=f"at {place}; --traceback shows every step" if place else guide)


def _find(key: str, name: str, path: ImportPath, guide: str) -> Any:
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise SettingsError(f"params.yaml: {key}: {name!r} is not module:object", hint=guide)
    try:
        loaded = importlib.import_module(module)
    except LockgateError:
        raise
    except FOREIGN as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
            guide = f"install the package that brings {error.name}, or put it beside params.yaml or in src/; {guide}"
        raise _unusable(f"params.yaml: {key}: {name} cannot be imported", error, name, path, guide) from error
    if not hasattr(loaded, attribute):
        guess = meant(attribute, (each for each in vars(loaded) if not each.startswith("_")))
        raise SettingsError(f"params.yaml: {key}: {module} has no {attribute!r}{guess}", hint=guide)
    return getattr(loaded, attribute)
