"""A project whose params, files or stages changed after its candidate was made is undecided."""

import json
import subprocess
import sys

import builders
import pytest
from builders import PARAMS, committed, git

from lockgate.adapters.dvc.stages.hashes import Hashes
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.cli.main import run
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.making.stage_records import Stage, behind
from lockgate.domain.project.layout import Layout
from lockgate.usecases.measuring.stage_records import _is_lockgates
from lockgate.usecases.releasing.desired_state.promote import promote_release


@pytest.fixture
def gate(project, capfd):
    """What `lockgate gate` said, and the finding that blocked."""

    def judge():
        code = run(["-C", str(project), "gate", "--candidate", "fake"])
        said = capfd.readouterr().out
        verdict = builders.DOCUMENTS.read(Layout(project).verdict, Verdict)
        return code, [(finding.gate, finding.rule) for finding in verdict.blocking], said

    return judge


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


def test_what_is_not_listed_any_more_is_made_anew_only_by_force(project, gate):
    """DVC compares what is listed: it takes such a stage for unchanged."""
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("params: [train]", "params: [tables]", 1))
    builders.lock(project)
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("    params: [train]\n", "", 1))
    assert gate()[0] == 0
    committed(project, "params.yaml", PARAMS.replace("label: outcome", "label: outcome\n  judged_only: [job]"))
    _, blocking, said = gate()
    assert ("integrity", "source") in blocking
    assert "`dvc repro --force --single-item train@fake`, then `lockgate run`" in said


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
    assert ": holds a merge conflict; take the file of either side" in said


def test_evidence_that_no_stage_made_is_named(project, gate):
    lock = project / "dvc.lock"
    lock.write_text(lock.read_text().partition("  check@fake:")[0])
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "no stage that made build/candidates/fake/evidence/accuracy.json" in said


def test_a_release_is_promoted_whatever_the_stages_did_since(project, gate):
    assert gate()[0] == 0
    release, _ = builders.sealed(project)
    (project / "dvc.lock").unlink()
    promotion = promote_release(builders.instruments(project), "staging", None, None, print)
    assert promotion.commit
    assert promotion.reference.release == release.digest


def test_another_policy_is_tried_on_it_as_well(project, capfd):
    assert run(["-C", str(project), "gate", "-v", "--policy", str(project / "params.yaml")]) == 0
    assert "integrity, source" in capfd.readouterr().out


@pytest.mark.slow
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
    ],
)
def test_a_candidate_of_stages_that_are_defined_otherwise_now_is_undecided(project, gate, old, new, named):
    assert old in builders.DVC_YAML
    committed(project, "dvc.yaml", builders.DVC_YAML.replace(old, new, 1))
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "source")])
    assert f"for {named}" in said


def test_a_stage_that_was_renamed_is_no_stage_of_today(project, gate):
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("  export:", "  exported:", 1))
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "fake/export/signature.json was made by export@fake, which dvc.yaml does not define any more" in said


def test_a_stage_in_the_middle_that_was_renamed_is_named_as_one(project, gate):
    """What it made is no source that could be committed."""
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("  train:", "  trained:", 1))
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "fake/trained was made by train@fake, which dvc.yaml does not define any more" in said


def test_the_record_of_a_stage_under_its_former_name_is_nobodys(project, gate):
    """DVC keeps it when the stage has run under its new one."""
    lock = project / "dvc.lock"
    former = lock.read_text().partition("  export@fake:")[2].partition("  check@fake:")[0]
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("  export:", "  exported:", 1))
    lock.write_text(lock.read_text().replace("export@fake", "exported@fake") + "  export@fake:" + former)
    code, _, said = gate()
    assert code == 0, said


@pytest.mark.parametrize("content", ["stages: [\n", "", "- a\n"])
def test_without_stages_that_can_be_read_nothing_is_compared(project, gate, content):
    committed(project, "dvc.yaml", content)
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "dvc.yaml: missing, or not a file of stages" in said


def test_a_file_that_git_ignores_is_not_in_the_commit(project, gate):
    """It was never committed: a clone of this commit has no such file."""
    (project / ".git/info/exclude").write_text("/plugin.py\n")
    (project / "plugin.py").write_text("code")
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("deps: [.gitignore]", "deps: [.gitignore, plugin.py]"))
    builders.lock(project)
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "committed")])
    assert "not in the commit as it is here: plugin.py" in said


def test_a_folder_of_what_another_stage_made_need_not_be_in_the_commit(project, gate):
    (project / ".git/info/exclude").write_text("/made/\n")
    (project / "made").mkdir()
    (project / "made/a.txt").write_text("rows")
    stages = builders.DVC_YAML.replace("build/test.parquet]\n  train", "build/test.parquet, made/a.txt]\n  train")
    stages = stages.replace("deps: [build/validation.parquet]", "deps: [build/validation.parquet, made]")
    committed(project, "dvc.yaml", stages)
    builders.lock(project)
    assert gate()[0] == 0

    (project / "made/by-hand.txt").write_text("rows")
    builders.lock(project)
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "committed")])
    assert "not in the commit as it is here: made/by-hand.txt" in said


