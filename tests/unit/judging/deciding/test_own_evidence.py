"""A gate of somebody else's with evidence of its own: measured, judged, sealed, and never that of another candidate."""

import importlib
from dataclasses import replace

import builders
import numpy as np
import pytest
from cases import CASE
from test_own_gates import installed  # noqa: F401 - a fixture

from lockgate.adapters.onnx.editor import OnnxEditor
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.cli.main import run
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.model.signature import Signature
from lockgate.errors import ModelError
from lockgate.testing import FakeClock, FakeMetrics, FakePlugin, FakeRuntime
from lockgate.testing.examples import COLUMNS, POLICY
from lockgate.usecases.judging.drill.plant import Planted
from lockgate.usecases.judging.drill.sandbox import Tools, grown, kinds_for, measure
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.plugins import asks_others, check_others
from lockgate.usecases.project.project import read_candidate

SETTINGS = "gates:\n  plugins:\n    order:\n      max_changed: 0\n"
ROWS = {"age": np.array([20, 30, 40], dtype=np.float32), "job": np.array(["clerk", "smith", ""], dtype=object)}


@pytest.fixture
def order(installed):  # noqa: F811
    return importlib.import_module("order_of_rows")


@pytest.fixture
def asking(project, order):
    """The project with the gate in its policy, and its candidate's model, opened."""
    text = builders.PARAMS.replace("gates:\n", SETTINGS)
    (project / "params.yaml").write_text(text)
    builders.git(project, "commit", "--quiet", "--all", "--message", "a gate of our own")
    builders.write_candidate(project)
    opened = replace(builders.opened(project), gates=(AskedGate(order.ORDER, order.OrderPolicy()),))
    paths, runtime = opened.layout.candidate("fake"), FakeRuntime()
    signature = opened.documents.read(paths.signature, Signature)
    session = runtime.open(paths.model, signature)
    return opened, LoadedModel.asked("fake", paths.model, signature, session, ROWS), runtime


def judged(project, capfd):
    code = run(["-C", str(project.layout.root), "gate"])
    return code, "".join(capfd.readouterr())


def test_what_a_gate_measures_is_written_judged_and_recorded(asking, order, capfd):
    project, model, runtime = asking
    assert asks_others(project)
    ((name, document),) = check_others(project, model, runtime)
    assert (name, document.rows, document.changed) == ("order", 3, 0)
    assert document.subject == read_candidate(project, "fake").subject
    code, said = judged(project, capfd)
    assert (code, "integrity, results: not what the stages made" in said) == (4, True), said
    builders.lock(project.layout.root)
    code, said = judged(project, capfd)
    assert code == 0, said
    verdict = builders.DOCUMENTS.read(project.layout.verdict, Verdict)
    assert "order" in verdict.evidence
    assert next(found.message for found in verdict.findings if found.gate == "order").startswith("0 rows are answered")
    release, _ = builders.sealed(project.layout.root)
    assert release.manifest.files["evidence/order.json"] == verdict.evidence["order"]


def test_what_was_not_measured_or_cannot_be_read_is_undecided(asking, capfd):
    project, model, runtime = asking
    code, said = judged(project, capfd)
    assert (code, "the rows were not asked in another order" in said) == (4, True), said
    [*check_others(project, model, runtime)]
    project.layout.evidence("fake", "order").write_text("{}")
    code, said = judged(project, capfd)
    assert (code, "order.json" in said) == (4, True), said


def test_a_document_of_another_candidate_is_not_judged(order):
    asked = AskedGate(order.ORDER, order.OrderPolicy())
    other = order.OrderEvidence(replace(CASE.subject, model=sha256(b"another")), 3, 0)
    case = replace(CASE, evidence=CASE.evidence.holding(other))
    (found,) = (each for each in decide(POLICY, case, extra=[asked]).findings if each.gate == "order")
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "other-subject")


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (lambda policy, model: 1 / 0, "could not measure: ZeroDivisionError"),
        (lambda policy, model: [3], "measured int, which is no document of its own"),
        (lambda policy, model: [model.ask({})], "could not measure"),
    ],
)
def test_a_measurement_that_fails_is_an_error_and_leaves_nothing(asking, order, measure, said):
    project, model, runtime = asking
    broken = replace(project, gates=(AskedGate(replace(order.ORDER, measure=measure), order.OrderPolicy()),))
    with pytest.raises(ModelError, match=said):
        [*check_others(broken, model, runtime)]
    assert not project.layout.evidence("fake", "order").exists()


def test_the_schema_of_its_settings_is_printed(asking, capfd):
    project, _, _ = asking
    root = str(project.layout.root)
    assert run(["-C", root, "policy", "schema", "order"]) == 0
    assert '"max_changed"' in capfd.readouterr().out
    assert run(["-C", root, "policy", "schema", "ordre"]) == 2
    assert "did you mean 'order'" in capfd.readouterr().err


def test_a_document_cannot_have_the_name_of_one_of_ours(asking, installed, capfd):  # noqa: F811
    source = installed / "order_of_rows.py"
    source.write_text(source.read_text().replace('{"order": OrderEvidence}', '{"accuracy": OrderEvidence}'))
    importlib.reload(importlib.import_module("order_of_rows"))
    code, said = judged(asking[0], capfd)
    assert (code, "accuracy is a document of Lockgate's own" in said) == (2, True), said


def test_a_plant_for_such_a_gate_is_measured_for_it(asking, order):
    project, _, _ = asking
    rows = {**COLUMNS, "outcome": np.array(["yes", "no"] * (len(COLUMNS["age"]) // 2), dtype=object)}
    tables = ParquetTables(builders.FILES)
    for split in ("train", "validation", "test"):
        tables.write(project.layout.root / f"build/{split}.parquet", rows)
    clock = FakeClock(step=0.5)
    tools = Tools(FakePlugin(), FakeRuntime, FakeMetrics(), tables, JUnitTestRunner(), OnnxEditor(), clock)
    with grown(project, "fake", "a plant", Planted(training=rows), "order", tools) as plot:
        found = measure(plot, "fake", kinds_for("order"), project.layout.candidate("fake").export, tools)
    assert found.of(order.OrderEvidence).rows == len(COLUMNS["age"])
