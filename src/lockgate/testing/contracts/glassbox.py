"""The glassbox."""
# ruff: noqa: S101 - asserts are what a test is made of

from typing import Any

import numpy as np
import pytest

from lockgate.domain.model.signature import Column, Columns
from lockgate.errors import ModelError
from lockgate.ports import FittedGlassbox, Glassbox


class GlassboxContract:
    """The glassbox port, on a table of a number, a text with missing values, and a class that depends on both."""

    inputs = (Column("age", "float32"), Column("job", "string"))

    def make(self) -> Glassbox:
        """The implementation."""
        raise NotImplementedError

    def rows(self, count: int = 400) -> Columns:
        """Seeded rows ``(count,)``."""
        random = np.random.default_rng(5)
        jobs = np.array(["clerk", "smith", ""], dtype=object)
        age = random.normal(size=count).astype(np.float32)
        age[::50] = np.nan
        return {"age": age, "job": jobs[random.integers(0, 3, count)]}

    def labels(self, columns: Columns) -> Any:
        """Which rows are positive."""
        noise = np.random.default_rng(6).normal(size=len(columns["age"]))
        return np.nan_to_num(columns["age"]) + (columns["job"] == "smith") + noise > 0.5  # noqa: PLR2004

    @pytest.fixture
    def fitted(self) -> FittedGlassbox:
        """Fitted on the rows."""
        return self.make().fit(self.rows(), self.inputs, self.labels(self.rows()))

    def test_contributions_and_intercept_add_up_to_the_log_odds(self, fitted: FittedGlassbox) -> None:
        """On every row: else they explain something else than the answer."""
        scores, contributions = fitted.explain(self.rows())
        assert scores.shape == (400,)
        assert contributions.shape == (400, len(fitted.terms()))
        assert scores.dtype == contributions.dtype == np.float64
        log_odds = np.log(scores) - np.log1p(-scores)
        np.testing.assert_allclose(contributions.sum(axis=1) + fitted.intercept, log_odds, atol=1e-9)

    def test_every_term_names_the_columns_that_it_takes(self, fitted: FittedGlassbox) -> None:
        """Each column has a term of its own; others are of several."""
        terms = {name: tuple(columns) for name, columns in fitted.terms().items()}
        assert {("age",), ("job",)} <= set(terms.values())
        assert all(set(columns) <= {"age", "job"} for columns in terms.values())

    def test_equal_rows_give_an_equal_model(self, fitted: FittedGlassbox) -> None:
        """To the last bit."""
        again = self.make().fit(self.rows(), self.inputs, self.labels(self.rows()))
        for ours, theirs in zip(fitted.explain(self.rows()), again.explain(self.rows()), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    def test_a_row_is_answered_alike_whatever_its_neighbours(self, fitted: FittedGlassbox) -> None:
        """Alone, or among others."""
        columns = self.rows()
        one = {name: values[7:8] for name, values in columns.items()}
        for ours, theirs in zip(fitted.explain(columns), fitted.explain(one), strict=True):
            np.testing.assert_allclose(ours[7:8], theirs, rtol=1e-12)

    def test_a_text_that_was_never_seen_has_an_answer(self, fitted: FittedGlassbox) -> None:
        """A finite one."""
        odd = {"age": np.array([1.0], dtype=np.float32), "job": np.array(["astronaut"], dtype=object)}
        scores, contributions = fitted.explain(odd)
        assert np.isfinite(scores).all()
        assert np.isfinite(contributions).all()

    def test_rows_of_one_class_are_an_error(self) -> None:
        """There is nothing to learn."""
        with pytest.raises(ModelError):
            self.make().fit(self.rows(), self.inputs, np.zeros(400, dtype=np.bool_))

    def test_it_says_what_it_is(self) -> None:
        """Settings and versions, for the evidence."""
        assert self.make().settings()
        assert self.make().versions()
