"""The stages as `dvc.yaml` defines them, without DVC: what its templates say of a stage whose name is known."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lockgate.domain.making.stage_records import Stage

PARAMS = "params.yaml"


class Hidden(Exception):
    """A template that only DVC can work out."""


class Definitions:
    """The stages of a `dvc.yaml`; ``params`` reads a file of params. What a name does not tell raises ``Hidden``."""

    def __init__(self, tree: Any, params: Callable[[str], Any]) -> None:
        stages = tree.get("stages") if isinstance(tree, Mapping) else None
        self._stages = stages if isinstance(stages, Mapping) else {}
        self._params = params

    def names(self) -> list[str]:
        """Every stage in its order, one of several as DVC writes it: ``train@sklearn``. Raises ``Hidden``."""
        return [name for base, entry in self._stages.items() for name in self._names_of(str(base), entry)]

    def _names_of(self, base: str, entry: Any) -> list[str]:
        if not isinstance(entry, Mapping):
            raise Hidden(base)
        if not {"foreach", "matrix"} & entry.keys():
            return [base]
        _, items = self._items(entry)
        if not items:
            raise Hidden(base)
        return [f"{base}@{item}" for item in items]

    def stage(self, name: str) -> Stage | None:
        """The stage of that name; ``None`` where there is none. Raises ``Hidden``."""
        base, _, item = name.partition("@")
        entry = self._stages.get(base)
        if not isinstance(entry, Mapping) or self._is_gone(entry, item):
            return None
        body, known = _body(entry), self._rendering(entry, item)
        wdir = self.wdir(name)
        outs = located(wdir, (path for kind in ("outs", "metrics", "plots") for path in known(_paths(body.get(kind)))))
        deps = located(wdir, known(_paths(body.get("deps"))))
        params: dict[str, dict[str, None]] = {}
        for file, keys in self._keys(wdir, body.get("params"), known):
            params.setdefault(file, {}).update(dict.fromkeys(known(keys)))
        cmd = "".join(known([command(body.get("cmd", ""))]))
        return Stage(name, params, dict.fromkeys(deps, ""), dict.fromkeys(outs, ""), cmd)

    def wdir(self, name: str) -> str:
        """The folder that its paths start from: empty for that of `dvc.yaml`. Raises ``Hidden``."""
        base, _, item = name.partition("@")
        entry = self._stages.get(base)
        if not isinstance(entry, Mapping):
            return ""
        return self._rendering(entry, item)([_body(entry).get("wdir") or ""])[0]

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
        """Texts with the one item that the stage's name tells."""
        key, items = self._items(entry)
        place = rf"\$\{{\s*{key}\s*\}}" if item in items else ""

        def known(texts: Iterable[str]) -> list[str]:
            rendered = [re.sub(place, lambda _: item, str(text)) if place else str(text) for text in texts]
            if hidden := [text for text in rendered if "${" in text]:
                raise Hidden(hidden[0])
            return rendered

        return known

    def _is_gone(self, entry: Mapping[str, Any], item: str) -> bool:
        """Whether the stage is one of several, and none of today's."""
        _, items = self._items(entry)
        return bool(items) and item not in items

    def _items(self, entry: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """How the one item is written in the stage's templates, and what it may be; nothing where a name hides it."""
        matrix = entry.get("matrix")
        if isinstance(matrix, Mapping) and len(matrix) == 1:
            ((key, values),) = matrix.items()
            written = rf"item\.{re.escape(str(key))}"
        else:
            values, written = entry.get("foreach"), "item"
        template = re.fullmatch(r"\$\{\s*([\w.]+)\s*\}", values) if isinstance(values, str) else None
        if template:
            values = _value(self._params(PARAMS), template[1])
        if not isinstance(values, list) or not all(type(value) in {str, int} for value in values):
            return written, ()
        return written, tuple(dict.fromkeys(map(str, values)))


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
