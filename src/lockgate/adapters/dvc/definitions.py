"""The stages as `dvc.yaml` defines them, without DVC: what its templates say of a stage whose name is known."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lockgate.domain.lineage import Stage

PARAMS = "params.yaml"


class Definitions:
    """The stages of a `dvc.yaml`; ``params`` reads a file of params."""

    def __init__(self, tree: Any, params: Callable[[str], Any]) -> None:
        stages = tree.get("stages") if isinstance(tree, Mapping) else None
        self._stages = stages if isinstance(stages, Mapping) else {}
        self._params = params

    def stage(self, name: str) -> Stage | None:
        """The stage of that name, with all that can be told of it; ``None`` where there is none."""
        base, _, item = name.partition("@")
        entry = self._stages.get(base)
        if not isinstance(entry, Mapping):
            return None
        body, known = _body(entry), self._rendering(entry, item)
        wdir = self.wdir(name) or ""
        outs = located(wdir, (path for kind in ("outs", "metrics", "plots") for path in known(_paths(body.get(kind)))))
        deps = located(wdir, known(_paths(body.get("deps"))))
        params: dict[str, dict[str, None]] = {}
        for file, keys in self._keys(wdir, body.get("params"), known):
            params.setdefault(file, {}).update(dict.fromkeys(known(keys)))
        cmd = "".join(known([command(body.get("cmd", ""))]))
        return Stage(name, params, dict.fromkeys(deps, ""), dict.fromkeys(outs, ""), cmd)

    def wdir(self, name: str) -> str | None:
        """The folder that its paths start from: empty for that of `dvc.yaml`, ``None`` where a template hides it."""
        base, _, item = name.partition("@")
        entry = self._stages.get(base)
        if not isinstance(entry, Mapping):
            return ""
        return next(iter(self._rendering(entry, item)([_body(entry).get("wdir") or ""])), None)

    def _keys(
        self, wdir: str, listed: Any, known: Callable[[Iterable[str]], list[str]]
    ) -> Iterator[tuple[str, Iterable[str]]]:
        """The keys that a stage reads, by file; a file that is named without keys is read whole."""
        yield path_of(wdir, PARAMS), [each for each in listed or () if isinstance(each, str)]
        for each in listed or ():
            for named, keys in each.items() if isinstance(each, Mapping) else ():
                for file in located(wdir, known([named])):
                    whole = self._params(file)
                    yield file, keys or (whole if isinstance(whole, Mapping) else ())

    def _rendering(self, entry: Mapping[str, Any], item: str) -> Callable[[Iterable[str]], list[str]]:
        """Texts with the one item that the stage's name tells; those whose template asks for more are left out."""
        place = self._place(entry, item)

        def known(texts: Iterable[str]) -> list[str]:
            rendered = (re.sub(place, lambda _: item, str(text)) if place else str(text) for text in texts)
            return [text for text in rendered if "${" not in text]

        return known

    def _place(self, entry: Mapping[str, Any], item: str) -> str:
        """How the item is written in the stage's templates; empty where the name does not tell what it is."""
        matrix = entry.get("matrix")
        if isinstance(matrix, Mapping) and len(matrix) == 1:
            ((key, values),) = matrix.items()
            written = rf"item\.{re.escape(str(key))}"
        else:
            values, written = entry.get("foreach"), "item"
        template = re.fullmatch(r"\$\{\s*([\w.]+)\s*\}", values) if isinstance(values, str) else None
        if template:
            values = _value(self._params(PARAMS), template[1])
        plain = {str(value) for value in values if isinstance(value, str | int)} if isinstance(values, list) else set()
        return rf"\$\{{\s*{written}\s*\}}" if item in plain else ""


def command(cmd: Any) -> str:
    """A command as one text: a stage may have several."""
    return "\n".join(map(str, cmd)) if isinstance(cmd, list) else str(cmd)


def path_of(wdir: str, path: str) -> str:
    """One path for one file, from the project's root: DVC keeps `./x`, `x/` and `../x` as they are written."""
    return posixpath.normpath(posixpath.join(wdir, path))


def located(wdir: str, paths: Iterable[str]) -> list[str]:
    """Those paths from the project's root; what lies elsewhere, under an address, is left out."""
    return [path_of(wdir, path) for path in paths if "://" not in path]


def _body(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is defined of a stage, for each item if there are several."""
    body = entry.get("do", entry)
    return body if isinstance(body, Mapping) else {}


def _paths(listed: Any) -> list[str]:
    return [next(iter(each)) if isinstance(each, Mapping) else each for each in listed or ()]


def _value(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
