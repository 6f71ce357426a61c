"""Lockgate's own gates keep the contract that those of others are held to, and are made of what is public."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
import worsenings
from whole import STRICT, WHOLE

from lockgate import gates
from lockgate.domain.judging.deciding.registry import DOCUMENTS, GATES, asked
from lockgate.domain.statistics.metrics.registry import METRICS
from lockgate.testing.contracts import GateContract

POLICIES = {each.name: each.policy for each in asked(STRICT)}
CASE = replace(WHOLE, metric=METRICS[STRICT.accuracy.metric], level=STRICT.accuracy.level)
SOME = sorted(worsenings.WORSE)[::7]


def contract_of(gate):
    """A suite for that gate, as a package of somebody else's would have it."""

    class OfGate(GateContract):
        def make(self):
            return gate, POLICIES[gate.name]

        def sound(self):
            return CASE

        def worse(self):
            return {name: worsenings.WORSE[name](CASE, 1.0) for name in SOME}

    return OfGate


globals().update({f"Test{gate.name.title()}": contract_of(gate) for gate in GATES})


def test_the_registry_has_each_name_and_each_document_once():
    assert len({gate.name for gate in GATES}) == len(GATES)
    assert sorted(DOCUMENTS) == sorted(name for gate in GATES for name in gate.documents)


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and ".judging.protocol" in (node.module or ""):
            yield from (name.name for name in node.names)


HOME = Path(gates.__file__).parent / "domain/judging/gates"


@pytest.mark.parametrize("path", sorted(HOME.rglob("*.py")), ids=lambda path: str(path.relative_to(HOME)))
def test_a_gate_of_ours_is_made_of_what_is_public(path):
    assert {*imported(path)} <= {*gates.__all__}
