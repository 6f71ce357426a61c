"""Which store: by the line that is set, else the project's DVC remote, else a folder of the user."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.adapters.python.installed import demand
from lockgate.domain.releasing.store_setting import ONE_LINE, VARIABLE, StoreKind, StoreSetting, store_setting
from lockgate.errors import SettingsError
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.stored.placed_releases import PlacedReleases

if TYPE_CHECKING:
    from lockgate.adapters.dvc.config import Remote
    from lockgate.ports import Place, ReleaseStore

READ_ONLY = ("http://", "https://")
"""Remotes that most often take nothing: one is a store where the line names it."""
BESIDE_DATA = "lockgate"
"""Where releases lie in a remote of DVC's: beside its data."""


def release_store(project: Project) -> "ReleaseStore":
    """The store of this project."""
    return PlacedReleases(place(project), project.documents, project.files, project.layout.build)


def near_store(project: Project) -> "ReleaseStore | None":
    """The store, where it is a folder: asking it costs next to nothing. ``None`` for one that others serve."""
    from lockgate.adapters.folder_place import FolderPlace

    found = place(project)
    if not isinstance(found, FolderPlace):
        return None
    return PlacedReleases(found, project.documents, project.files, project.layout.build)


def place(project: Project) -> "Place":
    """Where it keeps things. Raises ``SettingsError`` for a store that nobody else could read."""
    root = project.layout.root
    if (named := os.environ.get(VARIABLE) or project.settings.store) is not None:
        return _named(root, _read(named))
    return _of_default_remote(root) or _folder(_home() / "lockgate")


def _read(text: str) -> StoreSetting:
    try:
        return store_setting(text)
    except ValueError as error:
        raise SettingsError(str(error), hint=ONE_LINE) from error


def _named(root: Path, setting: StoreSetting) -> "Place":
    if setting.kind is StoreKind.DVC:
        return _of_named_remote(root, setting.at)
    if setting.kind is StoreKind.OCI:
        return _registry(setting.at)
    folder = Path(os.path.abspath(root / Path(setting.at).expanduser()))  # noqa: PTH100 - links stay
    if _in_working_copy(root, folder):
        raise SettingsError(
            f"store: {setting.at} lies in the working copy, where no other clone finds it", hint=ONE_LINE
        )
    return _folder(folder)


def _of_named_remote(root: Path, name: str) -> "Place":
    from lockgate.adapters.dvc.config import remote

    found = remote(root, name)
    if found is None:
        called = f"no remote of DVC's is called {name!r}" if name else "DVC has no default remote"
        raise SettingsError(f"store: {called}", hint="see `dvc remote list`, and `dvc remote add --default NAME URL`")
    if found.folder is not None and _in_working_copy(root, found.folder):
        where = f"store: the DVC remote {found.name!r} lies in the working copy, where no other clone finds it"
        raise SettingsError(where, hint=ONE_LINE)
    return _at_remote(root, found)


def _of_default_remote(root: Path) -> "Place | None":
    """The project's default remote, where others see it too."""
    from lockgate.adapters.dvc.config import remote

    found = remote(root)
    if found is None or found.url.startswith(READ_ONLY) or (found.folder and _in_working_copy(root, found.folder)):
        return None
    return _at_remote(root, found)


def _at_remote(root: Path, found: "Remote") -> "Place":
    """A folder is asked without DVC, which takes a second to begin."""
    if found.folder is not None:
        return _folder(found.folder / BESIDE_DATA, f"DVC remote {found.name!r} ({found.shown})")
    demand("dvc", "dvc")
    from lockgate.adapters.dvc.remote_place import RemotePlace

    return RemotePlace(root, found)


def _registry(at: str) -> "Place":
    demand("oras", "oci")
    from lockgate.adapters.oci.place import OciPlace

    return OciPlace(at)


def _folder(home: Path, where: str = "") -> "Place":
    from lockgate.adapters.folder_place import FolderPlace

    return FolderPlace(home, where)


def _home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def _in_working_copy(root: Path, folder: Path) -> bool:
    """Whether it lies in the repository that the project lies in: each clone has one of its own."""
    above = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
    return folder.resolve().is_relative_to(above.resolve())
