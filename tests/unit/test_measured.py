"""What a check measures does not change unnoticed: one golden for each kind of evidence."""

import numpy as np
import pytest
from measured import DOCUMENTS, INPUTS, KINDS, STORED, TABLES, measured, rounded, text

from lockgate.adapters.documents import encode
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Signature


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_measured_does_not_change_unnoticed(golden, kind):
    golden(f"measured/{kind}.json", text(measured(kind)))


def test_every_kind_of_evidence_finds_something_in_the_stored_model():
    parity, data = measured("parity"), measured("data")
    invented = parity["invented"]
    assert all((parity["flips"], parity["calibrations"], parity["metrics"]))
    assert all(invented[found] for found in ("flips", "refused", "crossing", "calibrations"))
    assert any(output["max_absolute"] for output in parity["outputs"])
    assert all(overlap["duplicates"] for overlap in data["overlaps"].values())
    assert {probe["column"] for probe in measured("robustness")["probes"]} == {column.name for column in INPUTS}
    assert all(found["auc_drop"] for found in measured("explanation")["importances"])
    assert measured("tests")["failed"]


def test_the_stored_profile_is_that_of_the_training_rows():
    signature, rows = DOCUMENTS.read(STORED / "signature.json", Signature), TABLES.read(STORED / "training.parquet")
    profile = profile_of({name: rows[name] for name in signature.names}, signature)
    assert encode(profile).strip() == (STORED / "profile.json").read_bytes().strip()


def test_numbers_have_nine_digits_and_what_is_all_but_nothing_is_nothing():
    assert rounded({"a": [1 / 3, -1e-17], "b": (True, 2, None, "text")}) == {
        "a": [0.333333333, 0.0],
        "b": [True, 2, None, "text"],
    }
    assert text(rounded({"a": float(np.nextafter(0.1, 1))})) == '{\n "a": 0.1\n}\n'
