"""Fakes for the ports and contract suites, for tests of Lockgate and of your own pipelines.

``fakes`` holds a fake for each port that stands for a heavy tool or a server, ``contracts`` the suites that every
adapter keeps: both by the stations of ``lockgate.ports``. ``examples`` makes values that pass every gate, and a whole
bundle; ``plugin_contract`` is the suite for a plug-in. Only the suites import pytest. Files, documents and tables
have no fakes: the real ones need a folder and nothing else.
"""

from lockgate.testing.fakes.making.frameworks import FakeFramework, FakeSourceModel
from lockgate.testing.fakes.making.logistic_model import fake_model
from lockgate.testing.fakes.making.pipeline import FakePipeline
from lockgate.testing.fakes.making.plugin import FakePlugin
from lockgate.testing.fakes.making.tracking import FakeTracked, FakeTracker
from lockgate.testing.fakes.measuring.metrics import FakeGlassbox, FakeMetrics, FakeTestRunner
from lockgate.testing.fakes.measuring.runtime import FakeRuntime, FakeSession
from lockgate.testing.fakes.project.clock import FakeClock
from lockgate.testing.fakes.project.commit_log import FakeCommitLog
from lockgate.testing.fakes.project.project_store import FakeProjectStore
from lockgate.testing.fakes.project.repository import FakeRepository
from lockgate.testing.fakes.releasing.bundle_writer import FakeBundleWriter
from lockgate.testing.fakes.releasing.local_releases import FakeLocalReleases
from lockgate.testing.fakes.releasing.place import FakePlace
from lockgate.testing.fakes.releasing.registry import FakeRegistry
from lockgate.testing.fakes.serving.images import FakeImages
from lockgate.testing.fakes.serving.packages import FakePackager, FakeRunning, FakeServer

__all__ = [
    "FakeBundleWriter",
    "FakeClock",
    "FakeCommitLog",
    "FakeFramework",
    "FakeGlassbox",
    "FakeImages",
    "FakeLocalReleases",
    "FakeMetrics",
    "FakePackager",
    "FakePipeline",
    "FakePlace",
    "FakePlugin",
    "FakeProjectStore",
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
