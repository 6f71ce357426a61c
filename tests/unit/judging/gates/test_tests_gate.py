"""The tests gate: only a whole run on exactly this commit passes."""

from dataclasses import replace

import pytest
from cases import CASE, PASSED, REFUSED, UNDECIDED, finding, outcome, with_evidence, with_tests

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.source import Source
from lockgate.testing.examples import SOURCE


def test_a_failed_test_refuses():
    found = finding(with_tests(failures=1, failed=("test_one",), exit_code=1), "tests", "failed")
    assert found.outcome is REFUSED
    assert "test_one" in found.message


@pytest.mark.parametrize("failures", [0, 1])
def test_a_test_that_could_not_run_refuses_and_counts_as_one_that_failed(failures):
    found = finding(with_tests(failures=failures, errors=1), "tests", "failed")
    assert (found.outcome, found.measured) == (REFUSED, failures + 1)


@pytest.mark.parametrize(("tests", "skipped"), [(0, 0), (9, 0), (10, 1)])
def test_too_few_tests_that_ran_leave_the_verdict_undecided(tests, skipped):
    assert finding(with_tests(tests=tests, skipped=skipped), "tests", "ran").outcome is UNDECIDED


@pytest.mark.parametrize("counts", [{"tests": 0, "skipped": -12}, {"failures": 1, "errors": -1}, {"failures": -1}])
def test_a_count_below_0_leaves_the_verdict_undecided(counts):
    found = finding(with_tests(**counts), "tests", "ran")
    assert (found.outcome, found.reason) == (UNDECIDED, "no-test-ran")


def test_failed_tests_that_are_named_and_not_counted_leave_the_verdict_undecided():
    found = finding(with_tests(failed=("test_one", "test_two")), "tests", "failed")
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")
    assert found.message == "the evidence counts no failed test and names 2, as test_one"


@pytest.mark.parametrize(
    ("report", "said"), [(None, "is gone"), (sha256(b"another"), "lies there")], ids=["gone", "another"]
)
def test_the_report_that_the_evidence_was_read_from_must_lie_there(report, said):
    found = finding(with_evidence(beside=ProjectFacts(files={"report": report})), "tests", "report")
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")
    assert said in found.message


def test_where_no_report_can_lie_none_is_asked_for():
    assert (
        outcome(with_evidence(beside=ProjectFacts(files={"report": CASE.evidence.of(TestsEvidence).report}))) is PASSED
    )
    assert outcome(with_evidence(beside=ProjectFacts())) is PASSED


def test_too_many_skipped_tests_never_pass():
    assert finding(with_tests(tests=30, skipped=2), "tests", "skipped").outcome is REFUSED
    assert finding(with_tests(tests=30, skipped=1), "tests", "skipped").outcome is PASSED


def test_uncommitted_changes_leave_the_verdict_undecided_even_where_the_tests_saw_the_same():
    dirty = replace(SOURCE, changed=("params.yaml",))
    case = replace(with_tests(source=dirty), source=dirty)
    assert outcome(case) is UNDECIDED
    found = finding(case, "tests", "fresh")
    assert "params.yaml" in found.message
    assert (
        found.remedy
        == "commit or undo them (git may hide some), then run `lockgate check tests`: a verdict holds for a commit"
    )


@pytest.mark.parametrize("source", [Source("f" * 40, SOURCE.committed_at), replace(SOURCE, changed=("src/x.py",))])
def test_tests_of_another_source_leave_the_verdict_undecided(source):
    assert finding(with_tests(source=source), "tests", "fresh").outcome is UNDECIDED


@pytest.mark.parametrize("exit_code", [1, 2, 5, -9])
def test_a_failing_command_without_a_failed_test_leaves_the_verdict_undecided(exit_code):
    assert finding(with_tests(exit_code=exit_code), "tests", "failed").outcome is UNDECIDED
