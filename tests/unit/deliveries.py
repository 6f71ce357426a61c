"""A delivery on fakes, with what it told."""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import builders

from lockgate.errors import ToolError
from lockgate.testing import (
    FakeClock,
    FakeCommitLog,
    FakeMetrics,
    FakePackager,
    FakePipeline,
    FakePlugin,
    FakeRegistry,
    FakeRepository,
    FakeRuntime,
    FakeServer,
    FakeTestRunner,
    FakeTracker,
)
from lockgate.usecases.deliver.way import deliver
from lockgate.usecases.project.instruments import Instruments

STAGES = ("prepare", "train@fake", "export@fake", "check@fake")


class Store:
    """A tracking store that is there, or that is not."""

    def __init__(self, error=None):
        self.error = error

    def begun(self):
        return True

    def look(self):
        if self.error:
            raise self.error
        return "here"


class Served(FakeServer):
    """A server that tells what became of it; ``broken`` says how its model serves, where it serves badly."""

    def __init__(self, broken=""):
        self.broken, self.running = broken, None

    @contextmanager
    def start(self, package, host, port, on_request=print):
        if self.broken == "does not start":
            raise ToolError("the server did not become ready")
        with super().start(package, host, port, on_request) as self.running:
            answered = self.running.predict
            self.running.predict = lambda rows: self._worsened(answered(rows))
            yield self.running

    def _worsened(self, answer):
        if self.broken == "answers wrongly":
            for chances in (each["probabilities"] for each in answer["predictions"]):
                chances.update(zip(chances, reversed(chances.values()), strict=True))
        return {"predictions": []} if self.broken == "answers nothing" else answer


@dataclass
class Way:
    """A project, and what a delivery of it works with and tells."""

    root: Path
    instruments: Instruments
    registry: FakeRegistry
    told: list = field(default_factory=list)

    def deliver(self, candidate=None):
        self.told.clear()
        return deliver(self.instruments, candidate, self.told.append)

    def change(self, **makers):
        self.instruments = replace(self.instruments, **makers)

    def kinds(self):
        return [type(event) for event in self.told]


def way_of(project, home):
    """The way on fakes: nothing but files is real."""
    (project / "serving").mkdir()
    (project / "serving/service.py").touch()
    repository = FakeRepository(project, ignored=("build", ".git"))
    log = FakeCommitLog(repository, project)
    pipeline, tracker, runtime = FakePipeline(dict.fromkeys(STAGES)), FakeTracker(), FakeRuntime()
    registry, server, runner, metrics = FakeRegistry(home / "registry"), Served(), FakeTestRunner(), FakeMetrics()
    packager, clock, plugin, store = FakePackager(home / "packages"), FakeClock(), FakePlugin(), Store()
    made = replace(
        builders.instruments(project),
        clock=lambda: clock,
        repository=lambda: repository,
        commit_log=lambda: log,
        pipeline=lambda: pipeline,
        plugin=lambda: plugin,
        tracker=lambda: tracker,
        tracking_store=lambda: store,
        runtime=lambda *, soon=False: runtime,
        test_runner=lambda: runner,
        metrics=lambda: metrics,
        registry=lambda: registry,
        registry_soon=lambda: None,
        packager=lambda: packager,
        server=lambda: server,
    )
    return Way(project, made, registry)
