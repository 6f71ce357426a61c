"""The picture of a parity check: one page that needs nothing else, with everything escaped."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from lockgate.adapters.pages.parity import ParityPages, bars
from lockgate.domain.judging.gates.parity.evidence import Calibration, Flip, MetricParity, WorstRow
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.testing.examples import POLICY, SIGNATURE_OF_EXAMPLE, SUBJECT, evidence_of_parity

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def evidence():
    plain = evidence_of_parity()
    label, probabilities = plain.outputs
    probabilities = replace(
        probabilities,
        max_ulp=3.0,
        quantiles=(0.0, 1e-8, 1e-7, 1e-7),
        histogram=(150, *[0] * 5, 49, 1, *[0] * 7),
        worst_rows=(WorstRow(17, 1e-7, (0.25, None), (0.25, 0.75)),),
    )
    return replace(
        plain,
        outputs=(label, probabilities),
        flips=1,
        worst_flips=(Flip(17, EVIL, "yes", 0.1),),
        calibrations=(Calibration("probabilities", 100, 6e-8, 1e-7, 1e-8, 2e-7, 2e-8, 5, 0.3),),
        metrics=(MetricParity("roc_auc", 0.93, 0.93),),
        exporter={"exporter": "skl2onnx"},
    )


class Reader(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.links = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data):
        self.words += data


def findings(evidence):
    return judge_parity(POLICY.parity, evidence, SUBJECT, SIGNATURE_OF_EXAMPLE)


def draw(evidence):
    return ParityPages().parity(evidence, findings(evidence))


def test_the_page_needs_nothing_else_and_runs_nothing(evidence):
    read = Reader(draw(evidence))
    assert not read.links
    assert "script" not in read.tags
    assert EVIL in read.words


def test_it_shows_every_finding_histogram_flips_worst_rows_and_settings(evidence):
    page = draw(evidence)
    words = Reader(page).words
    for finding in findings(evidence):
        assert finding.message in words
    for heading in ("Errors of probabilities", "Labels that flip", "Invented rows", "Settings", "Metrics", "float64"):
        assert heading in words
    assert "batches of 1" in words
    assert "5, error 3.0e-01" in words


def test_the_bars_are_the_histogram(evidence):
    output = evidence.outputs[1]
    assert [bar.count for bar in bars(output)] == list(output.histogram)
    assert [bar.label for bar in bars(output)][:3] == ["equal", "≤1e-12", "≤1e-11"]
    assert min(bar.height for bar in bars(output) if bar.count) > 1


def test_what_was_not_found_is_not_shown(evidence):
    words = Reader(draw(replace(evidence, flips=0, worst_flips=(), metrics=(), calibrations=()))).words
    assert "Labels that flip" not in words
    assert "Metrics" not in words


def test_equal_evidence_gives_equal_text(evidence):
    assert draw(evidence) == draw(replace(evidence))


def test_an_output_without_a_finite_cell_is_told_by_its_finding_alone(evidence):
    label, probabilities = evidence.outputs
    nothing = replace(probabilities, max_absolute=None, max_relative=None, quantiles=(), histogram=(0,) * 15)
    words = Reader(draw(replace(evidence, outputs=(label, nothing)))).words
    assert "Errors of probabilities" not in words
    assert "the largest absolute difference is not a number" in words
