"""``lockgate policy explain``: what the policy demands, in words, and what the held-out rows can decide of it."""

from collections.abc import Iterator

from lockgate.domain.judging.protocol.words import Told
from lockgate.domain.names import listed, meant
from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.errors import InputError
from lockgate.usecases.judging.margins import decidable
from lockgate.usecases.project.instruments import Instruments


def explain_policy(instruments: Instruments) -> Iterator[str]:
    """Lines for people. Runs no model."""
    project = instruments.project()
    gates = project.settings.gates
    found = decidable(project, project.settings.environment(None), instruments.tables())
    known = found.words if found is not None and found.margin > gates.accuracy.margin else ""
    tables = project.settings.tables
    told = Told("", known, tables.task, tables.quantiles, tables.time or "", tables.group or "")
    yield from explain(gates, project.settings.production, told, project.gates)
    for name, why in project.installed.problems.items():
        yield f"{name} cannot be asked here, and what asks for it is undecided: {why}"


def settings_of(instruments: Instruments, name: str) -> type:
    """The class of an installed gate's settings. Raises ``InputError`` where the policy names no such gate."""
    kinds = {gate.name: gate.gate.policy for gate in instruments.project().gates if gate.gate.policy is not None}
    if name not in kinds:
        raise InputError(
            f"the policy names no gate {name!r} with settings{meant(name, kinds)}",
            hint=f"gates.plugins of params.yaml names: {listed(kinds) or 'none'}",
        )
    return kinds[name]
