"""The fakes do what their ports say, so that a pipeline that passes on them means something."""

import builders
import numpy as np
import pytest
from builders import DOCUMENTS, FILES

from lockgate.domain.model.task import Binary
from lockgate.domain.statistics.sample import Sample
from lockgate.errors import DataError, ModelError, StageFailed, ToolError
from lockgate.ports import StageState
from lockgate.testing import (
    FakeFramework,
    FakeMetrics,
    FakePackager,
    FakePipeline,
    FakeRuntime,
    FakeServer,
    FakeTestRunner,
    FakeTracker,
    fake_model,
)
from lockgate.testing.examples import COLUMNS, SIGNATURE_OF_EXAMPLE, write_bundle
from lockgate.usecases.making.run import run
from lockgate.usecases.measuring.kinds.accuracy import check_tests
from lockgate.usecases.serving.proof import prove
from lockgate.usecases.serving.serve import serve

INPUTS, CLASSES = SIGNATURE_OF_EXAMPLE.inputs, SIGNATURE_OF_EXAMPLE.classes


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(fake_model(INPUTS, CLASSES, {"age": 0.01, "job": -0.5}))
    return path


def test_a_fake_export_answers_as_its_source_in_float32(model, tmp_path):
    source = FakeFramework().load(model, INPUTS, Binary(CLASSES, ""))
    (tmp_path / "export").write_bytes(source.to_onnx(INPUTS))
    ours = FakeRuntime().open(tmp_path / "export", SIGNATURE_OF_EXAMPLE).run(COLUMNS)
    theirs = source.predict(COLUMNS)
    assert (ours["probabilities"].dtype, theirs["probabilities"].dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(ours["probabilities"], theirs["probabilities"], atol=1e-7)
    assert ours["label"].tolist() == theirs["label"].tolist()
    assert ours["label"][:4].tolist() == ["no", "yes", "no", "no"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"ONNX"])
def test_what_is_no_fake_model_is_refused(tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelError):
        FakeFramework().load(tmp_path / "model", INPUTS, Binary(CLASSES, ""))
    with pytest.raises(ModelError):
        FakeRuntime().open(tmp_path / "model", SIGNATURE_OF_EXAMPLE)


def test_a_fake_model_of_other_classes_is_refused(model):
    with pytest.raises(ModelError):
        FakeFramework().load(model, INPUTS, Binary(("yes", "no"), ""))


def test_a_fake_pipeline_runs_each_stage_once():
    worked = []
    pipeline = FakePipeline({"prepare": lambda: worked.append("prepare"), "train@a": None}, missing=["raw"])
    first = run(pipeline, "a", FakeTracker(), "c" * 40, lambda _: None, lambda _: None)
    again = run(pipeline, "a", FakeTracker(), "c" * 40, lambda _: None, lambda _: None)
    assert (first.pulled, first.ran, again.pulled, again.ran) == (("raw",), 2, (), 0)
    assert {stage.state for stage in again.stages} == {StageState.CACHED}
    assert worked == ["prepare"]


def test_a_fake_pipeline_fails_where_it_is_told_to_and_goes_on_there():
    pipeline = FakePipeline({"prepare": None, "train": None}, fails={"train": 7})
    with pytest.raises(StageFailed) as caught:
        run(pipeline, [], FakeTracker(), "c" * 40, lambda _: None, lambda _: None)
    assert (caught.value.exit_code, pipeline.done) == (7, {"prepare"})


def test_a_fake_pipeline_without_its_data_stops():
    with pytest.raises(DataError, match="raw"):
        FakePipeline(lost=["raw"]).fetch()


def test_a_fake_test_runner_leaves_evidence_and_a_report(project):
    opened = builders.opened(project)
    runner = FakeTestRunner(tests=5, failed=["test_x"], skipped=1)
    evidence = check_tests(opened, builders.GitRepository(project), runner)
    assert (evidence.ran, evidence.failures, evidence.failed, evidence.exit_code) == (4, 1, ("test_x",), 1)
    assert FILES.sha256(project / "build/tests/junit.xml") == evidence.report


def test_fake_metrics_are_those_that_were_given():
    assert FakeMetrics({"f1": None}).measure(Sample(*[np.zeros(1)] * 3)) == {"f1": None}


@pytest.fixture
def packaged(project, tmp_path):
    """A package, as it serves before it has its name."""
    release = write_bundle(tmp_path / "bundle", DOCUMENTS, FILES)
    builders.FileKeyring(FILES).sign(tmp_path / "bundle")
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving/service.py").write_text("# a service\n")
    with FakePackager(tmp_path / "packages").build(release, tmp_path / "bundle", tmp_path / "serving") as built:
        yield built


def test_a_fake_server_answers_what_the_judged_model_answers(packaged, project):
    opened = builders.opened(project)
    with serve(opened, packaged, FakeServer(), "127.0.0.1", 0) as running:
        prediction = prove(opened, packaged.release, running, FakeRuntime())
    assert prediction.row == {"age": 30.0, "job": "clerk"}
    assert prediction.label == "no"
    with pytest.raises(ToolError, match="stopped"):
        running.predict([])


def test_a_fake_server_refuses_a_row_that_lacks_a_column(packaged):
    with FakeServer().start(packaged, "127.0.0.1", 0) as running, pytest.raises(ToolError, match="age"):
        running.predict([{"job": "clerk"}])


@pytest.mark.slow
def test_importing_the_fakes_does_not_import_pytest(run_python):
    assert "pytest" not in run_python("import lockgate.testing, lockgate.testing.examples")
