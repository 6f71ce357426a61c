"""DVC's record and hashes, read without DVC, in the forms that it writes."""

import json

import builders
import pytest
from builders import committed

from lockgate.adapters.dvc.stages.hashes import Hashes
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.domain.making.stage_records import ABSENT, Stage
from lockgate.errors import DocumentError
from lockgate.usecases.measuring.stage_records import read_lineage


def lineage_of(project, kinds=()):
    return read_lineage(builders.opened(project), "fake", kinds, DvcLock(project), builders.GitRepository(project))


def test_data_that_git_names_is_what_its_pointer_says(project):
    """It may be large; `lockgate run` reads it."""
    committed(project, "data/raw.csv", "raw")
    made = {"path": "build/candidates/fake/export", "hash": "md5", "md5": "b"}
    stage = {"deps": [{"path": "data/raw.csv", "hash": "md5", "md5": "a" * 32}], "outs": [made]}
    lock = json.dumps({"schema": "2.0", "stages": {"check@fake": stage}})
    (project / "dvc.lock").write_text(lock)
    pointer = project / "data/raw.csv.dvc"
    for content, found in ((f"outs:\n- md5: {'a' * 32}\n", "a" * 32), ("outs: [", ABSENT), ("x: 1\n", ABSENT)):
        pointer.write_text(content)
        (record,) = (each for each in lineage_of(project).records if each.name == "data/raw.csv")
        assert (record.recorded, record.found) == ("a" * 32, found)


def test_what_lies_under_an_address_is_not_compared(tmp_path):
    made = {"path": "x", "hash": "md5", "md5": "1"}
    lock = {"schema": "2.0", "stages": {"a": {"deps": [{"path": "s3://bucket/x", "etag": "1"}], "outs": [made]}}}
    (tmp_path / "dvc.lock").write_text(json.dumps(lock))
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    assert DvcLock(tmp_path).stages() == (Stage("a", {}, {}, {"x": "1"}),)


def test_a_value_is_what_yaml_1_2_says(tmp_path):
    values = "{a: yes, b: 1e-05, c: off, d: '1e5', e: 012, f: 1:30, g: null, h: true, i: -0.5, j: 1_0, k: .inf, l: }"
    (tmp_path / "dvc.lock").write_text(f"schema: '2.0'\nstages:\n  a:\n    params:\n      params.yaml: {values}\n")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (stage,) = DvcLock(tmp_path).stages()
    assert stage.params["params.yaml"] == {
        "a": "yes",
        "b": 1e-05,
        "c": "off",
        "d": "1e5",
        "e": "012",
        "f": "1:30",
        "g": None,
        "h": True,
        "i": -0.5,
        "j": "1_0",
        "k": float("inf"),
        "l": None,
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.yaml", "a: {b: [1, {c: yes}]}"), ("p.json", '{"a": {"b": [1, {"c": "yes"}]}}'),
     ("p.toml", 'a.b = [1, {c = "yes"}]')],
)  # fmt: skip
def test_params_of_other_files_are_read_by_their_form(tmp_path, name, content):
    lock = DvcLock(tmp_path)
    assert lock.params(name) == {}
    (tmp_path / name).write_text(content)
    assert DvcLock(tmp_path).params(name) == {"a": {"b": [1, {"c": "yes"}]}}
    (tmp_path / name).write_text("{")
    assert DvcLock(tmp_path).params(name) == {}


def test_params_of_a_python_file_are_its_literals(tmp_path):
    """As DVC 3.67 wrote them into `dvc.lock`."""
    (tmp_path / "settings.py").write_text(
        "import os\nlr = 0.1\nsizes: tuple = (1, [2, (3,)])\nnested = {'a': {'b': -3}}\nhome = os.sep\n"
        "a = b = 1\nx, y = 1, 2\nlater: int\nos.sep = 1\nbad = {[]: 1}\nlr = 0.2\n"
        "class Train:\n    epochs = 5\n    def __init__(self):\n        self.width = 4\n        local = 1\n"
        "    def run(self):\n        self.ran = True\n"
    )
    lock = DvcLock(tmp_path)
    assert lock.params("settings.py") == {
        "lr": 0.2,
        "sizes": [1, [2, [3]]],
        "nested": {"a": {"b": -3}},
        "Train": {"epochs": 5, "width": 4},
    }
    (tmp_path / "broken.py").write_text("lr = (")
    assert lock.params("broken.py") == {}


def test_a_folder_has_the_hash_that_dvc_gives_it(tmp_path):
    """The hashes are those of DVC 3.67; `tests/way` asks DVC itself."""
    for path, content in {"e/keep.log": "k\n", "d": "d\n", "e/skip/q": "q\n", "e/a.log": "k\n"}.items():
        (tmp_path / "src/deep" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src/deep" / path).write_text(content)
    (tmp_path / "src/.dvcignore").write_text("skip/\n\n# a comment\n")
    (tmp_path / ".dvcignore").write_text("*.log\n!keep.log\n")
    hashes = Hashes(tmp_path)
    assert hashes.of(tmp_path / "src/deep") == "684e078fc4ba82fee2dbfbc876475d81.dir"
    assert hashes.of(tmp_path / "src/deep/d") == "e29311f6f1bf1af907f9ef9f44b8328b"
    (tmp_path / "src/tmp/__pycache__").mkdir(parents=True)
    (tmp_path / "src/tmp/__pycache__/x.pyc").write_text("x")
    (tmp_path / ".dvcignore").write_text("__pycache__\n")
    assert hashes.of(tmp_path / "src/tmp") == "d751713988987e9331980363e24189ce.dir"
    assert hashes.of(tmp_path / "nothing") == ""


def test_a_missing_lock_says_what_to_do(tmp_path):
    with pytest.raises(DocumentError, match="lockgate run"):
        DvcLock(tmp_path).stages()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("stages: {}\n", "of the form None"),
        ("schema: '3.0'\nstages: {}\n", "of the form '3.0'"),
        ("schema: '2.0'\nstages: {a: {deps: [{path: x.py, md5: b}]}}\n", r"x\.py has a hash of DVC 2"),
    ],
)
def test_the_record_of_another_dvc_is_not_compared(tmp_path, content, said):
    (tmp_path / "dvc.lock").write_text(content)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(DocumentError, match=said):
        DvcLock(tmp_path).stages()


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ("{b: {cmd: x}, a: {cmd: y}}", ["b", "a"]),
        ("{a: {foreach: [2, x], do: {cmd: y}}}", ["a@2", "a@x"]),
        ("{a: {matrix: {of: '${some.names}'}, cmd: y}}", ["a@two", "a@one"]),
        ("{a: {matrix: {of: [x], by: [y]}, cmd: y}}", None),
        ("{a: {foreach: {x: {y: 1}}, do: {cmd: y}}}", None),
        ("{a: {foreach: [true, 1.5], do: {cmd: y}}}", None),
        ("{a: {foreach: '${absent}', do: {cmd: y}}}", None),
        ("{a: nothing}", None),
        ("{a: {cmd: x}}\nvars: [other.yaml]", None),
    ],
)
def test_the_names_of_the_stages_are_known_where_dvc_alone_does_not_know_them(tmp_path, stages, names):
    (tmp_path / "dvc.yaml").write_text(f"stages: {stages}\n")
    (tmp_path / "params.yaml").write_text("some: {names: [two, one]}\n")
    assert DvcLock(tmp_path).names() == names
