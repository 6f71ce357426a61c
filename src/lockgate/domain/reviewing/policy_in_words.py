"""A policy in words: what each gate demands, and which are off."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import asked
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.judging.protocol.words import Told, in_words, said


def explain(
    policy: Policy,
    production: str,
    known: Told | None = None,
    installed: Sequence[AskedGate] = (),
) -> Iterator[str]:
    """Lines, gate by gate; ``production`` is the environment where a warning needs a waiver.

    ``known`` is what the tables and the held-out rows say; the metric is the policy's. ``installed`` are gates of
    others. A gate that has nothing to ask of the task says why.
    """
    told = replace(known or Told(), metric=policy.accuracy.metric)
    gates = asked(policy)
    for gate in gates:
        if gate.gate.required:
            yield from _asked(gate, told, production)
    yield from _selection(policy, told)
    for gate in gates:
        if not gate.gate.required:
            yield from _asked(gate, told, production)
    there = {gate.name: gate for gate in installed}
    for name, settings in policy.plugins.items():
        mode = str(settings.get("mode", "enforce"))
        demands: Iterable[str] = (f"{key} {said(value)}" for key, value in settings.items() if key != "mode")
        if name in there and there[name].gate.words:
            demands = in_words(there[name].gate.words, there[name].policy, told)
        yield from _by_mode(name, mode, ("an installed gate", *demands), production)


def _asked(gate: AskedGate, told: Told, production: str) -> Iterator[str]:
    if why := gate.gate.nothing_to_ask(told.task, told.quantiles):
        return iter((f"{gate.name}: nothing to ask of a {told.task} task: {why}",))
    return _by_mode(gate.name, gate.mode, in_words(gate.gate.words, gate.policy, told), production)


def _by_mode(name: str, mode: str, demands: Iterable[str], production: str) -> Iterator[str]:
    if mode == "off":
        yield f"{name}: off, nothing is asked"
        return
    first, *others = demands
    yield f"{name}: {first}"
    yield from (f"  {each}" for each in others)
    if mode == "warn":
        yield f"  only warns; in {production} a warning needs a waiver"


def _selection(policy: Policy, told: Told) -> Iterator[str]:
    yield f"selection: candidates compete by {policy.selection.metric or policy.accuracy.metric} on validation rows"
    if policy.fairness is not None and told.task == "binary":
        rows = policy.selection.min_rows or policy.fairness.min_rows
        yield f"  fairness is shown beside it, between groups of at least {rows} of them"
