"""Every finding that does not pass says why, with a code that the docs explain."""

import re

import pytest
from cases import CASE, DOCS, REASONS, WORSE

from lockgate.domain.decision import decide
from lockgate.domain.permissions import NEVER_WAIVED
from lockgate.domain.verdict import OPENING
from lockgate.testing.examples import POLICY


def undocumented(verdict):
    """The findings that were not let pass and lack a documented reason."""
    return [f for f in verdict.findings if f.outcome not in OPENING and f.reason not in REASONS[f.gate]]


@pytest.mark.parametrize("case", WORSE.values(), ids=WORSE)
def test_a_finding_that_does_not_pass_has_a_documented_reason(case):
    verdict = decide(POLICY, case)
    assert verdict.blocking
    assert undocumented(verdict) == []


def test_a_finding_that_passes_has_none():
    assert {finding.reason for finding in decide(POLICY, CASE).findings} == {""}


def test_the_reasons_that_no_waiver_helps_are_those_of_the_first_table():
    first, _, _ = DOCS.read_text(encoding="utf-8").partition("## Reasons")[2].partition("The others say")
    cells = re.findall(r"^\|[^|]*\|([^|]*)\|", first, re.MULTILINE)
    named = set(re.findall(r"`(.+?)`", "".join(cells)))
    assert named == NEVER_WAIVED
