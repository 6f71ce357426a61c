"""A metric of somebody else's package: the policy names it, evidence states it, and nothing passes without it."""

import re
import shutil
import sys
from dataclasses import replace

import builders
import measured
import numpy as np
import pytest
from cases import CASE, finding
from extended import blocks, install

from lockgate.adapters.python.entry_points import installed_for
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.protocol.extensions.installed import Installed
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.project.layout import Layout
from lockgate.domain.statistics.differences import difference, nearest_twin
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.guarded import guarded
from lockgate.errors import SettingsError
from lockgate.metrics import Interval, Metric, Sample
from lockgate.testing.examples import POLICY, scores_of
from lockgate.usecases.measuring.kinds.accuracy import check_accuracy, open_judged
from lockgate.usecases.measuring.methods import method_here

COST = "acme.cost"
SAMPLE = scores_of(2.2).sample
ACCURACY = AccuracyPolicy(COST, floor=0.9, margin=0.1)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The metric that the docs show, installed; its module, free to be changed before it is loaded."""
    return install("A metric", tmp_path / "site", monkeypatch)


@pytest.fixture
def cost(package):
    return installed_for([COST], [], "binary").metrics[COST]


def costs(sample):
    return float(5 * (sample.labels & ~sample.predicted).mean() + (~sample.labels & sample.predicted).mean())


def settings(project, limit=0.9):
    (shown,) = blocks("A metric", "yaml")
    told = shown.replace("gates:\n", "").replace("floor: 0.9", f"floor: {limit}")
    own = re.sub(r"  accuracy:\n(    .*\n)+", told, builders.PARAMS)
    (project / "params.yaml").write_text(own)
    builders.git(project, "commit", "--quiet", "--all", "--message", "a metric of our own")


def candidate(project, stated=costs, tools=None):
    """Evidence that states the metric, as `check accuracy` would."""
    builders.write_candidate(project)
    path = Layout(project).candidate("fake").accuracy
    found = builders.DOCUMENTS.read(path, AccuracyEvidence)
    metrics = found.metrics | {COST: stated(SAMPLE) if callable(stated) else stated}
    builders.DOCUMENTS.write(path, replace(found, metrics=metrics, tools=tools or {"acme-metrics": "1.2"}))
    builders.lock(project)


def verdict(project):
    return builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)


@pytest.mark.parametrize(("limit", "code"), [(0.9, 0), (0.1, 3)])
def test_a_metric_that_is_installed_and_named_judges(project, package, lockgate, limit, code):
    settings(project, limit)
    candidate(project)
    found, said = lockgate("gate")
    assert found == code, said
    (floor,) = (each for each in verdict(project).findings if (each.gate, each.rule) == ("accuracy", "floor"))
    assert floor.message.startswith("acme.cost of acme-metrics 1.2 0.")
    assert (floor.measured, floor.interval.method) == (pytest.approx(costs(SAMPLE)), "resampled rows")
    assert verdict(project).policy.accuracy.metric == COST
    if code == 0:
        assert "accuracy: acme.cost of acme-metrics 1.2 0.4025 [" in said
    assert lockgate("policy", "explain")[1].count("accuracy: acme.cost no worse than") == 1


def test_without_the_package_nothing_passes(project, lockgate):
    settings(project)
    candidate(project)
    code, said = lockgate("gate")
    assert code == 4, said
    (found,) = (each for each in verdict(project).blocking if each.gate == "accuracy")
    assert found.message.startswith("the metric acme.cost cannot be asked here: no such metric is installed")
    assert "install the package" in found.remedy
    code, explained = lockgate("policy", "explain")
    assert (code, "acme.cost cannot be asked here, and what asks for it is undecided: no such" in explained) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise RuntimeError('broken')", "acme.cost of acme-metrics 1.2 failed: RuntimeError: broken"),
        ("raise SystemExit(0)", "acme.cost of acme-metrics 1.2 failed: SystemExit: 0"),
        ("return float('nan')", "the evidence says acme.cost"),
        ("return 'much'", "the evidence says acme.cost"),
    ],
)
def test_a_metric_that_gives_no_number_leaves_the_verdict_undecided(project, package, lockgate, line, said):
    package.write_text(package.read_text().replace("    missed =", f"    {line}\n    missed ="))
    settings(project)
    candidate(project)
    code, told = lockgate("gate")
    assert (code, said in told) == (4, True), told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise RuntimeError('broken')", "acme.cost of acme-metrics 1.2 failed: RuntimeError: broken"),
        ("return float('nan')", "acme.cost of acme-metrics 1.2 is missing or not a number"),
    ],
)
def test_evidence_that_has_no_number_says_why_and_whom_to_ask(project, package, lockgate, line, said):
    package.write_text(package.read_text().replace("    missed =", f"    {line}\n    missed ="))
    settings(project)
    candidate(project, stated=None)
    code, told = lockgate("gate")
    assert (code, said in told) == (4, True), told
    assert "-> ask those who made acme" in told


def test_evidence_that_its_scores_do_not_bear_out_is_not_taken(project, package, lockgate):
    settings(project)
    candidate(project, stated=0.01)
    code, said = lockgate("gate")
    assert (code, "the evidence says acme.cost 0.010000, its scores do not" in said) == (4, True), said


def test_a_metric_that_the_evidence_does_not_state_was_not_measured(project, package, lockgate):
    settings(project)
    builders.write_candidate(project)
    code, said = lockgate("gate")
    assert (code, "the evidence does not state acme.cost of acme-metrics 1.2" in said) == (4, True), said


def test_a_name_that_two_packages_bring_is_had_from_neither(package):
    (info,) = package.parent.glob("*.dist-info")
    shutil.copytree(info, package.parent / "twin-2.dist-info")
    (package.parent / "twin-2.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 2\n")
    found = installed_for([COST], [], "binary")
    assert found.metric(COST) is None
    assert found.problem(COST) == "more than one package brings it: acme-metrics 1.2 and twin 2"
    assert found.remedy(COST) == "uninstall all but one of them"


@pytest.mark.parametrize("change", ["raise SystemExit(0)", "COST = 1", "COST = None"])
def test_what_cannot_be_loaded_leaves_the_verdict_undecided(project, package, lockgate, change):
    package.write_text(f"{package.read_text()}\n{change}\n")
    settings(project)
    candidate(project)
    code, said = lockgate("gate")
    assert (code, "the metric acme.cost cannot be asked here: acme_metrics:COST" in said) == (4, True), said
    assert "-> ask those who made acme-metrics 1.2\n" in said


@pytest.mark.parametrize(("limit", "said"), [(7, "floor is too large: 7"), (-1, "floor is too small: -1")])
def test_a_limit_that_the_metric_never_breaks_or_never_meets_ends_with_2(project, package, lockgate, limit, said):
    settings(project, limit)
    code, told = lockgate("gate")
    assert (code, said in told) == (2, True), told


def test_a_name_without_a_dot_is_one_of_ours_or_none(project, lockgate):
    settings(project)
    (project / "params.yaml").write_text((project / "params.yaml").read_text().replace(COST, "roc_auk"))
    code, said = lockgate("gate")
    assert code == 2
    assert "gates.accuracy.metric: 'roc_auk' is not one of" in said
    assert "did you mean 'roc_auc'?" in said


@pytest.fixture
def judged(tmp_path, cost):
    made = replace(measured.project_at(tmp_path), installed=Installed({COST: cost}))
    accuracy = replace(POLICY, accuracy=ACCURACY)
    return replace(made, settings=replace(made.settings, gates=accuracy))


def check(project):
    model = open_judged(project, "example", measured.RUNTIME, measured.TABLES)
    return check_accuracy(project, model, measured.RUNTIME, SklearnMetrics(), measured.TABLES)


def test_evidence_states_the_value_the_package_and_its_version(judged):
    found = check(judged)
    assert 0 < found.metrics[COST] < 5
    assert found.tools["acme-metrics"] == "1.2"
    assert found.method.endswith(", acme.cost acme-metrics==1.2")
    assert "acme.cost" not in method_here(judged, "parity")


def test_nothing_is_measured_with_a_metric_that_is_not_here(judged):
    project = replace(judged, installed=Installed(problems={COST: "no such metric is installed"}))
    with pytest.raises(SettingsError, match=r"gates.accuracy.metric: acme.cost cannot be asked: no such metric"):
        check(project)


def test_a_metric_that_raises_is_stated_as_no_number(judged):
    def broken(sample):
        raise ZeroDivisionError

    metric = guarded(Metric(COST, broken, package="acme-metrics 1.2"))
    assert check(replace(judged, installed=Installed({COST: metric}))).metrics[COST] is None


def test_another_version_measured_otherwise(cost):
    evidence = CASE.evidence.of(AccuracyEvidence)
    stated = replace(
        evidence, metrics=evidence.metrics | {COST: costs(SAMPLE)}, method="1, acme.cost acme-metrics==1.1"
    )
    facts = replace(CASE.evidence.beside, methods={"accuracy": "1, acme.cost acme-metrics==1.2"})
    given = replace(CASE.evidence.holding(stated), beside=facts)
    case = replace(CASE, evidence=given, installed=Installed({COST: cost}), champion=None)
    findings = decide(replace(POLICY, accuracy=ACCURACY), case).findings
    (found,) = (each for each in findings if each.gate == "accuracy")
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "measured-otherwise")
    assert "acme.cost acme-metrics==1.1" in found.message


def quick(cost):
    """The same metric from the counts, all draws at once."""
    return replace(cost, of_cells=lambda tp, fp, fn, tn: (5 * fn + fp) / (tp + fp + fn + tn))


def test_rows_are_resampled_where_a_metric_has_no_interval_and_counts_where_it_is_one_of_counts(cost):
    slow, fast = (estimate(each, SAMPLE, 0.9) for each in (cost, quick(cost)))
    assert slow.interval.low < slow.value == fast.value < slow.interval.high
    assert slow.interval.low == pytest.approx(fast.interval.low, abs=1e-9)
    theirs = scores_of(2.1).sample
    slow, fast = (difference(each, SAMPLE, theirs, 0.9) for each in (cost, quick(cost)))
    assert slow.interval.low < slow.value < slow.interval.high
    assert slow.value == pytest.approx(costs(theirs) - costs(SAMPLE))
    assert slow.interval.high == pytest.approx(fast.interval.high, abs=1e-9)


def test_no_row_that_is_wrong_is_no_proof_that_none_will_be(cost):
    perfect = Sample(SAMPLE.labels, SAMPLE.labels, SAMPLE.labels.astype(float))
    found = estimate(cost, perfect, 0.9).interval
    assert (found.low, 0.01 < found.high < 0.2) == (0.0, True)
    assert estimate(replace(cost, most=None), perfect, 0.9).interval is None
    apart = difference(cost, perfect, nearest_twin(perfect), 0.9).interval
    assert apart.low < 0 < apart.high
    assert difference(cost, perfect, perfect, 0.9).interval == Interval(0.0, 0.0, 0.9, "resampled rows")


def test_an_interval_covers_what_a_metric_is_worth(cost):
    def drawn(random):
        labels = np.arange(300) < 90
        said = labels ^ (random.random(300) < np.where(labels, 0.2, 0.05))
        return Sample(labels, said, said.astype(float))

    random, worth = np.random.default_rng(5), 5 * 0.3 * 0.2 + 0.7 * 0.05
    found = [estimate(quick(cost), drawn(random), 0.9).interval for _ in range(200)]
    assert np.mean([each.low <= worth <= each.high for each in found]) >= 0.87


@pytest.mark.parametrize(
    "given", [None, (0.1, 0.2), Interval(0.2, 0.1, 0.9, "m"), Interval(0.1, float("nan"), 0.9, "m")]
)
def test_an_interval_of_its_own_that_is_none_leaves_the_gate_undecided(cost, given):
    metric = guarded(replace(cost, interval=lambda sample, found, level: given))
    accuracy = CASE.evidence.of(AccuracyEvidence)
    stated = replace(accuracy, metrics={COST: costs(SAMPLE)})
    case = replace(CASE, evidence=CASE.evidence.holding(stated), installed=Installed({COST: metric}))
    found = finding(case, "accuracy", "measured", replace(POLICY, accuracy=ACCURACY))
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "not-measured")
    assert found.message.startswith("acme.cost of acme-metrics 1.2 gave ")


def test_a_metric_of_another_task_is_not_asked(package):
    package.write_text(package.read_text().replace("most=MISSED)", 'most=MISSED, tasks=("regression",))'))
    sys.modules.pop("acme_metrics", None)
    assert "it is a metric of regression, and the task is binary" in installed_for([COST], [], "binary").problems[COST]


def test_scores_that_are_no_numbers_are_said_before_what_other_metrics_are(cost):
    nothing = np.full(SAMPLE.rows, np.nan)
    table = replace(scores_of(2.2), sample=replace(SAMPLE, scores=nothing))
    stated = replace(CASE.evidence.of(AccuracyEvidence), metrics={"roc_auc": None, "accuracy": 0.6, COST: None})
    given = replace(CASE.evidence.holding(stated), scores=table)
    case = replace(CASE, evidence=given, installed=Installed({COST: cost}))
    found = finding(case, "accuracy", "measured", replace(POLICY, accuracy=ACCURACY))
    assert found.reason == "not-measured"
    assert found.message.startswith("acme.cost is missing or not a number: 2000 of 2000 rows have a score")
