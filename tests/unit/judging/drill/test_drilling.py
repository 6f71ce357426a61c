"""What becomes of a plant, and that every plant names reasons that are documented."""

import re
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pytest
from whole import STRICT, WHOLE

from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate, passed, permitted, stopped
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.known_groups import shared_groups
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.measuring.kinds import OF_A_CANDIDATE
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis, Column
from lockgate.domain.model.slices import Condition
from lockgate.domain.project.settings import TablesSettings
from lockgate.testing import FakeClock, FakeMetrics, FakePlugin, FakeRuntime
from lockgate.testing.examples import CANDIDATE, COLUMNS, ROWS, SIGNATURE_OF_EXAMPLE, SOURCE, evidence
from lockgate.usecases.judging.drill.caching_plugin import CachingPlugin
from lockgate.usecases.judging.drill.drill import Drill, drill
from lockgate.usecases.judging.drill.onnx_nodes import as_input, floats, holds, quoted
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Simple
from lockgate.usecases.judging.drill.plants import accuracy, data, fairness, latency, parity, robustness, tests
from lockgate.usecases.judging.drill.plants.registry import PLANTS
from lockgate.usecases.judging.drill.sandbox import Tools, kinds_for
from lockgate.usecases.judging.drill.twin import twin
from lockgate.usecases.project.project import read_candidate

DOCS = Path(__file__).parents[4] / "docs"
REFUSED = Finding("accuracy", "floor", Outcome.REFUSED, "0.5", reason="below-floor")
UNDECIDED = Finding("accuracy", "champion", Outcome.UNDECIDED, "unknown", reason="not-measured")
OTHER = Finding("parity", "flips", Outcome.REFUSED, "9 flips", reason="label-flips")
GOOD = Finding("accuracy", "floor", Outcome.PASSED, "0.95")


def result(fate, plant="a constant"):
    return Drilled(plant, "accuracy", fate, "")


@pytest.mark.parametrize(
    ("findings", "fate"),
    [
        ([GOOD, REFUSED], Fate.STOPPED),
        ([UNDECIDED, REFUSED], Fate.STOPPED),
        ([replace(REFUSED, outcome=Outcome.UNDECIDED)], Fate.STOPPED),
        ([UNDECIDED], Fate.SPOILED),
        ([GOOD, OTHER], Fate.THROUGH),
        ([replace(REFUSED, outcome=Outcome.WAIVED)], Fate.THROUGH),
        ([], Fate.THROUGH),
    ],
)
def test_only_the_gate_meant_for_it_and_a_reason_that_counts_stop_a_plant(findings, fate):
    found = stopped("a constant", "accuracy", ("below-floor",), findings)
    assert (found.fate, found.right) == (fate, fate is Fate.STOPPED)


WEAK = replace(REFUSED, rule="slice sex=Female: floor", reason="slice-below-floor")


@pytest.mark.parametrize(
    ("findings", "fate"),
    [
        ([WEAK, REFUSED], Fate.STOPPED),
        ([WEAK], Fate.OFF),
        ([WEAK, UNDECIDED], Fate.OFF),
        ([replace(WEAK, reason="too-few-rows")], Fate.THROUGH),
        ([replace(WEAK, reason="too-few-rows"), UNDECIDED], Fate.SPOILED),
        ([replace(WEAK, gate="parity")], Fate.THROUGH),
        ([], Fate.THROUGH),
    ],
)
def test_what_the_candidate_itself_passes_by_permission_alone_stops_no_plant(findings, fate):
    without = permitted([replace(WEAK, outcome=Outcome.WAIVED), GOOD])
    reasons = ("below-floor", "slice-below-floor")
    assert stopped("a constant", "accuracy", reasons, findings, without).fate is fate


def test_what_let_a_plant_pass_is_told_with_its_limit():
    same = Finding("accuracy", "champion", Outcome.PASSED, "as before")
    now = replace(GOOD, message="0.91, at least 0.9 demanded")
    found = stopped("a constant", "accuracy", ("below-floor",), [now, same, OTHER], sound=[GOOD, same])
    assert found.message == "the gate accuracy let it pass: floor: 0.91, at least 0.9 demanded"

    unmoved = stopped("a constant", "accuracy", ("below-floor",), [GOOD, same], sound=[GOOD, same])
    assert unmoved.message == "the gate accuracy let it pass: it finds the same as of the candidate itself"


