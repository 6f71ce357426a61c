"""DVC's files of any commit, by their bytes: stages as they ran then, what a `.dvc` file names, and the remotes."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml
from configobj import ConfigObj, ConfigObjError

from lockgate.adapters.dvc.stages.definitions import Definitions, Hidden, path_of
from lockgate.adapters.dvc.stages.lock import recorded
from lockgate.adapters.dvc.stages.quick_yaml import quickly
from lockgate.domain.making.stage_records import Stage
from lockgate.ports.making.past_stages import Pointed

_REMOTE = re.compile(r"""['"]?remote\s+["'](.+?)["']+""")


class DvcPast:
    """The port on DVC's files of before."""

    def stages(
        self, lock: bytes, definitions: bytes | None, param_file: Callable[[str], bytes | None]
    ) -> tuple[Stage, ...]:
        """The stages that a `dvc.lock` records, by the `dvc.yaml` beside it. Raises ``DocumentError``."""
        known = Definitions(_tree(definitions), lambda name: _tree(param_file(name)) or {})

        def wdir(name: str) -> str:
            try:
                return known.wdir(name)
            except Hidden:  # a template that only DVC works out
                return ""

        return recorded(lock, wdir)

    def tree(self, content: bytes) -> Any:
        """What a file of params in YAML holds; ``None`` where it cannot be read."""
        return _tree(content)

    def pointed(self, pointer: bytes) -> Sequence[Pointed]:
        """What a `.dvc` file names; empty where it is none."""
        tree = _tree(pointer)
        outs = tree.get("outs") if isinstance(tree, Mapping) else None
        if not isinstance(tree, Mapping) or not isinstance(outs, list):
            return ()
        origin, wdir = "; ".join(_origins(tree.get("deps"))), str(tree.get("wdir") or "")
        found = (each for each in outs if isinstance(each, Mapping) and "path" in each)
        return tuple(
            Pointed(path_of(wdir, str(each["path"])), str(each.get("md5", "")), origin, str(each.get("remote", "")))
            for each in found
        )

    def remotes(self, settings: bytes) -> tuple[str, Mapping[str, str]]:
        """The default remote of a `.dvc/config`, and the address of each, without a password."""
        try:
            tree: Mapping[str, Any] = ConfigObj(io.BytesIO(settings)).dict()
        except (ConfigObjError, UnicodeDecodeError):
            return "", {}
        core = tree.get("core")
        named = ((_REMOTE.fullmatch(section), values) for section, values in tree.items())
        found = {
            match[1]: shown(str(values.get("url", "")))
            for match, values in named
            if match and isinstance(values, Mapping)
        }
        return str(core.get("remote", "")) if isinstance(core, Mapping) else "", found


def shown(address: str) -> str:
    """An address without the name and the password before its host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else address


def _origins(deps: Any) -> Iterator[str]:
    """Where `dvc import` and `dvc import-url` had it from: a repository with its commit, or an address."""
    for each in deps if isinstance(deps, list) else ():
        if not isinstance(each, Mapping):
            continue
        repo = each.get("repo")
        if isinstance(repo, Mapping):
            commit = repo.get("rev_lock") or repo.get("rev") or ""
            yield f"{each.get('path', '')} of {shown(str(repo.get('url', '')))} at {commit}"
        elif "path" in each:
            version = each.get("etag") or each.get("md5") or ""
            yield shown(str(each["path"])) + (f" ({version})" if version else "")


def _tree(content: bytes | None) -> Any:
    """What a file holds; ``None`` where it is not there or cannot be read."""
    try:
        return None if content is None else quickly(content)
    except (ValueError, yaml.YAMLError):
        return None
