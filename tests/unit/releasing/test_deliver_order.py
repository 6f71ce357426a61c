"""A delivery proves that a release serves, and only then gives it a version."""

from contextlib import contextmanager

import builders
import pytest

from lockgate.cli.console import Console
from lockgate.cli.verbs import deliver as delivering
from lockgate.cli.wiring import making, measuring, releasing, serving
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.errors import ToolError
from lockgate.testing import FakePackager, FakePipeline, FakeRegistry, FakeRuntime, FakeServer


class Broken(FakeServer):
    """A server whose model serves badly: ``how`` says in what way."""

    def __init__(self, how):
        self._how = how

    @contextmanager
    def start(self, package, host, port, on_request=print):
        if self._how == "does not start":
            raise ToolError("the server did not become ready")
        with super().start(package, host, port, on_request) as running:
            answered = running.predict
            running.predict = lambda rows: self._worsened(answered(rows))
            yield running

    def _worsened(self, answer):
        if self._how == "answers wrongly":
            for chances in (each["probabilities"] for each in answer["predictions"]):
                chances.update(zip(chances, reversed(chances.values()), strict=True))
            return answer
        return {"predictions": []}


@pytest.fixture
def deliver(lockgate, project, tmp_path, monkeypatch):
    """Deliver the judged candidate with fakes all around; the versions that the registry has then."""
    assert lockgate("gate")[0] == 0
    (project / "serving").mkdir()
    (project / "serving/service.py").touch()
    registry = FakeRegistry(tmp_path / "registry")
    monkeypatch.setattr(making, "pipeline", lambda _: FakePipeline({}))
    monkeypatch.setattr(measuring, "runtime", lambda _: FakeRuntime())
    monkeypatch.setattr(releasing, "registry", lambda _: registry)
    monkeypatch.setattr(serving, "packager", lambda _: FakePackager(tmp_path / "packages"))

    def call(server):
        monkeypatch.setattr(serving, "server", lambda _: server)
        opened = builders.opened(project)
        verdict = builders.DOCUMENTS.read(opened.layout.verdict, Verdict)
        delivering._delivered(opened, delivering.Delivery(None, verdict), Console(as_json=True))

    return call, registry


def test_a_release_that_serves_gets_a_version_and_the_alias(deliver):
    call, registry = deliver
    call(FakeServer())
    assert registry.challenger == {"example": "1"}


@pytest.mark.parametrize("how", ["does not start", "answers wrongly", "answers nothing"])
def test_a_release_that_does_not_serve_gets_no_version_and_no_alias(deliver, how, tmp_path):
    call, registry = deliver
    with pytest.raises(ToolError):
        call(Broken(how))
    assert registry.challenger == {}
    assert not (tmp_path / "registry").exists()
