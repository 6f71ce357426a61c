"""What a trained model itself answers: written, by the signature's names, and told where it gives no answer."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.measuring.edge_rows import edge_rows
from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column, Output, Signature, answer_names
from lockgate.errors import ModelError
from lockgate.usecases.making.source_answers import answerable, answers, truth_about, truth_or_none
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.parity.invented_rows import on_invented_rows

NAMES = ("label", "score")
INPUTS = tuple(Column(name, "float32") for name in NAMES)
LABEL, PROBABILITIES = answer_names(INPUTS)
SIGNATURE = Signature(
    INPUTS,
    (Output(LABEL, "string"), Output(PROBABILITIES, "float32", (2,))),
    ("false", "true"),
    LABEL,
    PROBABILITIES,
)
COLUMNS = {name: np.linspace(-2, 2, 50, dtype=np.float32) for name in NAMES}


class Squaring:
    """Answers truth values; its truth in float64 and back overflows, or it answers only what is below ``largest``."""

    def __init__(self, largest=np.inf):
        self.largest = largest

    def predict(self, columns):
        if (np.abs(columns["label"]) > self.largest).any():
            raise ValueError("Input X contains infinity or a value too large.")
        positive = 1 / (1 + np.exp(-np.clip(np.nan_to_num(columns["label"].astype(np.float64)), -30, 30)))
        return {"label": positive > 0.5, "probabilities": np.column_stack([1 - positive, positive])}

    def reference(self, columns, answers):
        if (np.float32(columns["label"]) ** 2 == np.inf).any():
            raise ValueError("Input X contains infinity")
        exact = {"probabilities": answers["probabilities"]}
        return Reference(exact, exact, np.zeros(len(columns["label"]), dtype=bool))


class Session:
    def run(self, columns):
        found = answers(Squaring(), columns, SIGNATURE)
        return {LABEL: found[LABEL], PROBABILITIES: found[PROBABILITIES].astype(np.float32)}


def test_labels_are_written_and_outputs_get_the_names_of_the_signature():
    outputs = answers(Squaring(), COLUMNS, SIGNATURE)
    truth = truth_about(Squaring(), COLUMNS, outputs, SIGNATURE)
    assert (LABEL, PROBABILITIES) == ("label_", "probabilities")
    assert set(outputs[LABEL]) == {"false", "true"}
    assert set(outputs) == {"label_", "probabilities"}
    assert set(truth.exact) == set(truth.rounded) == {"probabilities"}


def test_a_real_row_without_an_answer_is_named(tmp_path):
    columns = {**COLUMNS, "label": np.where(np.arange(50) == 37, 99, COLUMNS["label"])}
    with pytest.raises(ModelError, match=r"no answer to row 137: ValueError: Input X contains infinity or a value"):
        answers(Squaring(largest=50), columns, SIGNATURE, first=100)


def test_real_rows_whose_truth_overflows_are_compared_without_it():
    columns = {**COLUMNS, "label": COLUMNS["label"] * np.float32(1e30)}
    outputs = answers(Squaring(), columns, SIGNATURE)
    assert truth_or_none(Squaring(), columns, outputs, SIGNATURE) is None
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="contains infinity"):
        truth_about(Squaring(), columns, outputs, SIGNATURE)


def test_a_model_that_answers_no_row_at_all_is_told():
    with pytest.raises(ModelError, match="no answer to row 0: ValueError"):
        answers(Squaring(largest=-1), COLUMNS, SIGNATURE)


def test_rows_that_the_truth_overflows_at_have_no_answer_and_are_counted():
    judged = LoadedModel.asked("fake", None, SIGNATURE, Session(), COLUMNS)
    found = on_invented_rows(judged, Squaring(), profile_of(COLUMNS, SIGNATURE))
    assert {name.partition("=")[0] for name in found.refused} == {"label"}
    assert {"label=1e+30", "label=-1e+30", "label=inf", "label=-inf"} <= set(found.refused)
    assert (found.error, found.flips) == ("", 0)
    assert found.rows > 20
    assert found.calibrations


class Answering:
    """A model that gives that."""

    def __init__(self, given):
        self.predict = lambda _: given


TWO = np.zeros((50, 2))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "answers a NoneType"),
        (TWO, "answers a ndarray"),
        ({"probabilities": TWO}, "answers the outputs probabilities"),
        ({"label": np.zeros(49), "probabilities": TWO}, r"answers 50 rows of the classes .* with labels \(49,\)"),
        ({"label": np.zeros((50, 1)), "probabilities": TWO}, r"labels \(50, 1\) and probabilities \(50, 2\)"),
        ({"label": np.zeros(50), "probabilities": np.zeros((50, 3))}, r"and probabilities \(50, 3\)"),
        ({"label": np.full(50, 0.5), "probabilities": TWO}, r"labels: row 0: 0\.5 \(float\) is no label"),
    ],
)
def test_answers_of_another_form_are_told(given, says):
    with pytest.raises(ModelError, match=f"the trained model.* {says}|{says}"):
        answers(Answering(given), COLUMNS, SIGNATURE)


def test_rows_that_are_refused_for_one_kind_of_edge_are_found_in_few_questions():
    """A wide model that takes no missing number refuses one row for each of its columns."""
    inputs = tuple(Column(f"c{number}", "float32") for number in range(64))
    signature = Signature(inputs, SIGNATURE.outputs, SIGNATURE.classes, LABEL, PROBABILITIES)
    rows = {column.name: np.linspace(-2, 2, 50, dtype=np.float32) for column in inputs}
    invented = edge_rows(signature, profile_of(rows, signature))
    asked = []

    def ask(among):
        asked.append(len(among))
        if any(invented.names[row].endswith("=nan") for row in among):
            raise ValueError("Input X contains NaN.")

    kept = list(answerable(ask, invented.by_kind()))
    assert len(invented.names) - len(kept) == len(inputs)
    assert len(asked) < 3 * len(inputs)


def test_an_output_that_is_declared_and_not_given_is_told():
    given = {"label": np.full(50, "no"), "probabilities": TWO}
    with pytest.raises(ModelError, match=r"outputs\(\) declares more, and predict\(\) gives label, probabilities"):
        answers(Answering(given), COLUMNS, replace(SIGNATURE, outputs=(*SIGNATURE.outputs, Output("more", "float32"))))
