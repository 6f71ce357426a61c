"""Fakes for the ports and contract suites, for tests of Lockgate and of your own pipelines.

``fakes`` holds a fake for each port that stands for a heavy tool or a server; ``examples`` makes values that pass every
gate, and a whole bundle; ``contracts`` holds the suites that every adapter keeps. Only ``contracts`` imports pytest.
Files, documents and tables have no fakes: the real ones need a folder and nothing else.
"""

from lockgate.testing.fakes import (
    FakeFramework,
    FakeGlassbox,
    FakeMetrics,
    FakePackager,
    FakePipeline,
    FakeRegistry,
    FakeRepository,
    FakeRunning,
    FakeRuntime,
    FakeServer,
    FakeTestRunner,
    fake_model,
)

__all__ = [
    "FakeFramework",
    "FakeGlassbox",
    "FakeMetrics",
    "FakePackager",
    "FakePipeline",
    "FakeRegistry",
    "FakeRepository",
    "FakeRunning",
    "FakeRuntime",
    "FakeServer",
    "FakeTestRunner",
    "fake_model",
]
