"""Nobody imports this: mypy checks here that each fake is what its port demands."""

from lockgate.ports import (
    Clock,
    Framework,
    Glassbox,
    Images,
    LocalReleases,
    Metrics,
    ModelPlugin,
    Packager,
    Pipeline,
    Place,
    ProjectStore,
    Registry,
    Repository,
    Runtime,
    Server,
    TestRunner,
    Tracker,
)
from lockgate.testing.fakes.making.frameworks import FakeFramework
from lockgate.testing.fakes.making.pipeline import FakePipeline
from lockgate.testing.fakes.making.plugin import FakePlugin
from lockgate.testing.fakes.making.tracking import FakeTracker
from lockgate.testing.fakes.measuring.metrics import FakeGlassbox, FakeMetrics, FakeTestRunner
from lockgate.testing.fakes.measuring.runtime import FakeRuntime
from lockgate.testing.fakes.project.clock import FakeClock
from lockgate.testing.fakes.project.project_store import FakeProjectStore
from lockgate.testing.fakes.project.repository import FakeRepository
from lockgate.testing.fakes.releasing.local_releases import FakeLocalReleases
from lockgate.testing.fakes.releasing.place import FakePlace
from lockgate.testing.fakes.releasing.registry import FakeRegistry
from lockgate.testing.fakes.serving.images import FakeImages
from lockgate.testing.fakes.serving.packages import FakePackager, FakeServer

CLOCK: type[Clock] = FakeClock
REPOSITORY: type[Repository] = FakeRepository
PIPELINE: type[Pipeline] = FakePipeline
PROJECT_STORE: type[ProjectStore] = FakeProjectStore
PLACE: type[Place] = FakePlace
REGISTRY: type[Registry] = FakeRegistry
LOCAL_RELEASES: type[LocalReleases] = FakeLocalReleases
IMAGES: type[Images] = FakeImages
PACKAGER: type[Packager] = FakePackager
SERVER: type[Server] = FakeServer
TRACKER: type[Tracker] = FakeTracker
MODEL_PLUGIN: type[ModelPlugin] = FakePlugin
FRAMEWORK: type[Framework] = FakeFramework
RUNTIME: type[Runtime] = FakeRuntime
METRICS: type[Metrics] = FakeMetrics
GLASSBOX: type[Glassbox] = FakeGlassbox
TEST_RUNNER: type[TestRunner] = FakeTestRunner
