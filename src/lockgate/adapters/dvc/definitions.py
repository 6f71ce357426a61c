"""The stages as `dvc.yaml` defines them, without DVC: what its templates say of a stage whose name is known."""

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
        body, known = entry.get("do", entry), self._rendering(entry, item)
        outs = [path for kind in ("outs", "metrics", "plots") for path in known(_paths(body.get(kind)))]
        deps = [path for path in known(_paths(body.get("deps"))) if "://" not in path]
        params = {file: dict.fromkeys(known(keys)) for file, keys in self._keys(body.get("params"))}
        cmd = "".join(known([command(body.get("cmd", ""))]))
        return Stage(name, params, dict.fromkeys(deps, ""), dict.fromkeys(outs, ""), cmd)

    def _keys(self, listed: Any) -> Iterator[tuple[str, Iterable[str]]]:
        """The keys that a stage reads, by file; a file that is named without keys is read whole."""
        yield PARAMS, [each for each in listed or () if isinstance(each, str)]
        for each in listed or ():
            for file, keys in each.items() if isinstance(each, Mapping) else ():
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


def _paths(listed: Any) -> list[str]:
    return [next(iter(each)) if isinstance(each, Mapping) else each for each in listed or ()]


def _value(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