def test_a_waiver_and_a_warning_are_permissions_and_named():
    findings = [GOOD, replace(WEAK, outcome=Outcome.WAIVED), replace(OTHER, outcome=Outcome.WARNED)]
    assert permitted(findings) == {("accuracy", WEAK.rule), ("parity", "flips")}
    found = passed("the candidate itself", findings)
    assert (found.fate, found.message) == (
        Fate.PASSED,
        f"it passed, by permission: accuracy, {WEAK.rule}; parity, flips",
    )


def a_drill(project, runtime, itself=lambda project: CANDIDATE):
    for split in ("train", "validation", "test"):
        columns = {name: np.resize(values, ROWS) for name, values in COLUMNS.items()}
        ParquetTables(builders.FILES).write(project / f"build/{split}.parquet", columns)
    candidate = itself(builders.opened(project))
    tools = Tools(
        FakePlugin(),
        runtime,
        FakeMetrics(),
        ParquetTables(builders.FILES),
        JUnitTestRunner(),
        OnnxEditor(),
        FakeClock(step=0.5),
    )
    return Drill(builders.opened(project), "fake", candidate, evidence(candidate.subject), SOURCE, tools)


@pytest.mark.parametrize(("quiet_from", "asked"), [(0.0, [2.0, 2.0]), (8.0, [2.0, 2.0, 8.0, 8.0])])
def test_times_that_decide_nothing_on_a_busy_machine_are_taken_once_more_and_for_longer(project, quiet_from, asked):
    took = []

    class Busy(FakeRuntime):
        def race(self, contestants, rounds, seconds):
            took.append(seconds)
            ours, others = super().race(contestants, rounds, seconds)
            noise = (
                [1.0] * rounds if seconds >= quiet_from else [1.0 + 9 * (round_ % 20 > 9) for round_ in range(rounds)]
            )
            return [[each * factor for each, factor in zip(ours, noise, strict=True)], others]

    params = project / "params.yaml"
    params.write_text(params.read_text().replace("gates:\n", "gates:\n  latency: {max_milliseconds: 0.003}\n", 1))
    told = []
    drill(a_drill(project, Busy, lambda opened: read_candidate(opened, "fake")), [], told.append, twin=False)
    assert [found.fate for found in told] == [Fate.PASSED]
    assert took == asked


@pytest.mark.parametrize("raised", [OSError("no rows"), SystemExit(0)])
def test_a_plant_whose_code_fails_or_ends_the_process_is_spoiled_and_the_drill_goes_on(project, raised):
    def plant(_):
        raise raised

    of = a_drill(project, FakeRuntime)
    first, last = (Simple(name, "accuracy", ("below-floor",), plant) for name in ("the first", "the last"))
    told = []
    report = drill(of, [first, last], told.append, twin=False)
    assert [found.fate for found in told] == [Fate.PASSED, Fate.SPOILED, Fate.SPOILED]
    assert f"it could not be planted: {type(raised).__name__}: {raised}" in told[1].message
    assert " (at " not in told[1].message
    assert report.outcome is Outcome.UNDECIDED


def test_what_must_pass_is_held_by_any_finding():
    assert passed("twin", [GOOD]).fate is Fate.PASSED
    found = passed("twin", [GOOD, OTHER])
    assert (found.fate, found.reason, found.right) == (Fate.HELD, "label-flips", False)
    assert "parity, flips: 9 flips" in found.message


@pytest.mark.parametrize(
    ("fates", "outcome"),
    [
        ([Fate.PASSED, Fate.STOPPED, Fate.OFF], Outcome.PASSED),
        ([Fate.PASSED, Fate.THROUGH], Outcome.REFUSED),
        ([Fate.HELD, Fate.STOPPED], Outcome.REFUSED),
        ([Fate.SPOILED, Fate.THROUGH], Outcome.REFUSED),
        ([Fate.SPOILED, Fate.STOPPED], Outcome.UNDECIDED),
        ([], Outcome.UNDECIDED),
    ],
)
def test_a_drill_passes_only_when_all_went_as_they_must(fates, outcome):
    assert DrillReport("example", sha256(b"content"), tuple(map(result, fates))).outcome is outcome