def test_data_that_dvc_keeps_is_committed_by_its_pointer(project, gate):
    (project / "data/raw").mkdir(parents=True)
    (project / "data/raw/a.csv").write_text("rows")
    (project / ".git/info/exclude").write_text("/data/\n")
    committed(project, "dvc.yaml", builders.DVC_YAML.replace("deps: [.gitignore]", "deps: [data/raw/a.csv]"))
    builders.lock(project)
    assert "not in the commit as it is here: data/raw/a.csv" in gate()[2]
    (project / "data/raw.dvc").write_text("outs: []\n")
    assert "not in the commit as it is here: data/raw.dvc" in gate()[2]
    git(project, "add", "--force", "data/raw.dvc")
    committed(project, "notes.md", "The data is kept by DVC.")
    assert gate()[0] == 0


HARD = {
    "stages": {
        "two": {"matrix": {"a": ["x"], "b": ["y"]}, "cmd": "run ${item.a}", "deps": ["c.py", "${item.b}.py"]},
        "pairs": {"foreach": "${pairs}", "do": {"cmd": "run ${key} ${item}"}},
        "mine": {"cmd": "run ${mine}", "wdir": "${folder}", "outs": ["../x"], "params": ["lr"]},
    }
}


@pytest.mark.slow
def test_what_only_dvc_can_work_out_is_asked_of_dvc(tmp_path):
    (tmp_path / "params.yaml").write_text("pairs: {a: x}\nmine: 7\nfolder: sub\nsome: [a, 2]\n")
    (tmp_path / "dvc.yaml").write_text(json.dumps(HARD))
    (tmp_path / "sub").mkdir()
    git(tmp_path, "init", "--quiet")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet"], cwd=tmp_path, check=True)
    lock = DvcLock(tmp_path)
    two = lock.defined("two@x-y")
    assert (two.cmd, list(two.deps)) == ("run x", ["c.py", "y.py"])
    assert lock.defined("pairs@a").cmd == "run a x"
    mine = lock.defined("mine")
    assert (mine.cmd, list(mine.outs), mine.params) == ("run 7", ["x"], {"sub/params.yaml": {"lr": None}})
    assert lock.defined("two@x-z") is None


@pytest.mark.slow
def test_a_template_that_nobody_can_work_out_is_said(project, gate):
    committed(
        project, "dvc.yaml", builders.DVC_YAML.replace("    cmd: lockgate\n", "    cmd: lockgate\n    wdir: ${x}\n", 1)
    )
    code, blocking, said = gate()
    assert (code, blocking) == (4, [("integrity", "recorded")])
    assert "dvc.yaml: DVC cannot work out its templates" in said


def test_a_stage_of_a_list_is_told_without_dvc(tmp_path):
    (tmp_path / "params.yaml").write_text("some: [a, 2]\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n"
        "  some: {foreach: '${some}', do: {cmd: [a, 'run ${item}'], deps: ['s3://x', y: {}], params: [p.json: ]}}\n"
    )
    (tmp_path / "p.json").write_text('{"k": 1}')
    lock = DvcLock(tmp_path)
    some = lock.defined("some@2")
    assert (some.cmd, list(some.deps), some.params["p.json"]) == ("a\nrun 2", ["y"], {"k": None})
    assert (lock.defined("some@3"), lock.defined("other")) == (None, None)


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

    def entry(path):
        return [{"path": path, "hash": "md5", "md5": md5}]

    made = {"cmd": "c", "deps": entry(source), "params": params, "outs": entry(out)}
    read = {"cmd": "c", "deps": entry("mid.txt"), "outs": entry("model/")}
    (tmp_path / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": {"a@sub": made, "b": read}}))
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


def test_a_stage_of_the_projects_own_command_is_told(project, gate):
    """Nobody looked at what it read while it ran."""
    text = builders.DVC_YAML.replace(
        "    cmd: lockgate\n    deps: [build/val", "    cmd: python fit.py\n    deps: [build/val", 1
    )
    committed(project, "dvc.yaml", text)
    builders.lock(project)
    assert gate()[0] == 0
    verdict = builders.DOCUMENTS.read(Layout(project).verdict, Verdict)
    (recorded,) = (found for found in verdict.findings if (found.gate, found.rule) == ("integrity", "recorded"))
    assert "what changed while train@fake ran is not seen: a command of the project's own" in recorded.message


@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("lockgate train --candidate a", False),
        (".venv/bin/lockgate train", False),
        ("lockgate", False),
        ("python fit.py", True),
        ("lockgate train; python fit.py", True),
        ("lockgate train\npython fit.py", True),
        ("python -m lockgates", True),
    ],
)
def test_a_verb_of_lockgates_alone_looks_at_what_changes(command, own):
    assert _is_lockgates(command) is not own
