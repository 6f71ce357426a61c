"""What the project's own code raised, as an error of Lockgate's that names the line."""

import errno
from pathlib import Path

from lockgate.cli.boundary import EXTRAS
from lockgate.cli.wiring.project import find_layout, find_project
from lockgate.domain.project.origin import Place, origin, told
from lockgate.errors import LockgateError, PluginError

_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})


def plugin_failure(error: BaseException, root: Path | None) -> LockgateError | None:
    """The error in its place, where it came from a line of the project; ``None`` where it did not."""
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        return None
    place = _place(error, root)
    if isinstance(error, SystemExit):
        who = "the plug-in" if place else "code that is not Lockgate's"
        what = f"{who} wanted to end the process with {error.code!r}"
        hint = f"at {place}; leave it out" if place else "see the plug-in; --traceback shows where"
        return PluginError(what, hint=hint) if place else LockgateError(what, hint=hint)
    if place is None:
        return None
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(error.name.partition(".")[0], place)
    return PluginError(f"the plug-in failed at {place}: {told(error)}", hint="--traceback shows every step")


def _place(error: BaseException, root: Path | None) -> Place | None:
    try:
        folder = find_layout(root).root
    except LockgateError:
        return None
    try:
        settings = find_project(folder).settings
    except LockgateError:
        return origin(error, folder)
    return origin(error, folder, (settings.plugin, *settings.drill.plants))


def _missing(module: str, place: Place) -> PluginError:
    """Whoever is told to install a name that is nobody's, or somebody else's, is told wrong."""
    told = f"{module} is not installed, and the plug-in imports it at {place}"
    if module in EXTRAS:
        return PluginError(told, hint=f"pip install 'lockgate[{EXTRAS[module]}]'")
    return PluginError(
        told, hint="install the package that brings it; if it is yours, put it beside params.yaml or in src/"
    )
