"""Small, deterministic fakes of the ports, by station; they keep their state in memory or in a folder that you give."""

from lockgate.testing.fakes.delivering import FakePackager, FakeRegistry, FakeRunning, FakeServer
from lockgate.testing.fakes.frameworks import FakeFramework, FakeSourceModel
from lockgate.testing.fakes.logistic import fake_model
from lockgate.testing.fakes.measuring import FakeGlassbox, FakeMetrics, FakeTestRunner
from lockgate.testing.fakes.models import FakeRuntime, FakeSession
from lockgate.testing.fakes.stages import FakePipeline
from lockgate.testing.fakes.storing import FakeRepository
from lockgate.testing.fakes.tracking import FakeTracked, FakeTracker
from lockgate.testing.fakes.training import FakePlugin

__all__ = [
    "FakeFramework",
    "FakeGlassbox",
    "FakeMetrics",
    "FakePackager",
    "FakePipeline",
    "FakePlugin",
    "FakeRegistry",
    "FakeRepository",
    "FakeRunning",
    "FakeRuntime",
    "FakeServer",
    "FakeSession",
    "FakeSourceModel",
    "FakeTestRunner",
    "FakeTracked",
    "FakeTracker",
    "fake_model",
]
