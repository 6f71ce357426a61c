"""A bundle as the service reads it: the digests and answers that Lockgate's own code finds, and nothing unverified."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import DOCUMENTS, FILES, GOLDEN

from lockgate.adapters.documents import written
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.model.inputs import Axis, Input, Inputs
from lockgate.domain.model.request_rows import feed, read_rows, write_rows
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import Multiclass, Multilabel, Regression
from lockgate.domain.releasing.release import Manifest
from lockgate.domain.serving import served_bundle
from lockgate.domain.serving.served_bundle import BundleError, ServedBundle, ServedForm, form_of
from lockgate.testing.examples import SIGNATURE_OF_EXAMPLE, write_bundle
from lockgate.usecases.serving.proof import served_form

MODEL = GOLDEN / "model"
FORM = ServedForm({"age": "float32"}, "label", "probabilities", ("no", "yes"))


@pytest.fixture
def folder(tmp_path):
    write_bundle(tmp_path / "release", DOCUMENTS, FILES)
    return tmp_path / "release"


def test_the_release_digest_is_the_one_that_lockgate_takes(folder):
    assert ServedBundle.open(folder).digest == str(DOCUMENTS.read(folder / "manifest.json", Manifest).release)


def test_the_form_is_that_of_the_signature(folder):
    assert ServedBundle.open(folder).form() == served_form(SIGNATURE_OF_EXAMPLE)
    assert ServedBundle.open(folder).form().dtypes == dict(SIGNATURE_OF_EXAMPLE.dtypes)


def test_a_whole_bundle_is_verified(folder):
    ServedBundle.open(folder).verify()


@pytest.mark.parametrize(
    "name", ["model.onnx", "signature.json", "profile.json", "verdict.json", "evidence/tests.json"]
)
def test_a_bundle_with_a_changed_file_is_not_served(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(BundleError, match=f"{name} is sha256:.*, the manifest names sha256:"):
        ServedBundle.open(folder).verify()


def test_a_bundle_with_a_file_too_many_or_too_few_is_not_served(folder):
    (folder / "evidence/more.json").write_text("{}")
    with pytest.raises(BundleError, match=r"more\.json is not in the manifest"):
        ServedBundle.open(folder).verify()
    (folder / "evidence/more.json").unlink()
    (folder / "profile.json").unlink()
    with pytest.raises(BundleError, match=r"profile\.json is missing"):
        ServedBundle.open(folder).verify()


def test_a_signature_that_is_not_the_sealed_one_has_no_form(folder):
    (folder / "signature.json").write_text("{}")
    with pytest.raises(BundleError, match="signature"):
        ServedBundle.open(folder).form()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x", "files": 3}'])
def test_a_folder_without_a_manifest_is_no_bundle(tmp_path, content):
    if content:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match="not a manifest"):
        ServedBundle.open(tmp_path)


def test_a_signature_of_another_version_is_named():
    with pytest.raises(BundleError, match="is lockgate/signature/99"):
        form_of({"schema": "lockgate/signature/99"})


VERSIONS = [written(SIGNATURE_OF_EXAMPLE), json.loads((GOLDEN / "version-1/signature.json").read_bytes())]


@pytest.mark.parametrize("signature", VERSIONS, ids=lambda signature: signature["schema"])
def test_signatures_of_both_versions_have_the_same_form(signature):
    assert form_of(signature) == served_form(SIGNATURE_OF_EXAMPLE)


def test_a_service_that_was_copied_before_finds_what_it_reads():
    """It reads these keys of the document itself."""
    now, before = VERSIONS
    for name in ("classes", "label", "probabilities"):
        assert now[name] == before[name]
    assert [(each["name"], each["dtype"]) for each in now["inputs"]] == [
        (each["name"], each["dtype"]) for each in before["inputs"]
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"task": {"kind": "ranking"}}, "a ranking model cannot be served; binary, multiclass, multilabel, regression"),
    ],
)
def test_what_cannot_be_served_so_far_is_named(changes, says):
    with pytest.raises(BundleError, match=says):
        form_of(VERSIONS[0] | changes)


def test_a_tensor_is_read_by_its_type_and_axes():
    axes = [{"name": "channel", "size": 3}, {"name": "width", "size": None}]
    form = form_of(VERSIONS[0] | {"inputs": [{"name": "image", "dtype": "uint8", "axes": axes}]})
    declared = (Input("image", "uint8", (Axis("channel", 3), Axis("width"))),)
    assert form.dtypes == Signature(declared, (), ()).dtypes
    assert read_rows([{"image": [[1, 2]] * 3}], form.dtypes)["image"].shape == (1, 3, 2)


def test_every_held_out_row_is_answered_by_the_service_as_by_the_judged_model():
    """The way of a row through the service, without its server: JSON in, JSON out, bit by bit."""
    signature = DOCUMENTS.read(MODEL / "signature.json", Signature)
    session = OnnxRuntime().open(MODEL / "model.onnx", signature)
    inputs = Inputs.of(ParquetTables(FILES).read(MODEL / "test.parquet"), signature.inputs)
    expected = session.run(inputs)
    form = form_of(json.loads((MODEL / "signature.json").read_bytes()))
    sent = json.loads(json.dumps(write_rows(inputs, signature.dtypes)))
    fed = feed(read_rows(sent, form.dtypes), form.dtypes)
    for name, values in inputs.fed().items():
        np.testing.assert_array_equal(fed[name], values)
    answered = form.write(expected[signature.label], expected[signature.probabilities])
    found = form.read(json.loads(json.dumps(answered, allow_nan=False)))
    assert len(answered) == inputs.rows > 100
    np.testing.assert_array_equal(found[signature.label], expected[signature.label])
    np.testing.assert_array_equal(found[signature.probabilities].astype(np.float32), expected[signature.probabilities])


def test_a_probability_that_is_no_number_is_null_and_nan_again():
    answered = FORM.write(["no"], np.array([[np.nan, np.inf]], dtype=np.float32))
    assert answered == [{"label": "no", "probabilities": {"no": None, "yes": None}}]
    assert np.isnan(FORM.read(answered)["probabilities"]).all()


@pytest.mark.parametrize("answer", [None, {}, [3], [{"label": "no"}], [{"label": "no", "probabilities": {"no": 1}}]])
def test_what_is_no_prediction_is_told(answer):
    with pytest.raises(ValueError, match="prediction"):
        FORM.read(answer)


def test_it_stands_alone(tmp_path):
    """It lies beside a service in an image without Lockgate."""
    (tmp_path / "lockgate_bundle.py").write_bytes(Path(served_bundle.__file__).read_bytes())
    code = "import lockgate_bundle, sys; print(*sorted({n.partition('.')[0] for n in sys.modules} & {'lockgate'}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("schema", ["lockgate/release/1", "lockgate/release/2"])
def test_a_bundle_of_either_version_is_served_signed_or_not(folder, schema):
    (folder / "manifest.json").write_text((folder / "manifest.json").read_text().replace("lockgate/release/2", schema))
    ServedBundle.open(folder).verify()
    (folder / "model.sig").write_bytes(b"signed")
    ServedBundle.open(folder).verify()


def test_a_manifest_of_a_version_that_is_not_known_is_named(folder):
    (folder / "manifest.json").write_text((folder / "manifest.json").read_text().replace("release/2", "release/3"))
    with pytest.raises(BundleError, match="lockgate/release/3; lockgate/release/1, lockgate/release/2 can be served"):
        ServedBundle.open(folder)


@pytest.mark.parametrize(
    ("task", "outputs", "written"),
    [
        (
            Multiclass(("a", "b", "c")),
            [np.array(["b"], dtype=object), np.array([[0.2, 0.5, 0.3]])],
            {"label": "b", "probabilities": {"a": 0.2, "b": 0.5, "c": 0.3}},
        ),
        (
            Multilabel(("a", "b")),
            [np.array([[0.5, np.nan]])],
            {"labels": ["a"], "probabilities": {"a": 0.5, "b": None}},
        ),
        (Regression(("price",)), [np.array([3.5])], {"values": {"price": 3.5}}),
        (
            Regression(("price",), (0.1, 0.5, 0.9)),
            [np.array([[1.0, 2.0, 3.0]])],
            {"values": {"price 0.1": 1.0, "price 0.5": 2.0, "price 0.9": 3.0}},
        ),
    ],
)
def test_each_task_is_answered_in_its_form_and_read_back(tmp_path, task, outputs, written):
    classes = task.columns if task.labelled else ()
    signature = replace(SIGNATURE_OF_EXAMPLE, classes=classes, task=task, probabilities=task.output)
    DOCUMENTS.write(tmp_path / "signature.json", signature)
    form = form_of(json.loads((tmp_path / "signature.json").read_bytes()))
    assert form == served_form(signature)
    assert form.write(*outputs) == [written]
    found = form.read([written])
    assert list(found) == form.outputs
    np.testing.assert_array_equal(found[task.output], outputs[-1].reshape(1, -1))