def test_every_plant_is_told_in_the_docs_with_a_gate_and_reasons_that_are_documented():
    gates, drill = (DOCS / "gates.md").read_text(), (DOCS / "drill.md").read_text()
    documented = set(re.findall(r"`([a-z0-9-]+)`", gates[gates.index("## Reasons") :]))
    names = [plant.name for plant in PLANTS]
    assert len(set(names)) == len(names)
    for plant in PLANTS:
        assert f"`{plant.gate}`" in gates
        assert plant.reasons
        assert set(plant.reasons) <= documented
        words = plant.name.replace("an ONNX output ", "").replace("evidence ", "")
        assert words in drill.replace("evidence ", ""), plant.name


def test_a_plant_is_measured_for_its_gate_and_one_of_somebody_elses_gate_for_all():
    assert kinds_for("tests") == ()
    assert kinds_for("fairness") == ("accuracy",)
    assert kinds_for("latency") == ("latency",)
    assert kinds_for("steady") == OF_A_CANDIDATE


class Graphs:
    """An editor that is never reached."""

    def weights(self, model):
        return {}


TABLES = TablesSettings("validation", "test", "outcome", "yes", training="training")


def bed(**changes):
    rows = {**COLUMNS, "outcome": np.array(["yes", "no"] * (len(COLUMNS["age"]) // 2), dtype=object)}
    made = Bed(STRICT, TABLES, SIGNATURE_OF_EXAMPLE, b"model", rows, rows, SOURCE, Graphs())
    return replace(made, **changes)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_model_without_columns_of_numbers_is_told_what_it_takes(dtype):
    image = Column("image", dtype, (Axis("height", 8), Axis("width", 8)))
    of_images = bed(signature=replace(SIGNATURE_OF_EXAMPLE, inputs=(image, Column("text", "string"))))
    for plant in (data.leak, parity.other_preprocessing, robustness.lost_without_a_number):
        with pytest.raises(
            NotAsked, match=rf"takes image \(a tensor of {dtype} \(height 8, width 8\)\), text \(string\)"
        ):
            plant(of_images)


def test_test_rows_whose_windows_have_another_size_stand_in_training_alone():
    longer, shorter = (
        {"window": np.zeros((4, size, 2), np.float32), "outcome": np.array(["yes"] * 4, object)} for size in (30, 24)
    )

    assert data.repeated_rows(bed(training=shorter, test=longer)).tables["training"] is longer
    both = data.repeated_rows(bed(training=longer, test=longer)).tables["training"]
    assert both["window"].shape == (8, 30, 2)


def test_every_test_row_is_of_a_person_whom_training_knows():
    rows = {"person": np.arange(6) // 2}
    made = bed(tables=replace(TABLES, group="person"), test=rows, training={"person": np.arange(10, 20)})
    planted = data.known_groups(made).tables["training"]
    assert shared_groups("person", rows, planted) == (3, 6)
    assert len(planted["person"]) == 10


def without(**gates):
    return bed(policy=replace(STRICT, **gates))


@pytest.mark.parametrize(
    ("plant", "bed_", "said"),
    [
        (accuracy.broken_slice, bed(), "slices"),
        (accuracy.missing_slice, bed(), "slices"),
        (fairness.unfair, without(fairness=None), "fairness"),
        (latency.slower, without(latency=None), "max_ratio"),
        (latency.larger, without(latency=None), "max_size_ratio"),
        (accuracy.one_weight_is_nan, bed(), "no weights"),
        (parity.int8, bed(), "no weights"),
        (robustness.lost_without_a_number, bed(signature=replace(SIGNATURE_OF_EXAMPLE, inputs=())), "takes none"),
        (data.leak, bed(signature=replace(SIGNATURE_OF_EXAMPLE, inputs=())), "takes none"),
        (data.known_groups, bed(), "tables.group names no column"),
        (
            data.known_groups,
            bed(tables=replace(TABLES, group="job"), policy=replace(STRICT, data=DataPolicy(max_shared_groups=1))),
            "max_shared_groups lets test rows be of any group",
        ),
    ],
)  # fmt: skip
def test_what_the_policy_or_the_model_has_nothing_for_is_not_asked(plant, bed_, said):
    with pytest.raises(NotAsked, match=said):
        plant(bed_)


def handed_over(**parity):
    """The bed of an ONNX file that came from elsewhere."""
    return bed(evidence=Evidence().holding(replace(WHOLE.evidence.of(ParityEvidence), **parity)))


@pytest.mark.parametrize("plant", [parity.perturbed, parity.other_preprocessing, parity.int8, parity.float16])
def test_a_file_without_answers_has_nothing_to_differ_from(plant):
    with pytest.raises(NotAsked, match="no answers that it could differ from"):
        plant(handed_over(without_source=True))


@pytest.mark.parametrize("how", [{"without_source": True}, {"exporter": {"source": "stored"}}])
def test_a_file_that_was_handed_over_is_not_trained_on_other_labels(how):
    with pytest.raises(NotAsked, match="not trained here"):
        accuracy.shuffled_labels(handed_over(**how))
    assert accuracy.shuffled_labels(bed()).training is not None


class Weights(Graphs):
    """An editor of a model whose last weight is a single number: the bound of a range."""

    def weights(self, model):
        return {"first": np.ones((2, 3)), "last": np.ones(2), "bound": np.ones(())}

    def with_weights(self, model, changed):
        return changed


def test_a_weight_becomes_nan_where_an_answer_is_drawn_from_it():
    changed = accuracy.one_weight_is_nan(bed(graphs=Weights())).model
    assert list(changed) == ["last"]
    np.testing.assert_array_equal(changed["last"], [np.nan, np.nan])


def test_plants_in_the_evidence_change_what_they_say_and_nothing_else():
    edited = accuracy.edited(bed()).change(WHOLE.evidence)
    assert edited.of(AccuracyEvidence).metrics != WHOLE.evidence.of(AccuracyEvidence).metrics
    assert edited.holding(WHOLE.evidence.of(AccuracyEvidence)) == WHOLE.evidence
    other = tests.other_commit(bed()).source
    assert other.commit[:12] != SOURCE.commit[:12]
    assert len(other.commit) == len(SOURCE.commit)


def test_a_twin_has_nearly_all_rows_and_every_column_of_a_row_stays_together():
    rows = twin(bed()).training
    total = len(COLUMNS["age"])
    assert len(rows["age"]) == round(0.98 * total)
    pairs = set(map(str, zip(COLUMNS["age"].tolist(), COLUMNS["job"].tolist(), strict=True)))
    assert set(map(str, zip(rows["age"].tolist(), rows["job"].tolist(), strict=True))) <= pairs


def test_conditions_become_nodes():
    assert quoted('a "b" \\') == '"a \\"b\\" \\\\"'
    assert floats("one", [1.0]) == "one = Constant<value = float[1] {1.0}>()"
    assert "values_floats=[0.0], default_float=1.0" in holds("x", "c", Condition("sex", "!=", "Male"), text=True)
    number = holds("x", "c", Condition("age", "!=", "5"), text=False)
    assert ["Equal(c, x_limit)" in number, "Not(x_met)" in number, "x = Cast<to=1>(x_not)" in number] == [True] * 3
    assert as_input("sex", np.array(["a"], dtype=object)).dtype == "string"


class Counting:
    """A source model that counts how often it is asked, and can do no more than predict."""

    def __init__(self):
        self.asked = 0

    def predict(self, columns):
        self.asked += 1
        return {"label": columns["job"]}


def test_a_source_is_asked_once_for_equal_rows_and_seems_to_be_what_it_is(tmp_path):
    from lockgate.ports import Calibratable

    source = Counting()
    plugin = CachingPlugin(
        type("Plugin", (), {"open": lambda *_: source, "inputs": lambda _: ("age",)})(), lambda _: sha256(b"x")
    )
    model = plugin.open(Trained("f", "m", (), ()), tmp_path)
    assert plugin.open(Trained("f", "m", (), ()), tmp_path) is model
    assert plugin.inputs() == ("age",)
    model.predict(COLUMNS)
    model.predict(dict(COLUMNS))
    assert source.asked == 1
    model.predict({**COLUMNS, "age": COLUMNS["age"] + 1})
    assert source.asked == 2
    assert not isinstance(model, Calibratable)
