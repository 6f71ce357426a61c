"""Slices: what they are written like, and that every part is held to the floor and to the champion."""

import re
from dataclasses import replace

import numpy as np
import pytest
from cases import CASE, PASSED, REFUSED, UNDECIDED, broken_where, finding, with_evidence, with_slices
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.accuracy.policy import SlicesPolicy
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.slices import Slice


def test_every_part_of_a_column_is_judged_against_the_floor_and_the_champion():
    verdict = decide(with_slices("job", "age < 40"), CASE)
    rules = {f.rule for f in verdict.findings if f.rule.startswith("slice")}
    named = ("job=clerk", "job=smith", "age < 40")
    assert rules == {f"slice {name}: {rule}" for name in named for rule in ("floor", "champion")}
    assert verdict.outcome is PASSED


def test_a_broken_slice_refuses_although_the_total_stays():
    policy = replace(with_slices("job"), accuracy=replace(with_slices("job").accuracy, floor=0.8, margin=0.2))
    case = broken_where("job", "clerk")
    assert finding(case, "accuracy", "floor", policy).outcome is PASSED
    found = finding(case, "accuracy", "slice job=broken: floor", policy)
    assert (found.outcome, found.reason, found.rows) == (REFUSED, "slice-below-floor", 150)


@pytest.mark.parametrize(
    ("by", "remedy"),
    [
        ("county", "its columns are age, job"),
        ("age < 17", "judge more rows, or name a larger part"),
        ("job < 5", "its columns are age, job"),
        ("age = clerk", "its columns are age, job"),
    ],
)
def test_a_slice_that_is_not_there_leaves_the_verdict_undecided_and_says_what_there_is(by, remedy):
    found = finding(CASE, "accuracy", f"slice {by}", with_slices(by))
    assert found.outcome is UNDECIDED
    assert found.reason in {"missing-slice", "slice-too-small"}
    assert remedy in found.remedy


def test_a_condition_that_no_row_meets_is_named():
    assert "rows: age < 17 (0 rows)" in finding(CASE, "accuracy", "slice age < 17", with_slices("age < 17")).message


def test_parts_of_a_column_below_the_minimum_are_named_and_not_judged():
    columns = {**CASE.evidence.scores.columns}
    columns["job"] = np.where(np.arange(2000) < 50, "rare", columns["job"]).astype(object)
    case = with_evidence(scores=ScoreTable(CASE.evidence.scores.sample, columns))
    found = finding(case, "accuracy", "slice job", with_slices("job"))
    assert (found.outcome, "job=rare (50 rows)" in found.message) == (PASSED, True)


def test_a_column_of_distinct_values_is_told_in_a_line_and_its_parts_take_no_more_than_its_rows():
    rows = 50_000
    columns = {"job": np.arange(rows)[::-1].astype(str).astype(object)}
    found = list(Slice.parse("job").parts(columns))
    assert [name for name, _ in found] == sorted(f"job={number}" for number in range(rows))
    assert sum(places.nbytes for _, places in found) == 8 * rows

    columns = {**CASE.evidence.scores.columns, "job": columns["job"][:2000]}
    case = with_evidence(scores=ScoreTable(CASE.evidence.scores.sample, columns))
    message = finding(case, "accuracy", "slice job", with_slices("job")).message
    assert message.count(" (1 rows)") == 10
    assert message.endswith(" and 1990 more")


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("xy")))
def test_parts_are_the_rows_of_each_group(first, second):
    rows = min(len(first), len(second))
    columns = {"one": np.array(first[:rows], dtype=object), "two": np.array(second[:rows], dtype=object)}
    by = Slice.parse("one & two")
    groups = by.groups(columns)
    assert {name: places.tolist() for name, places in by.parts(columns)} == {
        name: np.flatnonzero(groups == name).tolist() for name in sorted(set(groups.tolist()))
    }


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([25.0, -3.0, 0.5, 0.0, -0.0, 1e300]), ["25", "-3", "0.5", "0", "0", "1e+300"]),
        (np.array([1234567.0, 1234568.0, 0.1234567, 0.1234568]), ["1234567", "1234568", "0.1234567", "0.1234568"]),
        (np.array([0.1, 25.0, 16777215.0, np.nan], dtype=np.float32), ["0.1", "25", "16777215", "nan"]),
        (np.array([25, 1234567]), ["25", "1234567"]),
        (np.array([True, False]), ["True", "False"]),
        (np.array(["25.0", "clerk", 2.0], dtype=object), ["25.0", "clerk", "2"]),
    ],
    ids=["ordinary", "close", "float32", "whole", "truths", "texts"],
)
def test_every_value_of_a_column_is_a_group_of_its_own(values, names):
    assert Slice.parse("age").groups({"age": values}).tolist() == [f"age={name}" for name in names]


@given(st.sampled_from(["sex", "sex & race", "age < 25", "age < 25 and sex = Female", "capital-gain != 0"]))
def test_a_slice_is_read_as_it_is_written(text):
    assert str(Slice.parse(text)) == text
    assert Slice.parse(str(Slice.parse(text))) == Slice.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "job = ", "job != ", "marital status = Never married", "education-num >= 13", "age < -1.5e3", "age<25",
        "job = and", "and = 5", "band < 3", "R&D < 5", "job = R & D",
        "hours-per-week > 60 and marital-status != Never-married",
    ],
)  # fmt: skip
def test_names_and_texts_with_spaces_hyphens_and_nothing_at_all_are_slices(text):
    assert Slice.parse(text).conditions


@pytest.mark.parametrize("text", ["", "sex &", "sex & sex", "< 25", "age <> 3", "age < 25 or sex = Male = 3"])
def test_other_texts_are_no_slice(text):
    with pytest.raises(ValueError, match="not a"):
        Slice.parse(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("age < ", "< compares with a number or a date, found nothing"),
        ("age >=", ">= compares with a number"),
        ("age < old", "< compares with a number or a date, found 'old'"),
        ("age < nan", "< compares with a number or a date, found 'nan'"),
        ("age < 25 and", "`and` joins two conditions"),
        ("sex = Male and", "`and` joins two conditions"),
        ("age < 25 and and sex = Male", "`and` joins two conditions"),
        ("and age < 25", "`and` joins two conditions"),
        ("sex & age < 25", "a condition is of one column"),
        ("age < 25 & sex", "< compares with a number or a date, found '25 & sex'"),
        ("age < 25 and sex & race = Male", "a condition is of one column"),
    ],
)
def test_a_slice_that_no_table_could_have_is_refused_when_the_policy_is_read(text, wrong):
    with pytest.raises(ValueError, match=re.escape(wrong)) as caught:
        SlicesPolicy((text,), 0.5)
    assert "conditions such as age < 25 and sex = Female" in str(caught.value)
