"""A verdict in few lines: a line for each gate, and in full what did not pass."""

from dataclasses import replace

import pytest
from cases import CASE, POLICY, decide, with_output, with_scores, with_tests

from lockgate.cli.main import run
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.reviewing.headlines import headlines
from lockgate.domain.statistics.interval import Interval
from lockgate.testing.examples import BOOTSTRAP


def lines(case=CASE, policy=POLICY, waivers=()):
    verdict = decide(policy, case, waivers)
    return {found.gate: found for found in headlines(verdict.findings, policy.accuracy.metric)}


def test_a_gate_whose_every_rule_passed_is_one_line_with_its_figures():
    found = lines()
    assert found["tests"].text == "tests: 12 tests ran, none failed; 4 rules passed"
    floor, champion = (f for f in decide(POLICY, CASE).findings if f.gate == "accuracy")
    assert found["accuracy"].text == (
        f"accuracy: {floor.message.partition(',')[0]}, {floor.interval.high:.4f}], floor {floor.limit:.4f}, "
        f"champion {champion.measured:+.4f} [{champion.interval.low:+.4f}, {champion.interval.high:+.4f}]"
        "; 2 rules passed"
    )
    assert "0 of 2000 labels flip" in found["parity"].text
    assert not any(each.in_full for each in found.values())


def test_what_did_not_pass_stands_in_full_behind_its_gate_which_is_as_bad_as_the_worst_of_it():
    found = lines(with_output(max_absolute=1.0, actual_dtype="float64"))["parity"]
    assert found.outcome is Outcome.REFUSED
    assert {f.outcome for f in found.in_full} <= {Outcome.REFUSED, Outcome.UNDECIDED}
    assert found.text.endswith(f"{found.passed} of {found.rules} rules passed")
    assert len(found.in_full) == found.rules - found.passed


def test_what_did_not_pass_is_no_figure_of_what_passed():
    found = lines(with_scores(0.2))["accuracy"]
    assert found.outcome is Outcome.REFUSED
    assert "floor" not in found.figures


def test_a_waived_finding_stands_in_full():
    found = lines(replace(CASE, champion=None), waivers=[BOOTSTRAP])["accuracy"]
    assert (found.outcome, [f.rule for f in found.in_full]) == (Outcome.WAIVED, ["champion"])


def test_a_ceiling_is_called_one():
    policy = replace(POLICY, accuracy=replace(POLICY.accuracy, metric="log_loss", floor=0.9))
    assert ", ceiling 0.9000" in lines(policy=policy)["accuracy"].text


def test_of_other_gates_the_figure_nearest_to_its_limit_is_told_with_what_it_is_of():
    far = Finding(
        "fairness", "sex: parity", Outcome.PASSED, "parity 0.01", 0.01, 0.2, interval=Interval(0, 0.02, 0.9, "exact")
    )
    near = replace(
        far, rule="race: parity", message="parity 0.10; of others", interval=Interval(0.05, 0.19, 0.9, "exact")
    )
    count = Finding("fairness", "finite", Outcome.PASSED, "no row", 0, 0)
    (found,) = headlines([count, far, near])
    assert found.text == "fairness: race: parity 0.10; 3 rules passed"
    (found,) = headlines([count])
    assert found.text == "fairness: no row; 1 rule passed"


def test_of_a_package_the_difference_and_the_flips_are_told():
    largest = Finding("parity", "packaged probabilities", Outcome.PASSED, "largest difference 1.0e-07", 1e-7, 1e-6)
    flips = Finding("parity", "packaged flips", Outcome.PASSED, "0 of 9 labels flip", 0, 0)
    (found,) = headlines([replace(largest, rule="packaged label", limit=None), largest, flips])
    assert found.text == "parity: largest difference 1.0e-07, 0 of 9 labels flip; 3 rules passed"


def test_every_rule_of_every_gate_is_counted_once():
    verdict = decide(POLICY, with_tests(skipped=9))
    found = headlines(verdict.findings, "roc_auc")
    assert sum(each.rules for each in found) == len(verdict.findings)
    assert sum(each.passed for each in found) == sum(f.outcome is Outcome.PASSED for f in verdict.findings)
    assert [f for each in found for f in each.in_full] == [f for f in verdict.findings if f.outcome != "passed"]


def test_the_console_tells_a_line_a_gate_and_every_finding_where_it_is_asked_to(lockgate, evidence):
    code, said = lockgate("gate")
    assert code == 0
    assert "  passed    tests: " in said
    assert "tests, fresh" not in said
    assert "every finding: build/verdict.md" in said
    for arguments in (["gate", "-v"], ["-v", "gate"], ["gate", "--verbose"]):
        code, said = lockgate(*arguments)
        assert (code, "  passed    tests, fresh: ran on this commit" in said) == (0, True)


def test_a_passed_verdict_takes_no_more_lines_than_there_are_gates_and_what_is_waived(lockgate, project):
    said = lockgate("gate")[1]
    assert len(said.splitlines()) <= 1 + 4 + 1 + 1 + 1, said


@pytest.mark.parametrize("arguments", [["gate", "--json"], ["--json", "gate"], ["--json", "-v", "gate"]])
def test_the_document_is_the_same_wherever_the_flag_stands(project, capfd, arguments):
    assert run(["-C", str(project), *arguments]) == 0
    assert capfd.readouterr().out.encode() == (project / "build/verdict.json").read_bytes()


def test_the_page_tells_every_gate_in_the_console_s_words_and_every_finding(lockgate, project):
    said = lockgate("gate")[1]
    page = (project / "build/verdict.md").read_text()
    told = [line.split(maxsplit=1) for line in said.splitlines() if line.endswith(("rule passed", "rules passed"))]
    assert len(told) == 4
    assert all(f"- {outcome}: {line}" in page for outcome, line in told)
    assert "| passed | tests | fresh |" in page
