"""A plug-in whose trained models remember what they answered: many plants change the export and leave its source."""

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Columns
from lockgate.ports import ModelPlugin

ASKED = frozenset({"predict", "reference"})


class CachingPlugin:
    """Another plug-in, but for ``open``: it gives the model that it gave before to equal files."""

    def __init__(self, plugin: ModelPlugin, digest: Callable[[Path], Digest]) -> None:
        self._plugin, self._digest = plugin, digest
        self._models: dict[Digest, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plugin, name)

    def open(self, trained: Trained, folder: Path) -> Any:
        """The trained model; ``digest`` tells whether its files are those of before."""
        key = self._digest(folder)
        if key not in self._models:
            self._models[key] = RememberingModel(self._plugin.open(trained, folder))
        return self._models[key]


class RememberingModel:
    """A source model that has what the other has; equal rows get the answers of before."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return self._remembered(name, found) if name in ASKED else found

    @cached_property
    def _answers(self) -> dict[tuple[str, str], Any]:
        return {}

    def _remembered(self, name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def answer(columns: Columns, *others: Any) -> Any:
            key = (name, _key(columns))
            if key not in self._answers:
                self._answers[key] = ask(columns, *others)
            return self._answers[key]

        return answer


def _key(columns: Columns) -> str:
    found = hashlib.sha256()
    for name, values in columns.items():
        text = values.dtype.kind in "OUST"
        content = "\x1f".join(map(str, values.tolist())).encode() if text else np.ascontiguousarray(values).tobytes()
        found.update(f"{name}\0{values.dtype}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
