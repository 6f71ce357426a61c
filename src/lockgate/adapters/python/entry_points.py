"""Gates that others install: found by the entry point group ``lockgate.gates``, loaded when a policy names them."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lockgate.domain.judging.protocol.gate import AskedGate, Gate
from lockgate.domain.names import listed, meant
from lockgate.errors import FOREIGN, SettingsError
from lockgate.ports import Documents

GROUP = "lockgate.gates"


def installed_gates(names: Iterable[str], params: Path, documents: Documents) -> tuple[AskedGate, ...]:
    """The gates of these names with their settings from ``gates.plugins`` of that file.

    An entry point leads to a ``Gate``, or to a class without arguments or an instance with ``policy`` and ``judge``.
    Raises ``SettingsError`` for a gate that
    is not installed, cannot be imported, or does not take its settings.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    gates = []
    for name in names:
        if name not in found:
            hint = f"install the package that brings it; there are: {listed(sorted(found)) or 'none'}"
            guess = meant(name, found)
            raise SettingsError(f"gates.plugins.{name}: no such gate is installed{guess}", hint=hint)
        try:
            loaded = found[name].load()
            gate = _as_gate(name, loaded)
        except FOREIGN as error:
            raise SettingsError(
                f"gates.plugins.{name}: {found[name].value} cannot be loaded: {type(error).__name__}: {error}",
                hint="ask those who made it, or take it out of gates.plugins",
            ) from error
        settings: object = documents.read_settings(params, gate.policy or _None, section=f"gates.plugins.{name}")
        gates.append(AskedGate(gate, settings))
    return tuple(gates)


@dataclass(frozen=True)
class _None:
    """The settings of a gate that has none."""


def _as_gate(name: str, loaded: Any) -> Gate:
    found = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(found, Gate):
        return Gate(name=name, policy=found.policy, judge=found.judge)
    if found.name != name:
        raise ValueError(f"it calls itself {found.name!r}; a gate has the name of its entry point")
    return found
