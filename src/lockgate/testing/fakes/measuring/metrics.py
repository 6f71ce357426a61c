"""Metrics, tests and a glassbox that say what they are told to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.task import TRUTH, Task
from lockgate.domain.source import Source
from lockgate.domain.statistics.sample import AnySample, Floats
from lockgate.errors import ModelError
from lockgate.testing.fakes.making.logistic_model import as_numbers


@dataclass
class FakeTestRunner:
    """Says what you tell it to about the tests, and writes the report that such a run would have left."""

    tests: int = 12
    failed: Sequence[str] = ()
    skipped: int = 0
    exit_code: int | None = None

    def run(self, command: str, report: Path, source: Source, root: Path) -> TestsEvidence:  # noqa: ARG002 - the port's
        """Write a JUnit report with those counts; nothing is run."""
        cases = "".join(f'<testcase name="{name}"><failure/></testcase>' for name in self.failed)
        counts = f'tests="{self.tests}" failures="{len(self.failed)}" errors="0" skipped="{self.skipped}"'
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(f"<testsuites><testsuite {counts}>{cases}</testsuite></testsuites>", encoding="utf-8")
        return TestsEvidence(
            source=source,
            command=command,
            exit_code=(1 if self.failed else 0) if self.exit_code is None else self.exit_code,
            tests=self.tests,
            failures=len(self.failed),
            errors=0,
            skipped=self.skipped,
            failed=tuple(self.failed),
            report=sha256(report.read_bytes()),
        )


@dataclass(frozen=True)
class FakeMetrics:
    """Answers the metrics that you give, whatever the predictions are."""

    metrics: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({"roc_auc": 0.93}))

    def measure(self, sample: AnySample) -> Mapping[str, float | None]:  # noqa: ARG002
        """The given metrics."""
        return dict(self.metrics)


@dataclass(frozen=True)
class FakeGlassbox:
    """A glassbox that learns nothing: the logistic function of ``bias`` and the weighted columns, as ``fake_model``.

    It is its own fitted model for the columns of ``weights``, each of which is a term.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    bias: float = 0.0

    @property
    def intercept(self) -> float:
        """The bias."""
        return self.bias

    @property
    def intercepts(self) -> Sequence[float]:
        """The same."""
        return (self.bias,)

    def fit(self, columns: Columns, inputs: Sequence[Column], labels: Array, task: Task = TRUTH) -> "FakeGlassbox":
        """A model of the columns that it gets. Raises ``ModelError`` where the labels are of one class, and for others.

        It is of two classes alone.
        """
        if task != TRUTH:
            raise ModelError(f"a fake glassbox is of two classes, and the task is {task.kind}")
        if len(set(labels.tolist())) != 2:  # noqa: PLR2004
            raise ModelError("a fake glassbox needs rows of both classes")
        return FakeGlassbox({c.name: self.weights.get(c.name, 0.0) for c in inputs if c.name in columns}, self.bias)

    def terms(self) -> Mapping[str, Sequence[str]]:
        """One term for each column."""
        return {name: (name,) for name in self.weights}

    def explain(self, columns: Columns) -> tuple[Floats, Floats]:
        """Scores and contributions."""
        terms = [weight * as_numbers(columns[name]) for name, weight in self.weights.items()]
        contributions = np.column_stack(terms)
        return 1.0 / (1.0 + np.exp(-self.bias - contributions.sum(axis=1))), contributions

    def settings(self) -> Mapping[str, str]:
        """The bias."""
        return {"bias": str(self.bias)}

    def versions(self) -> Mapping[str, str]:
        """A fake tool of one version."""
        return {"fake": "1"}
