"""The files that docs/extending.md names for a gate of Lockgate's own are those that a gate has."""

import re
from pathlib import Path

import lockgate
from lockgate.domain.judging.deciding.registry import GATES

HOME = Path(lockgate.__file__).parent
PAGE = Path(__file__).parents[3] / "docs/extending.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("\n### In Lockgate itself\n")[2].partition("\n## ")[0]


def test_each_file_of_the_page_is_there_for_a_gate_with_evidence_of_its_own():
    named = re.findall(r"^\| `([^`]+)` \|", SECTION, re.MULTILINE)
    assert len(named) == 12
    for path in named:
        assert (HOME / path.replace("<gate>", "robustness")).is_file(), path


def test_a_gates_folder_ends_in_one_value():
    for gate in GATES:
        module = __import__(f"lockgate.domain.judging.gates.{gate.name}.gate", fromlist=["x"])
        assert getattr(module, gate.name.upper()) is gate
