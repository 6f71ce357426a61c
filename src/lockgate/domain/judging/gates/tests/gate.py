"""The tests gate: the project's own tests ran on exactly this commit, and none failed."""

from collections.abc import Iterator, Mapping, Sequence

from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.words import Told
from lockgate.domain.names import listed
from lockgate.domain.source import Source

GATE = "tests"
RERUN = "run `lockgate check tests`"


def judge_tests(
    policy: TestsPolicy, evidence: TestsEvidence | None, source: Source, beside: ProjectFacts | None = None
) -> tuple[Finding, ...]:
    """Findings on freshness, on the number of tests that ran, on failures and on skipped tests.

    The report that the evidence was read from must lie where it was written, if ``beside`` knows where that is.
    """
    if evidence is None:
        return (
            Finding(
                GATE, "ran", Outcome.UNDECIDED, "no test run for this commit", remedy=RERUN, reason=Reason.NOT_MEASURED
            ),
        )
    beside = beside or ProjectFacts()
    reported = _reported(evidence, beside)
    return (
        _fresh(evidence, source, beside.told),
        *reported,
        _ran(policy, evidence),
        _none_failed(evidence),
        _skipped(policy, evidence),
    )


def _reported(evidence: TestsEvidence, beside: ProjectFacts) -> Iterator[Finding]:
    """A finding where the report is gone, or is another than the evidence was read from."""
    found = beside.files.get("report", evidence.report)
    if found != evidence.report:
        message = "the JUnit report that the evidence was read from is gone"
        if found is not None:
            message = f"the evidence was read from the JUnit report {evidence.report.short}, {found.short} lies there"
        yield Finding(GATE, "report", Outcome.UNDECIDED, message, remedy=RERUN, reason=Reason.EDITED)


def _fresh(evidence: TestsEvidence, source: Source, told: Sequence[str]) -> Finding:
    if not source.clean:
        return Finding(
            GATE,
            "fresh",
            Outcome.UNDECIDED,
            f"uncommitted changes: {listed(source.changed)}",
            remedy=f"commit or undo them (git may hide some), then {RERUN}: a verdict holds for a commit",
            reason=Reason.NOT_FRESH,
        )
    if evidence.source != source:
        tested = evidence.source.commit[:12] + ("" if evidence.source.clean else " with uncommitted changes")
        return Finding(
            GATE,
            "fresh",
            Outcome.UNDECIDED,
            f"the tests ran on {tested}, the candidate is of {source.commit[:12]}",
            remedy=RERUN,
            reason=Reason.NOT_FRESH,
        )
    beside = f"; git does not have, and nothing has read: {listed(told)}" if told else ""
    return Finding(GATE, "fresh", Outcome.PASSED, f"ran on this commit, {source.commit[:12]}{beside}")


def _ran(policy: TestsPolicy, evidence: TestsEvidence) -> Finding:
    counted = min(evidence.tests, evidence.failures, evidence.errors, evidence.skipped) >= 0
    enough = counted and evidence.ran >= max(policy.min_tests, 1)
    return Finding(
        GATE,
        "ran",
        Outcome.PASSED if enough else Outcome.UNDECIDED,
        f"{evidence.ran} tests ran" if counted else "a number of tests is below 0",
        measured=evidence.ran,
        limit=policy.min_tests,
        remedy="" if enough else f"at least {max(policy.min_tests, 1)} must run: see `{evidence.command}`",
        reason="" if enough else Reason.NO_TEST_RAN,
    )


def _none_failed(evidence: TestsEvidence) -> Finding:
    broken = evidence.failures + evidence.errors
    if broken:
        return Finding(
            GATE,
            "failed",
            Outcome.REFUSED,
            f"{broken} tests failed: {listed(evidence.failed)}",
            measured=broken,
            limit=0,
            remedy=f"see them with `{evidence.command}`",
            reason=Reason.TEST_FAILED,
        )
    if evidence.failed:
        message = f"the evidence counts no failed test and names {len(evidence.failed)}, as {evidence.failed[0]}"
        return Finding(GATE, "failed", Outcome.UNDECIDED, message, remedy=RERUN, reason=Reason.EDITED)
    if evidence.exit_code != 0:
        return Finding(
            GATE,
            "failed",
            Outcome.UNDECIDED,
            f"no test failed, yet the test command ended with exit code {evidence.exit_code}",
            remedy=f"see what it says: `{evidence.command}`",
            reason=Reason.TEST_COMMAND_FAILED,
        )
    return Finding(GATE, "failed", Outcome.PASSED, "none failed", measured=0, limit=0)


def _skipped(policy: TestsPolicy, evidence: TestsEvidence) -> Finding:
    allowed = evidence.skipped <= policy.max_skipped
    return Finding(
        GATE,
        "skipped",
        Outcome.PASSED if allowed else Outcome.REFUSED,
        f"{evidence.skipped} skipped",
        measured=evidence.skipped,
        limit=policy.max_skipped,
        remedy="" if allowed else "make them run, or raise gates.tests.max_skipped in params.yaml",
        reason="" if allowed else Reason.TESTS_SKIPPED,
    )


def judge(policy: TestsPolicy, case: Case) -> tuple[Finding, ...]:
    """What the case's run of the tests says, of its commit."""
    return judge_tests(policy, case.evidence.of(TestsEvidence), case.source, case.evidence.beside)


def figures(passed: Mapping[str, Finding], _: str) -> str:
    """How many ran, and that none failed."""
    return ", ".join(passed[rule].message for rule in ("ran", "failed") if rule in passed)


def words(policy: TestsPolicy, _: Told) -> Iterator[str]:
    """The policy in words."""
    yield f"at least {policy.min_tests} ran on this commit, none failed, at most {policy.max_skipped} skipped"


TESTS = Gate(
    name=GATE,
    policy=TestsPolicy,
    documents={GATE: TestsEvidence},
    without_project="there is no project whose tests could run",
    judge=judge,
    required=True,
    again=RERUN,
    words=words,
    figures=figures,
    reasons=(
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_FRESH,
        Reason.NO_TEST_RAN,
        Reason.TEST_FAILED,
        Reason.TEST_COMMAND_FAILED,
        Reason.TESTS_SKIPPED,
    ),
)
