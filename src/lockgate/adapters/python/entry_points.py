"""Gates that others install: found by the entry point group ``lockgate.gates``, loaded when a policy names them."""

from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from lockgate.domain.judging.deciding.decision import ExtraGate, Gate
from lockgate.domain.names import listed, meant
from lockgate.errors import FOREIGN, SettingsError
from lockgate.ports import Documents

GROUP = "lockgate.gates"


def installed_gates(names: Iterable[str], params: Path, documents: Documents) -> tuple[ExtraGate, ...]:
    """The gates of these names with their settings from ``gates.plugins`` of that file.

    An entry point leads to a class without arguments, or to an instance. Raises ``SettingsError`` for a gate that
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
            gate: Gate = loaded() if isinstance(loaded, type) else loaded
        except FOREIGN as error:
            raise SettingsError(
                f"gates.plugins.{name}: {found[name].value} cannot be loaded: {type(error).__name__}: {error}",
                hint="ask those who made it, or take it out of gates.plugins",
            ) from error
        settings: object = documents.read_settings(params, gate.policy, section=f"gates.plugins.{name}")
        gates.append(ExtraGate(name, gate, settings))
    return tuple(gates)
