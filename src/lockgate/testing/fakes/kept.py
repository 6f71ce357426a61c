"""Nobody imports this: mypy checks here that each fake is what its port demands."""

from lockgate.ports import (
    Framework,
    Glassbox,
    Metrics,
    ModelPlugin,
    Packager,
    Pipeline,
    Registry,
    Repository,
    Runtime,
    Server,
    TestRunner,
    Tracker,
)
from lockgate.testing.fakes.delivering import FakePackager, FakeRegistry, FakeServer
from lockgate.testing.fakes.frameworks import FakeFramework
from lockgate.testing.fakes.measuring import FakeGlassbox, FakeMetrics, FakeTestRunner
from lockgate.testing.fakes.models import FakeRuntime
from lockgate.testing.fakes.stages import FakePipeline
from lockgate.testing.fakes.storing import FakeRepository
from lockgate.testing.fakes.tracking import FakeTracker
from lockgate.testing.fakes.training import FakePlugin

REPOSITORY: type[Repository] = FakeRepository
PIPELINE: type[Pipeline] = FakePipeline
REGISTRY: type[Registry] = FakeRegistry
PACKAGER: type[Packager] = FakePackager
SERVER: type[Server] = FakeServer
TRACKER: type[Tracker] = FakeTracker
MODEL_PLUGIN: type[ModelPlugin] = FakePlugin
FRAMEWORK: type[Framework] = FakeFramework
RUNTIME: type[Runtime] = FakeRuntime
METRICS: type[Metrics] = FakeMetrics
GLASSBOX: type[Glassbox] = FakeGlassbox
TEST_RUNNER: type[TestRunner] = FakeTestRunner
