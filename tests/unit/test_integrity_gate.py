"""The integrity gate: a candidate is what the stages made, from the params and files that are here now."""

import json
from dataclasses import replace

import builders
import pytest
from builders import FILES, PARAMS, git
from cases import CASE, PASSED, UNDECIDED, outcome, with_evidence

from lockgate.adapters.dvc.hashes import Hashes
from lockgate.adapters.dvc.lock import DvcLock
from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.main import run
from lockgate.domain.gates.integrity import judge_integrity
from lockgate.domain.layout import Layout
from lockgate.domain.lineage import ABSENT, Lineage, Record, Stage, behind
from lockgate.domain.verdict import Verdict
from lockgate.errors import DocumentError
from lockgate.testing.examples import LINEAGE
from lockgate.usecases.lineage import read_lineage
from lockgate.usecases.promote import promote


def stage(name, deps=(), outs=()):
    return Stage(name, {}, dict.fromkeys(deps, "0"), dict.fromkeys(outs, "1"))


# --- which stages made it ---

PREPARE = stage("prepare", ["raw.csv"], ["data/training", "data/test"])
TRAIN = stage("train@a", ["data/training"], ["a/trained"])
EXPORT = stage("export@a", ["a/trained/model.bin"], ["a/export"])
CHECK = stage("check@a", ["a/export", "data"], ["a/evidence"])
OTHER = stage("train@b", ["data/training"], ["b/trained"])


def test_the_stages_behind_a_file_are_those_that_made_it_and_what_they_read():
    stages = (PREPARE, OTHER, TRAIN, EXPORT, CHECK)
    assert behind(stages, ["a/evidence/accuracy.json"]) == ((PREPARE, TRAIN, EXPORT, CHECK), ())
    assert behind(stages, ["a/trained/model.bin"]) == ((PREPARE, TRAIN), ())


def test_a_folder_that_is_read_is_made_by_all_that_is_made_in_it():
    assert behind((PREPARE, CHECK), ["a/evidence/x"])[0] == (PREPARE, CHECK)


def test_a_file_that_no_stage_made_is_named_and_one_of_a_like_name_is_another():
    assert behind((PREPARE, EXPORT), ["a/exported/model.onnx", "a/export/model.onnx"])[1] == ("a/exported/model.onnx",)


# --- what is decided ---


def changed(number, **fields):
    records = [replace(each, **fields) if at == number else each for at, each in enumerate(LINEAGE.records)]
    return replace(LINEAGE, records=tuple(records))


def test_what_is_as_recorded_passes():
    assert {finding.outcome for finding in judge_integrity(LINEAGE)} == {PASSED}


@pytest.mark.parametrize(
    ("number", "found", "rule", "message"),
    [
        (0, {"seed": 8}, "source", "for train: train.example.seed (7 then, 8 now)"),
        (0, {"seed": 7, "more": 1}, "source", "for train: train.example.more"),
        (0, {}, "source", "for train: train.example.seed (7 then, absent now)"),
        (0, ABSENT, "source", "for train: train.example ({'seed': 7} then, absent now)"),
        (1, "1" * 32, "source", "for train: data.parquet"),
        (1, ABSENT, "source", "for train: data.parquet"),
        (2, "0" * 32, "results", "not what the stages made: build/model.onnx"),
        (3, ABSENT, "results", "not what the stages made: build/evidence"),
    ],
)
def test_what_is_not_as_recorded_is_undecided_and_named_with_its_stage(number, found, rule, message):
    lineage = changed(number, found=found)
    (finding,) = (found for found in judge_integrity(lineage) if found.outcome is not PASSED)
    assert (finding.rule, finding.outcome) == (rule, UNDECIDED)
    assert message in finding.message
    assert "lockgate run" in finding.remedy
    assert outcome(with_evidence(lineage=lineage)) is UNDECIDED
    assert outcome(with_evidence(lineage=lineage.as_recorded())) is PASSED


@pytest.mark.parametrize(
    ("lineage", "message"),
    [
        (None, "nothing tells what made the candidate"),
        (Lineage(), "nothing tells what made the candidate"),
        (Lineage(problem="dvc.lock: missing"), "dvc.lock: missing"),
        (replace(LINEAGE, unmade=("build/model.onnx",)), "no stage that made build/model.onnx"),
    ],
)
def test_without_a_record_of_all_that_is_judged_nothing_is_decided(lineage, message):
    (finding,) = judge_integrity(lineage)
    assert (finding.outcome, finding.reason) == (UNDECIDED, "not-measured")
    assert message in finding.message
    assert outcome(with_evidence(lineage=lineage)) is UNDECIDED


