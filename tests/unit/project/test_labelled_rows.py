"""Rows with what is true of them: what statistics are taken over knows what `tables` says of the rows."""

import numpy as np
import pytest

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.task import Regression
from lockgate.domain.project.labelled_rows import sample_of
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.statistics.metrics.registry import value

COLUMNS = {
    "price": np.array([1.0, 2.0, 3.0, 4.0]),
    "last": np.array([2.0, 3.0, 4.0, 5.0], dtype=np.float32),
    "shop": np.array(["b", "a", "b", "a"], dtype=object),
}


def test_a_sample_knows_the_naive_forecast_and_the_rows_that_depend_on_each_other():
    settings = TablesSettings("a", "b", "c", "price", task="regression", naive="last", group="shop")
    answers = Answers(Regression(("price",)), np.array([[1.5], [2.5], [3.5], [4.5]]))
    sample = sample_of(answers, COLUMNS, settings)
    assert sample.blocks.tolist() == [1, 0, 1, 0]
    assert sample.naive.tolist() == [[2.0], [3.0], [4.0], [5.0]]
    assert value("mae_skill", sample) == pytest.approx(0.5)
