"""What asks models, and what measures."""

from typing import TYPE_CHECKING

from lockgate.adapters.python.installed import demand
from lockgate.usecases.project.project import Project

if TYPE_CHECKING:
    from lockgate.ports import Glassbox, Metrics, Runtime, TestRunner


def runtime(project: Project, *, soon: bool = False) -> "Runtime":
    """ONNX Runtime, each model in a process of its own: a model may crash, hang or grow, Lockgate may not.

    ``soon`` starts that process at once, for a verb that will open a model.
    """
    demand("onnxruntime", "onnx")
    from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime

    limits = project.settings.gates.parity
    return IsolatedRuntime(limits.seconds, int(limits.memory_gib * 1024**3), soon=soon)


def metrics() -> "Metrics":
    """scikit-learn's metrics."""
    demand("sklearn", "sklearn")
    from lockgate.adapters.sklearn.metrics import SklearnMetrics

    return SklearnMetrics()


def glassbox() -> "Glassbox":
    """InterpretML."""
    demand("interpret", "interpret")
    from lockgate.adapters.interpret import ExplainableBoosting

    return ExplainableBoosting()


def test_runner() -> "TestRunner":
    """Any command that writes a JUnit report."""
    from lockgate.adapters.python.junit import JUnitTestRunner

    return JUnitTestRunner()
