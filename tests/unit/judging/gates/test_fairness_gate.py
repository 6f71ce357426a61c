"""The fairness gate: groups are treated alike, and no worse than by the champion."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import get_args

import builders
import numpy as np
import pytest
from cases import CASE, FAIR, PASSED, REFUSED, UNDECIDED, finding, unfair_to_smiths, with_evidence

from lockgate.adapters.pages.verdict import VerdictReports
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.fairness.gate import PREFIXES
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.statistics.groups import Measure
from lockgate.testing.examples import POLICY, scores_of
from lockgate.usecases.deliver.judge import judge_and_tell


def test_a_model_that_treats_groups_alike_is_fair():
    assert {f.outcome for f in decide(FAIR, CASE).findings if f.gate == "fairness"} == {PASSED}


def test_a_model_that_is_unfair_to_a_group_is_refused_and_less_fair_than_the_champion():
    reasons = {f.reason for f in decide(FAIR, unfair_to_smiths()).findings if f.gate == "fairness"}
    assert reasons == {"unfair", "less-fair-than-champion"}


def test_a_group_that_is_not_there_leaves_the_verdict_undecided():
    for policy in (FairnessPolicy(("county",), 0.1), FairnessPolicy(("job",), 0.1, min_rows=1500)):
        found = decide(replace(POLICY, fairness=policy), CASE).findings
        assert {(f.outcome, f.reason) for f in found if f.gate == "fairness"} == {(UNDECIDED, "missing-group")}


def test_the_groups_that_are_farthest_apart_are_named_with_their_rates():
    for rule in ("job: equalized odds difference", "job: equalized odds champion"):
        message = finding(unfair_to_smiths(), "fairness", rule, FAIR).message
        assert "; true positive rate 0.0000 for job=smith, " in message
        assert re.search(r"0\.\d{4} for job=(clerk|cook)$", message)


def test_groups_that_are_too_small_are_named_and_not_judged():
    columns = {**CASE.evidence.scores.columns}
    columns["job"] = np.where(np.arange(CASE.evidence.scores.rows) < 7, "king", columns["job"]).astype(object)
    case = with_evidence(scores=replace(CASE.evidence.scores, columns=columns))

    found = finding(case, "fairness", "job: small groups", FAIR)

    assert (found.outcome, found.message) == (PASSED, "not judged, fewer than 100 rows: job=king (7 rows)")


@pytest.mark.parametrize("rule", ["difference", "champion"])
@pytest.mark.parametrize("positive", [True, False])
def test_a_group_without_a_class_is_named(rule, positive):
    table = CASE.evidence.scores
    first = np.cumsum(table.sample.labels != positive) <= 120
    job = np.where(first & (table.sample.labels != positive), "king", table.columns["job"]).astype(object)
    case = with_evidence(scores=replace(table, columns={**table.columns, "job": job}))

    found = finding(case, "fairness", f"job: equalized odds {rule}", FAIR)

    assert (found.outcome, found.reason) == (UNDECIDED, "not-a-number")
    lacks = "positive" if positive else "negative"
    assert found.message.endswith(f" is no number on 2000 rows: job=king has no {lacks} row")
    assert "gates.fairness.min_rows" in found.remedy


def test_the_ratio_of_error_rates_is_held_to_its_limit_by_the_bound():
    policy = replace(POLICY, fairness=FairnessPolicy(("job",), min_error_rate_ratio=0.5))
    found = finding(CASE, "fairness", "job: error rate ratio", policy)
    assert (found.outcome, found.limit) == (PASSED, 0.5)
    assert found.interval.low > 0.5
    assert "; error rate 0." in found.message
    strict = replace(POLICY, fairness=FairnessPolicy(("job",), min_error_rate_ratio=0.999))
    assert finding(CASE, "fairness", "job: error rate ratio", strict).reason == "not-enough-rows"
    unfair = finding(unfair_to_smiths(), "fairness", "job: error rate ratio", policy)
    assert (unfair.outcome, unfair.reason) == (REFUSED, "unfair")


def test_every_measure_can_be_limited_as_a_difference_and_as_a_ratio():
    names = FairnessPolicy(("job",), 0.1).limits
    assert set(names) == {f"{prefix}_{measure}_{form}" for measure in get_args(Measure) for form, prefix in PREFIXES}


def test_the_verdict_shows_what_each_group_gets(project):
    asks = "  fairness: {attributes: [job], max_error_rate_difference: 0.5}\n"
    (project / "params.yaml").write_text(builders.PARAMS + asks)
    builders.git(project, "commit", "--quiet", "--all", "-m", "ask")
    builders.write_candidate(project)
    opened = builders.opened(project)

    judge_and_tell(builders.instruments(project), "fake", "staging", None, print)

    lines = opened.layout.verdict_markdown.read_text().partition("### Groups")[2].splitlines()
    sample, jobs = scores_of().sample, scores_of().columns["job"]
    clerks = sample.where(jobs == "clerk")
    (line,) = [line for line in lines if line.startswith("| job=clerk |")]
    assert line.startswith(f"| job=clerk | {clerks.rows} | {clerks.predicted.mean():.3f} [0.")
    assert any(line.startswith("| job=smith |") for line in lines)


def test_an_attribute_of_thousands_of_groups_is_told_in_a_line():
    rows = CASE.evidence.scores.rows
    columns = {**CASE.evidence.scores.columns, "job": np.arange(rows).astype(str).astype(object)}
    case = with_evidence(scores=replace(CASE.evidence.scores, columns=columns))

    message = finding(case, "fairness", "job", FAIR).message

    assert message.endswith(f" and {rows - 10} more")


def test_a_name_that_xml_cannot_hold_leaves_the_report_whole():
    columns = {**CASE.evidence.scores.columns}
    columns["job"] = np.where(columns["job"] == "smith", "sm\x0bith", columns["job"]).astype(object)
    case = with_evidence(scores=replace(CASE.evidence.scores, columns=columns))

    text = VerdictReports().junit(decide(FAIR, case))

    assert "job=sm\N{REPLACEMENT CHARACTER}ith" in text
    assert ET.fromstring(text).get("name") == "lockgate gate"
