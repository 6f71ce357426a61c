"""The glassbox port, on the fake and on InterpretML."""

import numpy as np
import pytest

from lockgate.testing import FakeGlassbox
from lockgate.testing.contracts import GlassboxContract


class TestFakeGlassbox(GlassboxContract):
    def make(self):
        return FakeGlassbox({"age": 1.0, "job": -0.5}, bias=0.2)


@pytest.fixture(scope="module")
def boosted():
    """Fitted once for all tests that only ask it."""
    suite = TestExplainableBoosting()
    return suite.make().fit(suite.rows(), suite.inputs, suite.labels(suite.rows()))


class TestExplainableBoosting(GlassboxContract):
    def make(self):
        pytest.importorskip("interpret")
        from lockgate.adapters.interpret import ExplainableBoosting

        return ExplainableBoosting()

    @pytest.fixture
    def fitted(self, boosted):
        return boosted

    def test_it_learns_what_there_is(self, fitted):
        columns = self.rows()
        scores, contributions = fitted.explain(columns)
        labels = self.labels(columns)
        assert scores[labels].mean() > scores[~labels].mean() + 0.2
        of = dict(zip(fitted.terms(), contributions.T, strict=True))
        smith = columns["job"] == "smith"
        assert of["job"][smith].mean() > of["job"][~smith].mean() + 0.3
        known = np.isfinite(columns["age"])
        assert np.corrcoef(columns["age"][known], of["age"][known])[0, 1] > 0.9
