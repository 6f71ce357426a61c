"""Bad input is answered with what, where and what to do; never with a traceback."""

import gzip
import json
import subprocess

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def delivered(copy_delivered, tmp_path_factory):
    """One copy of the delivered clone, which is as it was after each test: see alter."""
    return copy_delivered(tmp_path_factory.mktemp("delivered") / "clone")


@pytest.fixture
def alter(delivered):
    """Give a file of that clone another content until the test ends."""
    before = {}

    def write(path, content):
        path.unlink()
        path.write_bytes(content)

    def change(name, content):
        before[delivered / name] = (delivered / name).read_bytes()
        write(delivered / name, content)

    yield change
    for path, content in before.items():
        write(path, content)


def said(done, code, *parts):
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for part in parts:
        assert part in done.stdout + done.stderr


def test_an_altered_data_file_stops_the_way(delivered, alter, in_this_process):
    alter("data/raw/adult.data.gz", gzip.compress(b"hello"))
    said(in_this_process(delivered, "run"), 2, "adult.data.gz: not the file that git names", "dvc checkout")


def test_a_row_that_breaks_the_contract_is_named_with_row_column_and_rule(delivered_clone, run_lockgate):
    raw = delivered_clone / "data/raw/adult.data.gz"
    lines = gzip.decompress(raw.read_bytes()).decode().splitlines()
    lines[41] = lines[41].replace(lines[41].split(", ")[1], "Pirate")
    raw.unlink()
    raw.write_bytes(gzip.compress("\n".join(lines).encode()))
    subprocess.run(["dvc", "add", "-q", "data/raw/adult.data.gz"], cwd=delivered_clone, check=True)
    done = run_lockgate(delivered_clone, "run")
    said(done, 2, "row 42, column workclass: 'Pirate' breaks isin", "stage 'prepare' failed")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("accuracy:", "acuracy:", ["gates.acuracy: unknown key; did you mean 'accuracy'?", "params.yaml:"]),
        ("floor: 0.92", "floor: high", ["gates.accuracy.floor: expected a number, found text"]),
        ("learning_rate: 0.05", "lerning_rate: 0.05", ["train.sklearn.lerning_rate: unknown key; did you mean"]),
        ("max_absolute: 1e-5", "max_absolute: .inf", ["max_absolute must be finite"]),
        ("candidates: [sklearn,", "candidates: [../sklearn,", ["'../sklearn' is no name"]),
        ("model: census", "model: [census", ["not YAML"]),
    ],
)
def test_a_wrong_key_in_params_is_named_with_line_path_and_the_likely_meant_key(
    delivered, alter, in_this_process, old, new, parts
):
    params = (delivered / "params.yaml").read_text()
    assert old in params
    alter("params.yaml", params.replace(old, new).encode())
    said(in_this_process(delivered, "run"), 2, *parts)


def test_a_value_that_the_project_refuses_is_named(delivered_clone, in_this_process):
    params = delivered_clone / "params.yaml"
    params.write_text(params.read_text().replace("validation_percent: 20", "validation_percent: 99"))
    said(in_this_process(delivered_clone, "run"), 2, "data: validation_percent must be from 1 to 50")


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 half a zip"])
def test_a_trained_model_that_is_not_what_it_says_is_refused(delivered, alter, in_this_process, content):
    alter("build/candidates/sklearn/trained/model.skops", content)
    said(in_this_process(delivered, "export", "--candidate", "sklearn"), 2, "model.skops: not a scikit-learn model")


def test_a_pickle_is_never_loaded(delivered, alter, in_this_process):
    alter("build/candidates/sklearn/trained/model.skops", b"cos\nsystem\n(S'touch owned'\ntR.")
    said(in_this_process(delivered, "export", "--candidate", "sklearn"), 2, "not a scikit-learn model")
    assert not (delivered / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"not onnx", b"\x08\x08\x12"])
def test_an_onnx_file_that_is_not_what_it_says_is_refused(delivered, alter, in_this_process, content):
    alter("build/candidates/sklearn/export/model.onnx", content)
    said(in_this_process(delivered, "check", "parity", "--candidate", "sklearn"), 2, "model.onnx")
    said(in_this_process(delivered, "gate", "--candidate", "sklearn"), 4, "the evidence is of another model")


def test_evidence_edited_into_another_form_is_undecided(delivered, alter, in_this_process):
    name = "build/candidates/sklearn/evidence/accuracy.json"
    evidence = json.loads((delivered / name).read_text())
    alter(name, json.dumps(evidence | {"metrics": "good"}).encode())
    said(in_this_process(delivered, "gate"), 4, "accuracy.json: metrics: expected a mapping, found text")
    assert json.loads((delivered / "build/verdict.json").read_text())["outcome"] == "undecided"


def test_outside_a_project_the_way_in_is_named(tmp_path, in_this_process):
    said(in_this_process(tmp_path, "status"), 2, "no params.yaml in", "-C")


def test_a_traceback_is_shown_only_when_asked_for(tmp_path, run_lockgate):
    done = run_lockgate(tmp_path, "--traceback", "status")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
