"""The model card is one of Hugging Face's, and says what the verdict and its evidence say."""

import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import builders
import numpy as np
import pytest
from huggingface_hub import ModelCard
from whole import FULL, WHOLE

from lockgate.adapters.formats.model_card import ModelCards
from lockgate.adapters.pages.release import ReleasePlots
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.fairness.group_figures import group_tables
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.model.profile import NumberProfile, Profile
from lockgate.domain.model.signature import Column
from lockgate.domain.releasing.bundle_files import CARD, plot
from lockgate.domain.releasing.formats.card import sections
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.releasing.provenance import Provenance
from lockgate.domain.statistics.curves import POINTS, answered_and_true, calibration_bins, roc_curve
from lockgate.domain.statistics.sample import ClassSample, LabelSample, Sample, ValueSample
from lockgate.testing.contracts import BundleWriterContract
from lockgate.testing.examples import COLUMNS, SIGNATURE_OF_EXAMPLE, profile_of
from lockgate.testing.task_examples import TASKS_OF_EXAMPLES, case_of_task

POLICY = replace(FULL, plugins={})
VERDICT = decide(POLICY, WHOLE)
FACTS = ReleaseFacts(
    name="example",
    task=SIGNATURE_OF_EXAMPLE.task,
    verdict=VERDICT,
    signature=SIGNATURE_OF_EXAMPLE,
    profile=profile_of(COLUMNS, SIGNATURE_OF_EXAMPLE),
    evidence=WHOLE.evidence,
    provenance=Provenance(WHOLE.source, sha256(b"params"), {}, {}),
    serving=(),
    files={"model.onnx": sha256(b"model"), plot("roc"): sha256(b"roc")},
)


class TestCard(BundleWriterContract):
    @pytest.fixture
    def writer(self):
        return ModelCards()

    @pytest.fixture
    def facts(self):
        return FACTS


class TestPlots(TestCard):
    @pytest.fixture
    def writer(self):
        return ReleasePlots()

    @pytest.fixture
    def facts(self):
        return replace(FACTS, files={})


def card_of(facts=FACTS):
    return ModelCard(ModelCards().write(facts)[CARD].decode())


def found(rule, gate="accuracy"):
    return next(each for each in VERDICT.findings if (each.gate, each.rule) == (gate, rule))


def test_its_metadata_has_every_measure_with_its_interval():
    data = card_of().data
    assert (data.library_name, data.pipeline_tag, data.model_name) == ("onnx", "tabular-classification", "example")
    results = {(each.metric_type, (each.metric_args or {}).get("where", "")): each for each in data.eval_results}
    floor = found("floor")
    result = results["roc_auc", ""]
    assert result.metric_value == floor.measured
    assert result.metric_args["interval"] == [floor.interval.low, floor.interval.high]
    assert result.dataset_revision == str(VERDICT.candidate.subject.data)
    slices = [each for each in VERDICT.findings if each.rule.startswith("slice ") and each.rule.endswith(": floor")]
    assert slices
    assert {where for what, where in results if what == "roc_auc"} == {
        "",
        *(each.rule.removeprefix("slice ").removesuffix(": floor") for each in slices),
    }
    assert any(what == "equalized odds difference" for what, _ in results)


def test_its_text_has_every_finding_of_the_gates_that_have_no_number():
    text = card_of().text
    for finding in VERDICT.findings:
        if finding.gate in {"parity", "robustness", "latency", "data", "explanation", "fairness"}:
            assert finding.rule.replace("<", "&lt;") in text, finding.rule
    for title in (
        "What it is",
        "Data",
        "How good it is",
        "Groups",
        "What it goes by",
        "Parity",
        "Robustness",
        "Limits",
    ):
        assert f"## {title}" in text


def test_it_shows_only_pictures_that_lie_in_the_bundle():
    assert re.findall(r"!\[[^\]]*\]\(([^)]*)\)", card_of().text) == [plot("roc")]


def test_what_was_let_pass_and_what_was_not_judged_are_limits():
    policy = replace(POLICY, calibration=None, robustness=replace(POLICY.robustness, mode="warn", max_nudge=1e-12))
    verdict = decide(policy, WHOLE)
    text = card_of(replace(FACTS, verdict=verdict)).text
    assert "- Not judged: calibration." in text
    warned = [each for each in verdict.findings if each.outcome is Outcome.WARNED]
    for each in warned:
        assert f"- Let pass, {each.gate}, {each.rule}" in text


