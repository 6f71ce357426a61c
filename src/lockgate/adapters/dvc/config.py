"""DVC's own settings, read as DVC reads them and without it: where its cache lies, and which remotes it has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from configobj import ConfigObj, ConfigObjError

from lockgate.errors import SettingsError

FOLDER = ".dvc"
NAMES = ("dvc", "iterative")


def dvc_folder(root: Path) -> Path:
    """The `.dvc` of the project at ``root``: its own, or that of the repository that it is a folder of."""
    return next((each / FOLDER for each in (root, *root.parents) if (each / FOLDER).is_dir()), root / FOLDER)


def cache_folder(root: Path) -> Path | None:
    """DVC's cache on this disk; ``None`` where it is elsewhere. Raises ``SettingsError`` for settings that are none."""
    settings = _merged(dvc_folder(root))
    cache = settings.get("cache", {})
    named = cache.get("dir", str(dvc_folder(root) / "cache"))
    if remote := cache.get("local"):
        named = settings.get(f'remote "{remote}"', {}).get("url", named)
    return None if "://" in named else Path(named)


@dataclass(frozen=True)
class Remote:
    """A remote of DVC's: its name, and its URL, or the folder that it is."""

    name: str
    url: str

    @property
    def folder(self) -> Path | None:
        """Where it lies on this disk."""
        return None if "://" in self.url else Path(self.url)

    @property
    def shown(self) -> str:
        """As people may read it: without user and password."""
        scheme, _, rest = self.url.rpartition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}" if scheme else self.url


def default_remote(root: Path) -> str:
    """The name of the default remote; empty where none is set. Raises ``SettingsError`` as ``cache_folder`` does."""
    return _merged(dvc_folder(root)).get("core", {}).get("remote", "")


def remote(root: Path, name: str = "") -> Remote | None:
    """The remote of that name, or the default one; ``None`` where there is none."""
    settings = _merged(dvc_folder(root))
    name = name or settings.get("core", {}).get("remote", "")
    url = settings.get(f'remote "{name}"', {}).get("url", "") if name else ""
    return Remote(name, url) if url else None


def _merged(folder: Path) -> dict[str, dict[str, str]]:
    """The settings of system, user, repository and this working copy, the later over the earlier."""
    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or platformdirs.site_config_dir(*NAMES)
    user = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or platformdirs.user_config_dir(*NAMES)
    merged: dict[str, dict[str, str]] = {}
    for path in (Path(system, "config"), Path(user, "config"), folder / "config", folder / "config.local"):
        for section, values in _sections(path).items():
            merged.setdefault(section, {}).update(values)
    return merged


def _sections(path: Path) -> dict[str, dict[str, str]]:
    """The sections of one file that name folders; what it names starts from where it stands."""
    try:
        with path.open("rb") as file:
            tree: Mapping[str, Any] = ConfigObj(file).dict()
    except FileNotFoundError:
        return {}
    except (ConfigObjError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: DVC's settings cannot be read: {error}", hint="see `dvc config`") from error
    found = {
        section.lower().replace("'", ""): {key.lower(): value for key, value in values.items()}
        for section, values in tree.items()
        if isinstance(values, Mapping)
    }
    return {
        section: {key: _located(path.parent, key, each) for key, each in values.items()}
        for section, values in found.items()
    }


def _located(folder: Path, key: str, value: Any) -> str:
    text = str(value)
    if key not in {"dir", "url"} or "://" in text:
        return text
    return os.path.abspath(folder / Path(text).expanduser())  # noqa: PTH100 - `..` is gone, and links stay, as for DVC
