"""``lockgate policy explain``: what the policy demands, in words, and what the held-out rows can decide of it."""

from collections.abc import Iterator

from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.usecases.judging.margins import decidable
from lockgate.usecases.project.instruments import Instruments


def explain_policy(instruments: Instruments) -> Iterator[str]:
    """Lines for people. Runs no model."""
    project = instruments.project()
    gates = project.settings.gates
    found = decidable(project, project.settings.environment(None), instruments.tables())
    known = found.words if found is not None and found.margin > gates.accuracy.margin else ""
    yield from explain(gates, project.settings.production, known, project.gates)
