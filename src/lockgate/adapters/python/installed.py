"""What is installed, and in which version, without loading it."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from lockgate.errors import MissingTool

DISTRIBUTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"),
}
"""Under which names a library is installed, where that is not its own."""


def demand(module: str, extra: str) -> None:
    """Raise ``MissingTool`` unless that module can be imported; ``extra`` of Lockgate brings it."""
    if find_spec(module) is None:
        raise MissingTool(module, extra)


class InstalledLibraries:
    """The libraries port on the metadata of the environment that runs this."""

    def __init__(self) -> None:
        self._found: dict[str, str | None] = {}

    def version(self, name: str) -> str | None:
        """The version that is installed; ``None`` where there is none."""
        if name not in self._found:
            self._found[name] = _version(name)
        return self._found[name]


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - most verbs ask for no version

    for distribution in DISTRIBUTIONS.get(name, (name,)):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return None
