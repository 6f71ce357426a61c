"""What lies beside the evidence on disk is looked at where it was collected, and nowhere else."""

import builders
import pytest

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.releasing.release import sealed
from lockgate.usecases.judging.gate import try_gate
from lockgate.usecases.judging.project_facts import look_beside


def documents(project):
    return {kind: builders.opened(project).layout.evidence("fake", kind) for kind in DOCUMENTS}


def blocking(project):
    verdict = try_gate(builders.instruments(project), "fake", "staging").verdict
    return {(found.gate, found.rule): found for found in verdict.blocking}


def test_a_project_tells_what_lies_there(project):
    (project / "serving").mkdir()
    (project / "serving/requirements.txt").write_text("bentoml==1.4.0\nonnxruntime==1.32.0 \\\n    --hash=sha256:00\n")
    found = look_beside(builders.opened(project), "fake", documents(project))
    assert found.files == {"report": sha256(builders.REPORT), "training": None, "validation": md5(builders.TABLE)}
    assert (found.label, found.positive) == ("outcome", "yes")
    assert found.pins == {"bentoml": "1.4.0", "onnxruntime": "1.32.0"}
    assert found.model_bytes == (project / "build/candidates/fake/export/model.onnx").stat().st_size


def test_a_release_tells_the_size_of_its_model_alone(project):
    folder = project / "build/releases/123"
    builders.FILES.write_bytes(folder / "model.onnx", b"model")
    paths = {kind: folder / sealed(kind) for kind in DOCUMENTS}
    assert look_beside(builders.opened(project), "fake", paths) == ProjectFacts(model_bytes=5)


@pytest.mark.parametrize("spoil", ["remove", "replace", "make a folder"])
def test_a_report_that_is_gone_or_another_leaves_the_gate_undecided(project, spoil):
    assert blocking(project) == {}
    path = project / "build/tests/junit.xml"
    path.unlink()
    if spoil == "replace":
        path.write_text("<testsuite/>")
    if spoil == "make a folder":
        path.mkdir()
    assert blocking(project)["tests", "report"].reason == "edited"


def test_a_runtime_that_the_service_pins_must_be_in_the_evidence(project):
    (project / "serving").mkdir()
    (project / "serving/requirements.txt").write_text("onnxruntime==1.32.0\n")
    assert "pins onnxruntime 1.32.0, the evidence says none" in blocking(project)["parity", "measured"].message