def test_many_changes_are_counted():
    records = tuple(Record("train", "file", f"{number}.py", "0", "1") for number in range(9))
    assert "4.py and 4 more" in judge_integrity(replace(LINEAGE, records=records))[1].message


def test_values_are_shown_in_short_and_text_in_quotes():
    (said,) = Record("train", "param", "a", list(range(99)), "7").differences()
    assert said == "a ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11... then, '7' now)"
    assert list(Record("train", "param", "a", 7, 7).differences()) == []


def test_sealed_evidence_is_judged_without_it():
    assert outcome(replace(with_evidence(CASE, lineage=None), sealed=True)) is PASSED


# --- a project: what DVC wrote down, and what there is ---


@pytest.fixture
def gate(project, capfd):
    """What `lockgate gate` said, and the finding that blocked."""

    def judge():
        code = run(["-C", str(project), "gate", "--candidate", "fake"])
        said = capfd.readouterr().out
        verdict = builders.DOCUMENTS.read(Layout(project).verdict, Verdict)
        return code, [(finding.gate, finding.rule) for finding in verdict.blocking], said

    return judge


def committed(project, path, content):
    """Change a file, commit it, and run the tests on that commit: all but the stages."""
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(content)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Another commit")
    builders.write_candidate(project, locked=False)


def test_a_candidate_that_other_params_made_is_undecided(project, gate):
    assert gate()[0] == 0
    committed(project, "params.yaml", PARAMS.replace("fake: {}", "fake: {max_iter: 1}"))
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "source")])
    assert "for train@fake: train.fake.max_iter (absent then, 1 now)" in said


def test_params_that_no_stage_reads_change_nothing(project, gate):
    committed(project, "params.yaml", PARAMS.replace("floor: 0.9", "floor: 0.91"))
    assert gate()[0] == 0


def test_a_candidate_that_other_files_made_is_undecided(project, gate):
    committed(project, ".gitignore", "build/\n# more\n")
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "source")])
    assert "for prepare: .gitignore" in said


def test_params_of_a_python_file_are_compared(project, gate):
    lock = project / "dvc.lock"
    lock.write_text(
        lock.read_text().replace("    params:\n", "    params:\n      settings.py:\n        Train.epochs: 5\n", 1)
    )
    committed(project, "settings.py", "class Train:\n    epochs = 5\n")
    assert gate()[0] == 0
    committed(project, "settings.py", "class Train:\n    epochs = 6\n")
    assert "for prepare: settings.py:Train.epochs (5 then, 6 now)" in gate()[2]


@pytest.mark.parametrize("path", ["trained/more", "validation.json", "export/more", "evidence/more.json"])
def test_a_result_that_is_not_what_its_stage_made_is_undecided(project, gate, path):
    place = project / "build/candidates/fake" / path
    place.write_text(place.read_text() + " " if place.exists() else "{}")
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "results")])
    assert f"not what the stages made: build/candidates/fake/{path.partition('/')[0]}" in said


def test_a_stage_that_read_another_result_than_its_maker_made_is_undecided(project, gate):
    lock = project / "dvc.lock"
    before, _, after = lock.read_text().partition("train@fake")
    (project / "build/validation.parquet").write_bytes(b"other rows")
    md5 = Hashes(project).of(project / "build/validation.parquet")
    old = Hashes(project).of(project / "build/test.parquet")  # the same bytes as the other table had
    lock.write_text(before.replace(old, md5, 1) + "train@fake" + after)
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "source")])
    assert "for train@fake: build/validation.parquet" in said


def test_what_is_written_into_the_lock_is_believed(project, gate):
    """As `dvc commit -f` does; docs/gates.md says so, and that a reviewer reads `dvc.lock`."""
    (project / "build/candidates/fake/trained/more").write_text("by hand")
    assert gate()[0] == 4
    builders.lock(project)
    assert gate()[0] == 0


@pytest.mark.parametrize(
    "content", [None, "", "stages:\n", "stages: [", "stages: {train: 1}\n", "stages:\n  a:\n    outs: [1]\n"]
)
def test_without_a_lock_that_can_be_read_nothing_is_decided(project, gate, content):
    (project / "dvc.lock").unlink()
    if content is not None:
        (project / "dvc.lock").write_text(content)
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "dvc.lock" in said


