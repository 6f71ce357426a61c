"""The data gate: broken contracts, leaks, unbalanced labels and shifted splits are found, and each says why."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from builders import DOCUMENTS, FILES, PARAMS, stores

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.identity import md5
from lockgate.domain.judging.gates.data.column_distances import apart
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap, SplitFacts
from lockgate.domain.judging.gates.data.gate import judge_data
from lockgate.domain.judging.gates.data.known_groups import shared_groups
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.data.single_feature import single_feature
from lockgate.domain.judging.gates.data.table_checks import problems_of, shared_rows
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.settings import Settings
from lockgate.errors import DataError
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.project.project import Project

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
TEST = md5(b"test rows")
POLICY = DataPolicy()
INPUTS = (Column("age", "float32"), Column("job", "string"))
SHARES = sorted({*DataPolicy.__dataclass_fields__} - {"mode", "alpha", "test_after_training", "without_training"})
NAMES, TABLE = ("age", "job"), ("age", "job", "sex")
EVIDENCE = DataEvidence(
    digests={"training": md5(b"training rows"), "validation": md5(b"validation rows"), "test": TEST},
    tools={"pyarrow": "1"},
    label="outcome",
    task=Binary((), "yes"),
    splits={
        "training": SplitFacts(1000, {"yes": 250}),
        "validation": SplitFacts(200, {"yes": 50}),
        "test": SplitFacts(400, {"yes": 96}),
    },
    overlaps={"training": Overlap(0, 20), "validation": Overlap(0, 4)},
    features={"age": 0.7, "job": 0.98},
    distances=(
        ColumnDistance("age", "kolmogorov-smirnov", 0.1),
        ColumnDistance("job", "total-variation", 0.02),
        ColumnDistance("sex", "total-variation", 0.01),
    ),
)


def findings(policy=POLICY, **changes):
    return {found.rule: found for found in judge_data(policy, replace(EVIDENCE, **changes), TEST, NAMES, TABLE)}


def with_split(name, **changes):
    return {"splits": {**EVIDENCE.splits, name: replace(EVIDENCE.splits[name], **changes)}}


def with_overlap(name, **changes):
    return {"overlaps": {**EVIDENCE.overlaps, name: replace(EVIDENCE.overlaps[name], **changes)}}


def of_persons(**changes):
    """Evidence on rows of 40 persons in the test table, of whom the model knows some."""
    counted = {"training": Overlap(0, 20, 30, 120), "validation": Overlap(0, 4, 2, 8)} | changes
    test = replace(EVIDENCE.splits["test"], blocks=40, degrees=39.0)
    return {"group": "person", "overlaps": counted, "splits": {**EVIDENCE.splits, "test": test}}


def with_distance(value):
    age, _, sex = EVIDENCE.distances
    return {"distances": (age, ColumnDistance("job", "total-variation", value), sex)}


# --- the decision ---


def test_good_data_at_the_very_limits_pass_with_a_finding_for_each_rule():
    found = findings()
    assert {f.outcome for f in found.values()} == {PASSED}
    assert list(found) == [
        "contract",
        "duplicates",
        "near duplicates",
        "single feature",
        "label balance",
        "balance shift",
        "distance",
    ]
    assert all(f.gate == "data" and f.measured is not None and f.limit is not None and f.rows for f in found.values())
    assert {(f.reason, f.remedy) for f in found.values()} == {("", "")}


def test_persons_that_training_knows_are_refused_unless_the_policy_states_their_share():
    found = findings(**of_persons())["shared groups"]
    assert (found.outcome, found.reason, found.measured, found.limit) == (REFUSED, "leakage-groups", 0.3, 0)
    assert found.message == (
        "120 of 400 test rows are of 30 of 40 values of person that stand in training too: 0.3000, at most 0"
    )
    assert "keep all rows of one person in one table" in found.remedy
    assert findings(DataPolicy(max_shared_groups=0.3), **of_persons())["shared groups"].outcome is PASSED
    allowed = findings(DataPolicy(max_shared_groups=1), **of_persons())["shared groups"]
    assert (allowed.outcome, allowed.message.partition(":")[0]) == (PASSED, found.message.partition(":")[0])
    none = findings(**of_persons(training=Overlap(0, 20, 0, 0), validation=Overlap(0, 4, 0, 0)))["shared groups"]
    assert none.outcome is PASSED
    assert none.message.startswith("no person of the test rows stands in another table")
    assert "shared groups" not in findings()


def test_evidence_that_counts_no_groups_is_undecided_where_that_is_asked():
    before = of_persons(training=Overlap(0, 20), validation=Overlap(0, 4))
    found = findings(**before)["measured"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-measured")
    assert "of a person that stands in training or validation too" in found.message
    assert "measured" not in findings(DataPolicy(max_shared_groups=1), **before)


@pytest.mark.parametrize(
    ("test", "training", "shared"),
    [
        ([1, 1, 2, 3], [3.0, 1.0, 9.0], (2, 3)),
        (np.array(["a", "b"], object), np.array(["b"], object), (1, 1)),
        ([1, 2], np.array(["2"], object), (1, 1)),
        (np.array(["2026-01-01"], "M8[D]"), np.array(["2026-01-01T00:00"], "M8[s]"), (1, 1)),
        ([1, 2], [3], (0, 0)),
    ],
)
def test_shared_groups_are_counted_whatever_type_names_them(test, training, shared):
    tables = ({"person": np.asarray(values)} for values in (test, training))
    assert shared_groups("person", *tables) == shared
    assert shared_groups("machine", {}, {}) is None


@pytest.mark.parametrize(
    ("changes", "rule", "reason", "measured", "named"),
    [
        (
            with_split("validation", problems=("has no column age",)),
            "contract",
            "contract-broken",
            1,
            "validation: has",
        ),
        (with_overlap("training", duplicates=1), "duplicates", "leakage-duplicates", 1 / 400, "training"),
        (with_overlap("validation", duplicates=2), "duplicates", "leakage-duplicates", 2 / 400, "validation"),
        (with_overlap("training", near_duplicates=21), "near duplicates", "leakage-near-duplicates", 21 / 400, "train"),
        ({"features": {"age": 0.981, "job": 0.98}}, "single feature", "leakage-feature", 0.981, "age"),
        (with_split("training", counts={"yes": 9}), "label balance", "label-balance", 0.009, "training"),
        (with_split("test", counts={"yes": 397}), "label balance", "label-balance", 397 / 400, "test"),
        (
            with_split("test", counts={"yes": 79}),
            "balance shift",
            "label-balance",
            0.25 - 79 / 400,
            "test and training",
        ),
        (with_distance(0.11), "distance", "split-distance", 0.11, "total-variation distance of job"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_and_named(changes, rule, reason, measured, named):
    found = findings(**changes)[rule]
    assert (found.outcome, found.reason) == (REFUSED, reason)
    assert found.measured == pytest.approx(measured)
    assert named in found.message
    assert found.remedy
    assert found.rows


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -1])
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("duplicates", lambda value: with_overlap("validation", duplicates=value)),
        ("near duplicates", lambda value: with_overlap("training", near_duplicates=value)),
        ("single feature", lambda value: {"features": {"age": 0.7, "job": value}}),
        ("label balance", lambda value: with_split("test", counts={"yes": value})),
        ("balance shift", lambda value: with_split("test", counts={"yes": value})),
        ("distance", with_distance),
    ],
)
def test_a_measurement_that_is_no_number_never_passes(rule, changes, nothing):
    found = findings(**changes(nothing))[rule]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-a-number")
    assert found.remedy


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("single feature", {"features": {}}),
        ("distance", {"distances": ()}),
        ("duplicates", with_split("test", rows=0, counts={"yes": 0})),
        ("duplicates", with_split("test", rows=-400, counts={"yes": -96})),
        ("near duplicates", with_split("test", rows=-400, counts={"yes": -96})),
        ("label balance", with_split("validation", rows=0, counts={"yes": 0})),
        ("label balance", with_split("validation", rows=-200, counts={"yes": -50})),
        ("label balance", with_split("validation", rows=-200, counts={"yes": 0})),
    ],
)
def test_nothing_measured_never_passes(rule, changes):
    assert (findings(**changes)[rule].outcome, findings(**changes)[rule].reason) == (UNDECIDED, "not-a-number")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": {"job": 0.98}}, "how well age alone"),
        ({"distances": EVIDENCE.distances[1:]}, "how far age is"),
        ({"distances": EVIDENCE.distances[:2]}, "how far sex is"),
        ({"features": {**EVIDENCE.features, "pay": 0.5}}, "how far pay is"),
    ],
    ids=["an input alone", "an input apart", "a column for judging", "another feature"],
)
def test_a_column_that_was_left_out_is_undecided_whatever_the_others_say(changes, said):
    found = findings(**changes)
    left_out = found.pop("measured")
    assert (left_out.outcome, left_out.reason) == (UNDECIDED, "not-measured")
    assert said in left_out.message
    assert {finding.outcome for finding in found.values()} == {PASSED}


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (None, "not-measured"),
        (replace(EVIDENCE, digests={**EVIDENCE.digests, "test": md5(b"other")}), "other-subject"),
        (replace(EVIDENCE, digests={}), "other-subject"),
        (replace(EVIDENCE, splits={"test": EVIDENCE.splits["test"]}), "not-measured"),
        (replace(EVIDENCE, overlaps={}), "not-measured"),
    ],
)
def test_evidence_that_is_absent_or_of_other_rows_decides_nothing(evidence, reason):
    (found,) = judge_data(POLICY, evidence, TEST, NAMES)
    assert (found.rule, found.outcome, found.reason) == ("measured", UNDECIDED, reason)
    assert found.remedy


def without_training(**changes):
    """What is measured where nobody has the training rows."""
    kept = {split: EVIDENCE.splits[split] for split in ("validation", "test")}
    evidence = replace(
        EVIDENCE, splits=kept, overlaps={"validation": EVIDENCE.overlaps["validation"]}, features={}, distances=()
    )
    return replace(evidence, **changes)


def test_without_training_rows_it_says_what_nobody_knows_and_judges_the_others():
    first, *others = judge_data(POLICY, without_training(), TEST, NAMES, TABLE)
    assert (first.rule, first.outcome, first.reason) == ("measured", UNDECIDED, "not-measured")
    assert first.message.startswith("nobody has the training rows: ")
    assert "gates.data.without_training: allowed" in first.remedy
    assert [each.rule for each in others] == [
        *("contract", "duplicates", "near duplicates", "label balance", "balance shift")
    ]
    assert {each.outcome for each in others} == {PASSED}
    overlaps = {"validation": replace(EVIDENCE.overlaps["validation"], duplicates=500)}
    found = {each.rule: each for each in judge_data(POLICY, without_training(overlaps=overlaps), TEST, NAMES, TABLE)}
    assert found["duplicates"].outcome == REFUSED


def test_the_policy_says_whether_a_model_passes_whose_training_rows_nobody_has():
    first, *_ = judge_data(DataPolicy(without_training="allowed"), without_training(), TEST, NAMES, TABLE)
    assert (first.rule, first.outcome) == ("training", PASSED)
    assert first.message.endswith("as gates.data.without_training allows")
    with_training = findings(DataPolicy(without_training="allowed"))
    assert "training" not in with_training
    lacking = replace(EVIDENCE, overlaps={"validation": EVIDENCE.overlaps["validation"]})
    (found,) = judge_data(DataPolicy(without_training="allowed"), lacking, TEST, NAMES, TABLE)
    assert (found.outcome, found.message) == (UNDECIDED, "the evidence lacks one of the tables")


def test_the_policy_states_the_baseline_of_duplicates():
    policy = DataPolicy(max_duplicates=0.25, max_near_duplicates=0.3)
    changes = with_overlap("training", duplicates=100, near_duplicates=120)
    found = findings(policy, **changes)
    assert (found["duplicates"].outcome, found["near duplicates"].outcome) == (PASSED, PASSED)
    assert found["near duplicates"].limit == 0.3


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize(("value", "said"), [(math.nan, "finite"), (math.inf, "finite"), (-0.1, "small"), (5, "share")])
def test_a_limit_that_is_no_share_is_no_policy(name, value, said):
    with pytest.raises(ValueError, match=rf"{name}.*{said}"):
        DataPolicy(**{name: value})


def test_a_balance_that_no_table_can_have_is_no_policy():
    with pytest.raises(ValueError, match="no table could pass"):
        DataPolicy(min_positive_share=0.6, max_positive_share=0.4)


# --- the contract, and the whole check ---


def people(rows, seed):
    draw = np.random.default_rng(seed)
    return {
        "age": draw.normal(size=rows).astype(np.float32),
        "job": draw.choice(["", "cook", "nurse"], rows).astype(object),
        "outcome": np.where(np.arange(rows) % 4 == 0, "yes", "no").astype(object),
    }


def problems(**changes):
    changed = {name: values for name, values in {**people(8, 1), **changes}.items() if values is not None}
    return problems_of(changed, INPUTS, "outcome", frozenset({"no", "yes"}), ("sex",) if "sex" in changes else ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"job": None}, "has no column job"),
        ({"outcome": None}, "has no column outcome"),
        ({"sex": None}, "has no column sex"),
        ({"age": np.ones(8, np.int64)}, "column age is int64, the input signature says float32"),
        ({"age": np.array([np.inf] * 8, np.float32)}, "column age has 8 infinite numbers"),
        ({"job": np.array(["a", None, math.nan, "b"] * 2, object)}, "values that are no text: NoneType, float"),
        ({"outcome": np.array(["yes", "", None, math.nan] * 2, object)}, "label outcome is missing in 6 rows"),
        ({"outcome": np.array(["yes", "maybe"] * 4, object)}, "label outcome has unknown classes: maybe"),
        ({"outcome": np.array([0.0, math.nan] * 4, np.float32)}, "label outcome is float32, classes are texts"),
        ({"age": np.ones(0, np.float32)}, "has no rows"),
    ],
)
def test_what_breaks_the_contract_is_told(changes, said):
    assert any(said in problem for problem in problems(**changes))


def test_a_contract_that_holds_has_no_problems():
    assert problems(age=np.array([math.nan] * 8, np.float32)) == ()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "params.yaml").write_text(PARAMS)
    settings = DOCUMENTS.read_settings(tmp_path / "params.yaml", Settings)
    return Project(Layout(tmp_path), settings, DOCUMENTS, FILES, *stores(tmp_path))


PEOPLE = {"train": people(4000, 1), "validation": people(400, 2), "test": people(2000, 3)}
TURNED = {**PEOPLE["train"], "outcome": np.roll(PEOPLE["train"]["outcome"], 1)}


def measured(project, **tables):
    parquet = ParquetTables(FILES)
    whole = {**PEOPLE, **tables}
    for name, columns in whole.items():
        parquet.write(project.layout.build / f"{name}.parquet", columns)
    return check_data(project, "fake", INPUTS, parquet, {"pyarrow": "1"})


def blocking(project, evidence):
    test = FILES.md5(project.layout.build / "test.parquet")
    return {f.reason for f in judge_data(POLICY, evidence, test, NAMES) if f.outcome is not PASSED}


def test_honest_tables_pass_and_their_evidence_is_kept(project):
    evidence = measured(project)
    kept = project.layout.evidence("fake", "data")
    assert DOCUMENTS.read(kept, DataEvidence) == evidence
    assert evidence.splits["test"] == SplitFacts(2000, {"yes": 500})
    assert list(evidence.features) == ["age", "job"]
    assert blocking(project, evidence) == set()


@pytest.mark.parametrize(
    ("split", "change", "reason"),
    [
        ("test", lambda t: PEOPLE["train"], "leakage-duplicates"),
        ("test", lambda t: TURNED, "leakage-near-duplicates"),
        ("train", lambda t: {**t, "age": (t["outcome"] == "yes").astype(np.float32)}, "leakage-feature"),
        ("test", lambda t: {**t, "outcome": np.array(["no"] * 2000, object)}, "label-balance"),
        ("test", lambda t: {**t, "age": t["age"] + 1}, "split-distance"),
        ("test", lambda t: {**t, "age": t["age"].astype(np.int64)}, "contract-broken"),
        ("train", lambda t: {"age": t["age"], "job": t["job"]}, "contract-broken"),
        ("train", lambda t: {"age": t["age"], "job": t["job"]}, "not-a-number"),
        ("validation", lambda t: {"job": t["job"]}, "contract-broken"),
        ("validation", lambda t: {name: values[:0] for name, values in t.items()}, "contract-broken"),
    ],
)
def test_what_is_planted_in_a_table_is_refused_for_its_reason(project, split, change, reason):
    evidence = measured(project, **{split: change(PEOPLE[split])})
    assert reason in blocking(project, evidence)


def test_a_table_that_is_missing_stops_the_check(project):
    with pytest.raises(DataError, match="missing"):
        check_data(project, "fake", INPUTS, ParquetTables(FILES), {})


def test_tens_of_thousands_of_rows_are_measured_fast():
    big, other = people(26_000, 1), people(16_000, 2)
    positive = big["outcome"] == "yes"
    began = time.process_time()
    shared_rows(other, big, ("age", "job"), near=True)
    for name in ("age", "job"):
        single_feature(big[name], positive)
        apart(big[name], other[name])
    assert time.process_time() - began < 2


def in_groups(project, of):
    """Tables with a column of persons, so many in each, and the settings that name it."""
    tables = {}
    for split, columns in PEOPLE.items():
        rows = len(columns["age"])
        tables[split] = {**columns, "person": np.array([f"{split} {row % of}" for row in range(rows)], object)}
    settings = replace(project.settings, tables=replace(project.settings.tables, group="person"))
    return replace(project, settings=settings), tables


def judged(project, evidence):
    test, policy = FILES.md5(project.layout.build / "test.parquet"), replace(POLICY, max_distance=0.2)
    return {found.rule: found for found in judge_data(policy, evidence, test, NAMES)}


def test_rows_of_a_person_count_as_one(project):
    grouped, tables = in_groups(project, 100)
    person = np.arange(4000) % 100
    tables["train"]["age"] = np.random.default_rng(4).normal(size=100)[person].astype(np.float32)
    tables["test"]["age"] = np.random.default_rng(5).normal(size=100)[np.arange(2000) % 100].astype(np.float32)
    evidence = measured(grouped, **tables)
    assert evidence.group == "person"
    assert (evidence.splits["test"].blocks, evidence.splits["training"].degrees) == (100, pytest.approx(99))
    age, job = evidence.distances
    assert age.independent == pytest.approx({"training": 100, "test": 100}, rel=0.1)
    assert job.independent["training"] > 2000
    found = judged(grouped, evidence)["distance"]
    alone = judged(project, measured(project, **tables))["distance"]
    assert (found.outcome, alone.outcome) == (UNDECIDED, PASSED)
    assert "of age" in found.message
    assert found.message.endswith("the rows are of 100 blocks, and each counts as one")
    assert found.interval.high - found.interval.low > 3 * (alone.interval.high - alone.interval.low)


def test_few_persons_and_a_table_that_names_none_decide_nothing(project):
    grouped, tables = in_groups(project, 19)
    found = judged(grouped, measured(grouped, **tables))
    for rule in ("single feature", "distance"):
        assert found[rule].outcome is UNDECIDED
        assert found[rule].message.endswith("training are of 19 blocks, and an interval needs at least 20")
        assert found[rule].remedy.startswith("judge rows of 20 blocks or more")
    grouped, tables = in_groups(project, 100)
    del tables["test"]["person"]
    found = judged(grouped, measured(grouped, **tables))
    assert "test: has no column person" in found["contract"].message
    assert found["distance"].message.endswith("nothing says of how many blocks the rows of test are")
    assert found["single feature"].outcome is PASSED
