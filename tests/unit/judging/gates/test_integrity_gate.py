"""The integrity gate: a candidate is what the stages made, from the params and files that are here now."""

from dataclasses import replace

import pytest
from cases import CASE, PASSED, UNDECIDED, outcome, with_evidence

from lockgate.domain.judging.gates.integrity.gate import judge_integrity
from lockgate.domain.making.stage_records import ABSENT, Lineage, Record, Stage, behind
from lockgate.testing.examples import LINEAGE


def stage(name, deps=(), outs=()):
    return Stage(name, {}, dict.fromkeys(deps, "0"), dict.fromkeys(outs, "1"))


PREPARE = stage("prepare", ["raw.csv"], ["data/training", "data/test"])
TRAIN = stage("train@a", ["data/training"], ["a/trained"])
EXPORT = stage("export@a", ["a/trained/model.bin"], ["a/export"])
CHECK = stage("check@a", ["a/export", "data"], ["a/evidence"])
OTHER = stage("train@b", ["data/training"], ["b/trained"])


def test_the_stages_behind_a_file_are_those_that_made_it_and_what_they_read():
    stages = (PREPARE, OTHER, TRAIN, EXPORT, CHECK)
    assert behind(stages, ["a/evidence/accuracy.json"]) == ((PREPARE, TRAIN, EXPORT, CHECK), ())
    assert behind(stages, ["a/trained/model.bin"]) == ((PREPARE, TRAIN), ())


def test_a_folder_that_is_read_is_made_by_all_that_is_made_in_it():
    assert behind((PREPARE, CHECK), ["a/evidence/x"])[0] == (PREPARE, CHECK)


def test_a_file_that_no_stage_made_is_named_and_one_of_a_like_name_is_another():
    assert behind((PREPARE, EXPORT), ["a/exported/model.onnx", "a/export/model.onnx"])[1] == ("a/exported/model.onnx",)


def changed(number, **fields):
    records = [replace(each, **fields) if at == number else each for at, each in enumerate(LINEAGE.records)]
    return replace(LINEAGE, records=tuple(records))


def test_what_is_as_recorded_passes():
    assert {finding.outcome for finding in judge_integrity(LINEAGE)} == {PASSED}


@pytest.mark.parametrize(
    ("number", "found", "rule", "message"),
    [
        (0, {"seed": 8}, "source", "for train: train.example.seed (7 then, 8 now)"),
        (0, {"seed": 7, "more": 1}, "source", "for train: train.example.more"),
        (0, {}, "source", "for train: train.example.seed (7 then, absent now)"),
        (0, ABSENT, "source", "for train: train.example ({'seed': 7} then, absent now)"),
        (1, "1" * 32, "source", "for train: data.parquet"),
        (1, ABSENT, "source", "for train: data.parquet"),
        (2, "0" * 32, "results", "not what the stages made: build/model.onnx"),
        (3, ABSENT, "results", "not what the stages made: build/evidence"),
    ],
)
def test_what_is_not_as_recorded_is_undecided_and_named_with_its_stage(number, found, rule, message):
    lineage = changed(number, found=found)
    (finding,) = (found for found in judge_integrity(lineage) if found.outcome is not PASSED)
    assert (finding.rule, finding.outcome) == (rule, UNDECIDED)
    assert message in finding.message
    assert "lockgate run" in finding.remedy
    assert outcome(with_evidence(lineage=lineage)) is UNDECIDED
    assert outcome(with_evidence(lineage=lineage.as_recorded())) is PASSED


@pytest.mark.parametrize(
    ("lineage", "message"),
    [
        (None, "nothing tells what made the candidate"),
        (Lineage(), "nothing tells what made the candidate"),
        (Lineage(problem="dvc.lock: missing"), "dvc.lock: missing"),
        (replace(LINEAGE, unmade=("build/model.onnx",)), "no stage that made build/model.onnx"),
    ],
)
def test_without_a_record_of_all_that_is_judged_nothing_is_decided(lineage, message):
    (finding,) = judge_integrity(lineage)
    assert (finding.outcome, finding.reason) == (UNDECIDED, "not-measured")
    assert message in finding.message
    assert outcome(with_evidence(lineage=lineage)) is UNDECIDED


def test_a_file_that_is_not_in_the_commit_is_named_and_opens_nothing():
    lineage = replace(LINEAGE, uncommitted=("plugin.py", "lib/odd.py"))
    (finding,) = (found for found in judge_integrity(lineage) if found.outcome is not PASSED)
    assert (finding.rule, finding.outcome, finding.reason) == ("committed", UNDECIDED, "not-committed")
    assert "plugin.py, lib/odd.py" in finding.message
    assert outcome(with_evidence(lineage=lineage)) is UNDECIDED
    assert outcome(with_evidence(lineage=lineage.as_recorded())) is PASSED


def test_a_stage_that_is_defined_no_more_is_named():
    lineage = replace(LINEAGE, unmade=("build/model.onnx",), gone=("export@a",))
    (finding,) = judge_integrity(lineage)
    assert "build/model.onnx was made by export@a, which dvc.yaml does not define any more" in finding.message


def test_many_changes_are_counted():
    records = tuple(Record("train", "file", f"{number}.py", "0", "1") for number in range(99))
    assert "9.py and 89 more" in judge_integrity(replace(LINEAGE, records=records))[1].message


def test_values_are_shown_in_short_and_text_in_quotes():
    (said,) = Record("train", "param", "a", list(range(99)), "7").differences()
    assert said == "a ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11... then, '7' now)"
    assert list(Record("train", "param", "a", 7, 7).differences()) == []


def test_sealed_evidence_is_judged_without_it():
    assert outcome(replace(with_evidence(CASE, lineage=None), sealed=True)) is PASSED