def test_a_lock_with_a_merge_conflict_says_how_to_resolve_it(project, gate):
    lock = project / "dvc.lock"
    text = lock.read_text()
    lock.write_text(
        text.replace("  train@fake:", "<<<<<<< HEAD\n  train@fake:\n=======\n  train@fake:\n>>>>>>> topic", 1)
    )
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "dvc.lock: holds a merge conflict; take the file of either side" in said


def test_evidence_that_no_stage_made_is_named(project, gate):
    lock = project / "dvc.lock"
    lock.write_text(lock.read_text().partition("  check@fake:")[0])
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "no stage that made build/candidates/fake/evidence/accuracy.json" in said


def test_a_release_is_promoted_whatever_the_stages_did_since(project, gate):
    assert gate()[0] == 0
    release, folder = builders.sealed(project)
    (project / "dvc.lock").unlink()
    promotion = promote(
        builders.opened(project), folder, "staging", builders.GitRepository(project), None, ParquetTables(FILES), print
    )
    assert promotion.commit
    assert promotion.reference.release == release.digest


def test_another_policy_is_tried_on_it_as_well(project, capfd):
    assert run(["-C", str(project), "gate", "--policy", str(project / "params.yaml")]) == 0
    assert "integrity, source" in capfd.readouterr().out


def test_the_gate_loads_nothing_of_dvc(project, run_python):
    imported = run_python(f"from lockgate.cli.main import run\nassert run(['-C', {str(project)!r}, 'gate']) == 0")
    assert "yaml" in imported
    assert not imported & {"dvc", "dvc_data", "mlflow", "sklearn", "pandas", "pathspec"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "    cmd: lockgate\n    deps: [build/val",
            "    cmd: lockgate --fast\n    deps: [build/val",
            "train@fake: its cmd",
        ),
        ("deps: [.gitignore]", "deps: [.gitignore, params.yaml]", "prepare: params.yaml"),
        ("params: [train]", 'params: [train, "gates.${item.candidate}.x"]', "train@fake: gates.fake.x"),
        ("params: [train]", "params: [train, more.yaml: [a]]", "train@fake: a"),
        ("${item}/evidence", '${item}/evidence", "build/${item}', "check@fake: build/fake"),
        ("  export:", "  exported:", "export@fake: dvc.yaml"),
        (builders.DVC_YAML, "stages: [\n", "prepare: dvc.yaml"),
    ],
)
def test_a_candidate_of_stages_that_are_defined_otherwise_now_is_undecided(project, gate, old, new, named):
    assert old in builders.DVC_YAML
    committed(project, "dvc.yaml", builders.DVC_YAML.replace(old, new, 1))
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "source")])
    assert f"for {named}" in said


def test_what_a_template_does_not_tell_is_not_compared(tmp_path):
    """DVC knows better; that the candidate passes or is held rests on what is recorded."""
    (tmp_path / "params.yaml").write_text("pairs: {a: x}\nrows: [{n: 1}]\nsome: [a, 2]\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n"
        "  two: {matrix: {a: [x], b: [y]}, cmd: 'run ${item.a}', deps: [c.py, '${item.b}.py']}\n"
        "  pairs: {foreach: '${pairs}', do: {cmd: 'run ${key} ${item}'}}\n"
        "  rows: {foreach: '${rows}', do: {cmd: 'run ${item.n}'}}\n"
        "  some: {foreach: '${some}', do: {cmd: [a, 'run ${item}'], deps: ['s3://x', y: {}], params: [p.json: ]}}\n"
        "  mine: {cmd: 'run ${mine}'}\n"
    )
    (tmp_path / "p.json").write_text('{"k": 1}')
    lock = DvcLock(tmp_path)
    found = {name: lock.defined(name) for name in ("two@x-y", "pairs@a", "rows@0", "some@2", "mine")}
    assert {name: stage.cmd for name, stage in found.items() if stage.cmd} == {"some@2": "a\nrun 2"}
    assert list(found["two@x-y"].deps) == ["c.py"]
    assert (list(found["some@2"].deps), found["some@2"].params["p.json"]) == (["y"], {"k": None})
    assert lock.defined("other") is None


# --- one file, however its path is written ---


def test_a_path_is_the_same_however_it_is_written(project, gate):
    """DVC keeps in `dvc.lock` what `dvc.yaml` says, to the letter."""
    lock = project / "dvc.lock"
    written = lock.read_text().replace(
        "path: build/candidates/fake/export\n", "path: ./build/candidates/fake/export/\n", 2
    )
    assert "/export/" in written
    lock.write_text(written)
    out = '"build/candidates/${item.candidate}/export"'
    committed(project, "dvc.yaml", builders.DVC_YAML.replace(out, out.replace("/export", "/export/")))
    assert gate()[0] == 0


