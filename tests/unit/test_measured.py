"""What a check measures does not change unnoticed: one golden for each kind of evidence."""

import json

import numpy as np
import pytest
from conftest import GOLDEN
from measured import DOCUMENTS, INPUTS, KINDS, STORED, TABLES, measured, rounded, text

from lockgate.cli.document_schemas import SCHEMAS
from lockgate.domain.measuring import methods
from lockgate.domain.measuring.methods import METHODS
from lockgate.domain.model.profile import Profile, profile_of
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.versions import upgraded

METHODS_FILE = f"{methods.__name__.replace('.', '/')}.py"
SILENT = {
    "spreads": ({},),
    "flips": (None,),
    "max_scaled": (None,),
    "sizes": ([],),
    "worst_flips": ([],),
    "improbable": (0,),
    "crossed": (None,),
    "without_source": (False,),
    "feature_classes": ({},),
    "labels": ([],),
    "targets": ([],),
    "time": (None,),
    "blocks": (0,),
    "degrees": (0,),
    "group": ("",),
    "independent": ({},),
    "feature_degrees": ({},),
}
"""What says nothing of a task of two classes, and was not there before."""


def measurement(kind, document):
    """What a document says was measured, in whatever version of documents it is written."""
    found = dict(upgraded(document, SCHEMAS[kind]))
    task = found.pop("task", {})
    del found["schema"]
    if not found.get("unread_pages"):  # evidence of before had no such list
        found.pop("unread_pages", None)
    for error in found.get("worst", ()):
        error.pop("column", None)
    return _of_class(found, task.get("positive"))


def _of_class(value, positive):
    """Counts of the positive class alone, and its scores under the name of before: version 1 had no others."""
    if isinstance(value, list):
        return [_of_class(each, positive) for each in value]
    if not isinstance(value, dict):
        return value
    said = {name: part for name, part in value.items() if part not in SILENT.get(name, ())}
    plain = {("score" if name == f"score of {positive}" else name): _of_class(v, positive) for name, v in said.items()}
    if isinstance(plain.get("counts"), dict):
        plain["counts"] = plain["counts"][positive]
    return plain


def demand_another_number(kind, stored, now):
    """A measurement that changes has another number, or stages would not run again, and nobody would know."""
    same = measurement(kind, stored) == measurement(kind, now)
    assert same or int(now["method"]) > int(stored.get("method", 0)), (
        f"what {kind} measures has changed: raise the number of {kind} in src/{METHODS_FILE}, "
        "then write the golden anew with --update-goldens"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_measured_does_not_change_without_another_number(golden, kind):
    now, path = text(measured(kind)), GOLDEN / f"measured/{kind}.json"
    demand_another_number(kind, json.loads(path.read_text(encoding="utf-8")), json.loads(now))
    golden(f"measured/{kind}.json", now)


def test_a_golden_cannot_be_written_anew_with_the_number_of_before():
    stored = json.loads(text(measured("accuracy")))
    worse = stored | {"metrics": {}}
    demand_another_number("accuracy", stored, stored)
    demand_another_number("accuracy", stored, worse | {"method": "2"})
    for number in ("1", "0"):
        with pytest.raises(AssertionError, match="raise the number of accuracy in src/lockgate/domain"):
            demand_another_number("accuracy", stored, worse | {"method": number})


def test_every_kind_of_evidence_has_a_number_and_a_golden():
    assert set(METHODS) == set(KINDS)
    assert {path.stem for path in (GOLDEN / "measured").glob("*.json")} == set(KINDS)
    assert {kind: measured(kind)["method"] for kind in KINDS} == {kind: str(METHODS[kind].number) for kind in KINDS}


def test_every_kind_of_evidence_finds_something_in_the_stored_model():
    parity, data = measured("parity"), measured("data")
    invented = parity["invented"]
    assert all((parity["flips"], parity["calibrations"], parity["metrics"]))
    assert all(invented[found] for found in ("flips", "refused", "crossing", "calibrations"))
    assert any(output["max_absolute"] for output in parity["outputs"])
    assert all(overlap["duplicates"] for overlap in data["overlaps"].values())
    assert {probe["column"] for probe in measured("robustness")["probes"]} == {column.name for column in INPUTS}
    assert all(found["drop"] for found in measured("explanation")["importances"])
    assert measured("tests")["failed"]
    assert any(output["max_absolute"] for output in measured("packaged")["outputs"])


def test_the_stored_profile_is_that_of_the_training_rows():
    signature, rows = DOCUMENTS.read(STORED / "signature.json", Signature), TABLES.read(STORED / "training.parquet")
    profile = profile_of({name: rows[name] for name in signature.names}, signature)
    assert DOCUMENTS.read(STORED / "profile.json", Profile) == profile


def test_numbers_have_nine_digits_and_what_is_all_but_nothing_is_nothing():
    assert rounded({"a": [1 / 3, -1e-17], "b": (True, 2, None, "text")}) == {
        "a": [0.333333333, 0.0],
        "b": [True, 2, None, "text"],
    }
    assert text(rounded({"a": float(np.nextafter(0.1, 1))})) == '{\n "a": 0.1\n}\n'
