"""Documents of version 1 are read as the class has them now, and what was wrong with one then is wrong now."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders import DOCUMENTS, GOLDEN
from jsonschema import Draft202012Validator
from made_before import unpacked

from lockgate.adapters.documents import encode
from lockgate.cli.document_schemas import SCHEMAS, VERSION_1, schema_of_version_1
from lockgate.cli.main import run
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.task import UNTOLD, Binary
from lockgate.domain.model.versions import upgraded
from lockgate.errors import DocumentError
from lockgate.testing.examples import SIGNATURE_OF_EXAMPLE

BEFORE = {path.stem: path for path in sorted((GOLDEN / "version-1").glob("*.json"))}
KINDS = [name.partition("/")[0] for name in VERSION_1]
POSITIVE = Binary((), "yes")
"""What a document of version 1 told of its task, where it told something."""


def read(kind):
    return DOCUMENTS.read(BEFORE[kind], SCHEMAS[kind])


def of_before(kind, document):
    """What is written today, as far as version 1 said it."""
    if kind in {"accuracy", "data", "reference"}:
        counts = {"counts": {"yes": document.positives}} if kind != "data" else {}
        return replace(document, task=POSITIVE, **counts)
    if kind == "signature":
        return replace(document, task=Binary(document.classes, ""))
    return document if kind in {"trained", "profile"} else replace(document, task=UNTOLD)


def test_the_page_of_documents_has_a_row_for_each_schema():
    page = (Path(__file__).parents[3] / "docs/documents.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == sorted(SCHEMAS)


def test_there_is_a_document_and_a_schema_of_each_kind_that_has_a_second_version():
    second = {name for name, kind in SCHEMAS.items() if getattr(kind, "UPGRADES", {})}
    assert second == set(KINDS) == set(BEFORE)


@pytest.mark.parametrize("kind", sorted(set(BEFORE) - {"profile"}))
def test_a_document_of_before_is_what_is_written_today(kind):
    written = GOLDEN / f"documents/{kind}.json"
    written = written if written.exists() else GOLDEN / f"{kind}.json"
    assert read(kind) == of_before(kind, DOCUMENTS.read(written, SCHEMAS[kind]))


def test_a_profile_of_before_has_columns_alone():
    profile = DOCUMENTS.read(BEFORE["profile"], Profile)
    assert profile.schema == "lockgate/profile/2"
    assert all(each.axes == () for each in (*profile.numbers, *profile.texts))


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_read_can_be_written_and_read_again(tmp_path, kind):
    DOCUMENTS.write(tmp_path / "document.json", read(kind))
    assert DOCUMENTS.read(tmp_path / "document.json", SCHEMAS[kind]) == read(kind)
    version = "/3" if kind in {"trained", "data"} else "/2"
    assert json.loads((tmp_path / "document.json").read_text())["schema"].endswith(version)


LEFT_OUT = {"trained": {"classes"}}
"""What a later version lets people leave out, and so of version 1 too."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_is_missing_or_unknown_is_so_in_version_1_too(tmp_path, kind):
    told, path = json.loads(BEFORE[kind].read_text()), tmp_path / "document.json"
    required = json.loads(schema_of_version_1(f"{kind}/1"))
    required = required["$defs"][required["$ref"].removeprefix("#/$defs/")]["required"]
    for name in {*required} - LEFT_OUT.get(kind, set()):
        path.write_text(json.dumps({key: value for key, value in told.items() if key != name}))
        with pytest.raises(DocumentError, match="missing; expected"):
            DOCUMENTS.read(path, SCHEMAS[kind])
    path.write_text(json.dumps(told | {"unheard": 1}))
    with pytest.raises(DocumentError, match="unheard: unknown key"):
        DOCUMENTS.read(path, SCHEMAS[kind])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("accuracy", {"positive": None}),
        ("accuracy", {"positive": ["yes"]}),
        ("accuracy", {"positives": None}),
        ("accuracy", {"positives": "many"}),
        ("data", {"positive": 3}),
        ("data", {"splits": [3]}),
        ("data", {"splits": {"test": {"rows": 3}}}),
        ("reference", {"intercept": None}),
        ("reference", {"positive": {}}),
        ("explanation", {"importances": 3}),
        ("explanation", {"importances": [3]}),
        ("explanation", {"importances": [{"column": "age"}]}),
        ("signature", {"classes": 3}),
        ("signature", {"schema": "lockgate/signature/3"}),
        ("signature", {"schema": None}),
    ],
)
def test_a_part_of_another_form_is_no_document(tmp_path, kind, changes):
    path = tmp_path / "document.json"
    path.write_text(json.dumps(json.loads(BEFORE[kind].read_text()) | changes))
    with pytest.raises(DocumentError, match=r"expected|not one of|invalid|missing|made of texts"):
        DOCUMENTS.read(path, SCHEMAS[kind])


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (3, "task"),
        ({"kind": "ranking"}, "one of binary, multiclass, multilabel, regression"),
        ({"kind": "binary", "classes": ["no", "yes"]}, "not positive"),
        ({"kind": "binary", "classes": ["no", "yes"], "positive": "yes", "order": 1}, "not order"),
        ({"kind": "binary", "classes": ["no", 1], "positive": "yes"}, "made of texts"),
        ({"kind": "binary", "classes": ["yes", "no"], "positive": "yes"}, "its binary task is of 'yes', 'no'"),
        ({"kind": "regression", "targets": ["price"], "quantiles": []}, "classes: 'no', 'yes'; its regression task"),
    ],
)
def test_a_task_that_is_none_or_another_than_the_classes_say_is_no_signature(tmp_path, task, says):
    path = tmp_path / "signature.json"
    path.write_text(json.dumps(json.loads(encode(SIGNATURE_OF_EXAMPLE)) | {"task": task}))
    with pytest.raises(DocumentError, match=says):
        DOCUMENTS.read(path, SCHEMAS["signature"])


def test_an_upgrade_changes_nothing_that_was_read():
    for kind, path in BEFORE.items():
        told = json.loads(path.read_text())
        upgraded(told, SCHEMAS[kind])
        assert told == json.loads(path.read_text())


@pytest.mark.parametrize("name", VERSION_1)
def test_the_schema_of_version_1_is_printed_and_takes_what_was_written_then(capsys, name):
    assert run(["schema", name]) == 0
    validator = Draft202012Validator(json.loads(capsys.readouterr().out))
    validator.validate(json.loads(BEFORE[name.partition("/")[0]].read_text()))


def test_documents_of_a_delivery_of_before_keep_to_the_schemas_of_version_1(tmp_path):
    build = unpacked("engine-6", tmp_path) / "project/build"
    found = set()
    for path in build.rglob("*.json"):
        kind = "packaged" if path.parent.name == "packaged" else path.stem
        if kind in KINDS and not {"sources.json", "reads"} & set(path.parts):
            Draft202012Validator(json.loads(schema_of_version_1(f"{kind}/1"))).validate(json.loads(path.read_text()))
            found.add(kind)
    assert found == set(KINDS)