@pytest.mark.parametrize(
    ("wdir", "out"),
    [("", "./mid.txt"), ("sub", "../mid.txt"), ("${item}", "../mid.txt"), ("./sub/", "../sub/../mid.txt")],
)
def test_a_stage_is_behind_those_that_read_what_it_made_however_they_write_it(tmp_path, wdir, out):
    source, md5 = "../src.txt" if wdir else "src.txt", "a" * 32
    body = {
        "cmd": "c",
        "wdir": wdir,
        "deps": [source],
        "outs": [out],
        "params": ["lr", {"../p.json" if wdir else "p.json": None}],
    }
    first = {"foreach": ["sub"], "do": body}
    last = {"cmd": "c", "deps": ["mid.txt"], "outs": ["model/"]}
    (tmp_path / "dvc.yaml").write_text(json.dumps({"stages": {"a": first, "b": last}}))
    (tmp_path / "p.json").write_text('{"k": 1}')
    params = {"params.yaml": {"lr": 1}, "../p.json" if wdir else "p.json": {"k": 1}}
    made = {"cmd": "c", "deps": [{"path": source, "md5": md5}], "params": params, "outs": [{"path": out, "md5": md5}]}
    read = {"cmd": "c", "deps": [{"path": "mid.txt", "md5": md5}], "outs": [{"path": "model/", "md5": md5}]}
    (tmp_path / "dvc.lock").write_text(json.dumps({"stages": {"a@sub": made, "b": read}}))
    lock = DvcLock(tmp_path)
    stages, unmade = behind(lock.stages(), ["model/model.onnx"])
    assert ([stage.name for stage in stages], unmade) == (["a@sub", "b"], ())
    params = {"sub/params.yaml" if wdir else "params.yaml": {"lr": 1}, "p.json": {"k": 1}}
    assert stages[0] == Stage("a@sub", params, {"src.txt": md5}, {"mid.txt": md5}, "c")
    for stage in stages:
        defined = lock.defined(stage.name)
        assert (defined.deps.keys(), defined.outs.keys()) == (stage.deps.keys(), stage.outs.keys())
        assert {file: keys.keys() for file, keys in defined.params.items() if keys} == {
            file: values.keys() for file, values in stage.params.items()
        }


def test_a_folder_that_a_template_hides_is_said_to_be_hidden(project, gate):
    committed(
        project, "dvc.yaml", builders.DVC_YAML.replace("    cmd: lockgate\n", "    cmd: lockgate\n    wdir: ${x}\n", 1)
    )
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "wdir of prepare" in said


# --- DVC's own forms ---


def lineage_of(project, kinds=()):
    return read_lineage(builders.opened(project), "fake", kinds, DvcLock(project))


def test_data_that_git_names_is_what_its_pointer_says(project):
    """It may be large; `lockgate run` reads it."""
    committed(project, "data/raw.csv", "raw")
    made = {"path": "build/candidates/fake/export", "md5": "b"}
    stage = {"deps": [{"path": "data/raw.csv", "md5": "a" * 32}], "outs": [made]}
    lock = json.dumps({"stages": {"check@fake": stage}})
    (project / "dvc.lock").write_text(lock)
    pointer = project / "data/raw.csv.dvc"
    for content, found in ((f"outs:\n- md5: {'a' * 32}\n", "a" * 32), ("outs: [", ABSENT), ("x: 1\n", ABSENT)):
        pointer.write_text(content)
        (record,) = (each for each in lineage_of(project).records if each.name == "data/raw.csv")
        assert (record.recorded, record.found) == ("a" * 32, found)


def test_what_lies_under_an_address_is_not_compared(tmp_path):
    lock = {"stages": {"a": {"deps": [{"path": "s3://bucket/x", "etag": "1"}], "outs": [{"path": "x", "md5": "1"}]}}}
    (tmp_path / "dvc.lock").write_text(json.dumps(lock))
    assert DvcLock(tmp_path).stages() == (Stage("a", {}, {}, {"x": "1"}),)


def test_a_value_is_what_yaml_1_2_says(tmp_path):
    values = "{a: yes, b: 1e-05, c: off, d: '1e5', e: 012, f: 1:30, g: null, h: true, i: -0.5, j: 1_0, k: .inf, l: }"
    (tmp_path / "dvc.lock").write_text(f"stages:\n  a:\n    params:\n      params.yaml: {values}\n")
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