def test_a_name_makes_no_table_no_tag_and_no_link():
    odd = "a|b`c](http://x) <img src=x>"
    column = Column(odd, "float32")
    signature = replace(SIGNATURE_OF_EXAMPLE, inputs=(column,))
    findings = (replace(VERDICT.findings[-1], message=f"{odd}\n# heading"), *VERDICT.findings)
    facts = replace(
        FACTS,
        signature=signature,
        profile=Profile((NumberProfile(odd, 10, 0, ()),), ()),
        verdict=replace(VERDICT, findings=findings),
    )
    text = card_of(facts).text
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    outside = re.sub(r"`[^`\n]*`", "", outside)
    assert "<img" not in outside
    assert "](http" not in outside
    assert "\n# heading" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) in {4, 5, 6, 7} for line in rows)


def test_its_code_asks_the_model_for_a_typical_row(tmp_path, monkeypatch):
    model = builders.GOLDEN / "model"
    signature = builders.DOCUMENTS.read(model / "signature.json", type(SIGNATURE_OF_EXAMPLE))
    profile = builders.DOCUMENTS.read(model / "profile.json", Profile)
    text = card_of(replace(FACTS, signature=signature, profile=profile)).text
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shutil.copy(model / "model.onnx", tmp_path)
    monkeypatch.chdir(tmp_path)
    told = {}
    exec(code, told)
    label, probabilities = told["answers"]
    assert str(label.ravel()[0]) in signature.classes
    assert probabilities.shape == (1, len(signature.classes))


def test_the_pictures_are_drawn_again_alike_and_are_svg():
    drawn = ReleasePlots().write(FACTS)
    assert set(drawn) == {plot("roc"), plot("calibration")}
    for content in drawn.values():
        assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
    assert ReleasePlots().write(replace(FACTS, evidence=replace(FACTS.evidence, scores=None))) == {}


def test_a_curve_shows_no_single_row():
    random = np.random.default_rng(3)
    scores = random.random(5000)
    sample = Sample(random.random(5000) < scores, scores > 0.5, scores)
    curve = roc_curve(sample)
    assert len(curve) <= POINTS + 1
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))
    area = np.trapezoid([up for _, up in curve], [across for across, _ in curve])
    exact = np.mean(sample.scores[sample.labels][:, None] > sample.scores[~sample.labels][None])
    assert area == pytest.approx(exact, abs=0.005)
    bins = calibration_bins(sample, 0.9)
    assert sum(each.rows for each in bins) == 5000
    assert all(each.rows >= 20 for each in bins)
    assert sum(each.interval.low <= each.score <= each.interval.high for each in bins) >= 7
    assert roc_curve(sample.where(sample.labels)) == calibration_bins(sample.where(sample.labels), 0.9) == ()


ROWS = 400


def of_each_task():
    random = np.random.default_rng(5)
    scores = random.dirichlet(np.ones(3), ROWS)
    truth = np.array([random.choice(3, p=row) for row in scores])
    yield ClassSample(truth, scores.argmax(axis=1), scores, ("a", "b", "c")), "share that is right"
    chances = random.random((ROWS, 2))
    yield LabelSample(random.random((ROWS, 2)) < chances, chances >= 0.5, chances, ("a", "b")), "labels that are true"
    real = random.normal(50, 20, (ROWS, 1))
    yield ValueSample(real, real + random.normal(0, 5, (ROWS, 1)), ("price",)), "mean answer of price: 0 is"


@pytest.mark.parametrize(("sample", "says"), [*of_each_task()])
def test_answers_and_truth_are_drawn_for_each_task(sample, says):
    scores = replace(FACTS.evidence.scores, sample=sample)
    drawn = ReleasePlots().write(replace(FACTS, evidence=replace(FACTS.evidence, scores=scores)))
    assert set(drawn) == {plot("calibration")}
    assert says in drawn[plot("calibration")].decode()


def test_good_numbers_lie_near_the_diagonal():
    *_, (sample, _) = of_each_task()
    points, low, high = answered_and_true(sample)
    assert 0 < low < 50 < high
    assert max(abs(said - real) for said, real in points) < 0.1


@pytest.mark.parametrize("name", TASKS_OF_EXAMPLES)
def test_it_tells_what_groups_get_of_every_task(name):
    case = case_of_task(TASKS_OF_EXAMPLES[name])
    of_numbers = TASKS_OF_EXAMPLES[name].kind == "regression"
    limit = {"max_mean_error_gap": 0.5} if of_numbers else {"max_error_rate_difference": 0.5}
    fairness = FairnessPolicy(("job",), **limit)
    verdict = replace(VERDICT, policy=replace(POLICY, fairness=fairness))

    (section,) = [
        each for each in sections(replace(FACTS, verdict=verdict, evidence=case.evidence)) if each.title == "Groups"
    ]

    (table,) = group_tables(fairness, case.evidence.scores)
    assert section.tables[1].heading == table.heading
    assert len(section.tables[1].rows) == len(table.groups)
    assert table.intervals in section.paragraphs[0]
