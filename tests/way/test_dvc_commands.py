"""DVC as its users know it, on this repository and the project of docs/your-model.md, without Lockgate's own verbs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from one_process import OneProcess
from ruamel.yaml import YAML
from servers import ssh_server

from lockgate.adapters.dvc.stages.lock import DvcLock

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def dvc():
    """Call `dvc` in a folder, all of a test in one process: what it said, where it did what it was asked to."""
    processes = {}

    def call(folder, *arguments):
        if folder not in processes:
            processes[folder] = OneProcess("dvc.cli:main", folder)
        code, said = processes[folder].call(*arguments)
        assert code == 0, said
        return said

    yield call
    for each in processes.values():
        each.end()


def test_what_was_pushed_can_be_pulled_where_nothing_is_and_the_reading_commands_work(delivered_clone, dvc):
    dvc(delivered_clone, "push")
    shutil.rmtree(delivered_clone / ".dvc/cache")
    shutil.rmtree(delivered_clone / "build/candidates")
    dvc(delivered_clone, "pull")
    assert (delivered_clone / "build/candidates/torch/export/model.onnx").exists()
    assert "Data and pipelines are up to date" in dvc(delivered_clone, "repro")
    assert "metrics.roc_auc" in dvc(delivered_clone, "metrics", "show")
    assert "train@torch" in dvc(delivered_clone, "dag")
    assert "index.html" in dvc(delivered_clone, "plots", "show")
    dvc(delivered_clone, "metrics", "diff")
    assert dvc(delivered_clone, "params", "diff") == ""


def test_an_experiment_shows_what_it_changed(tutorial, dvc):
    dvc(tutorial, "exp", "run", "-S", "train.logistic.C=0.5", "train@logistic")
    assert "train.logistic.C" in dvc(tutorial, "params", "diff")
    changed = dvc(tutorial, "metrics", "diff")
    assert "candidates/logistic/validation.json" in changed
    dvc(tutorial, "exp", "show", "--csv")


def test_an_ssh_remote_takes_and_gives_everything(delivered_clone, dvc, tmp_path, needs, in_this_process):
    needs(there=shutil.which("sshd", path="/usr/sbin:/usr/bin") is not None, how="apt-get install openssh-server")
    (tmp_path / "ssh").mkdir()
    with ssh_server(tmp_path / "ssh") as (port, key):
        # The line that docs/dvc.md shows, with this server's address.
        (line,) = (line for line in (ROOT / "docs/dvc.md").read_text().splitlines() if " ssh://" in line)
        line = line.partition("#")[0].replace("ssh://user@host/srv/dvc", f"ssh://127.0.0.1:{port}{tmp_path}/store")
        subprocess.run(line, shell=True, cwd=delivered_clone, check=True, capture_output=True)
        dvc(delivered_clone, "remote", "modify", "--local", "shared", "keyfile", str(key))
        dvc(delivered_clone, "push")
        looked = in_this_process(delivered_clone, "doctor")
        assert f"there       DVC remote: ssh://127.0.0.1:{port}{tmp_path}/store" in looked.stdout, looked.stdout
        assert looked.returncode == 0, looked.stdout
        shutil.rmtree(delivered_clone / ".dvc/cache")
        shutil.rmtree(delivered_clone / "build/candidates")
        shutil.rmtree(delivered_clone / "data/remote")
        dvc(delivered_clone, "pull")
        assert "Data and pipelines are up to date" in dvc(delivered_clone, "repro")
    looked = in_this_process(delivered_clone, "doctor")
    (line,) = re.findall("^unreachable DVC remote: .*", looked.stdout, re.MULTILINE)
    assert line.endswith("(optional)"), "all data are here: a delivery needs no remote"
    assert "unreachable store: the store DVC remote 'shared'" in looked.stdout
    assert "1 to mend" in looked.stdout
    assert looked.returncode == 1, "a release is put there" + looked.stdout


NOTED = """\
  note:
    cmd: echo ${train.logistic.C} > build/note
    outs: [build/note]
"""


def test_garbage_collection_as_documented_keeps_what_a_release_was_made_of(tutorial, dvc):
    command = re.search(r"^dvc gc .*$", (ROOT / "docs/dvc.md").read_text(), re.MULTILINE)[0]
    released = (tutorial / "dvc.lock").read_text()
    git(tutorial, "add", "dvc.lock")
    git(tutorial, "commit", "-q", "--allow-empty", "-m", "What the release was made of")
    # The project goes on, and its next state is committed too; a try in between is not.
    stages = (tutorial / "dvc.yaml").read_text()
    (tutorial / "dvc.yaml").write_text(stages.replace("stages:\n", f"stages:\n{NOTED}", 1))
    for strength in (0.3, 0.5):
        params = (tutorial / "params.yaml").read_text()
        (tutorial / "params.yaml").write_text(re.sub(r"C: [\d.]+", f"C: {strength}", params))
        dvc(tutorial, "repro", "note")
        if strength == 0.3:
            lost = (tutorial / "dvc.lock").read_text()
    git(tutorial, "commit", "-qam", "A stronger regularization")
    dvc(tutorial, *command.split()[1:], "--force")
    cache = {path.parent.name + path.name for path in (tutorial / ".dvc/cache/files/md5").glob("*/*")}

    def results(lock):
        found = YAML(typ="safe", pure=True).load(lock)["stages"]
        return {out["md5"] for stage in found.values() for out in stage["outs"]}

    assert results(released) <= cache
    assert results((tutorial / "dvc.lock").read_text()) <= cache
    assert results(lost) - results(released) - cache, "nothing was collected: the command is none"


PARAMS = """\
a: {rate: 1e-5, big: 1E10, yes: yes, off: off, none: null, tilde: ~, octal: 0o17, lead: 012, text: "012", hex: 0x1F,
    list: [1, 2.0, "3", on], neg: -0.5, inf: .inf, under: 1_000, empty: "", colon: "1:30", e: "1e5", date: "2020-01-02",
    lines: "a\\nb: c", long: "%s"}
""" % ("word " * 40)
STAGES = """\
stages:
  one:
    cmd: mkdir -p out/d && cp src/a.py out/d/x && echo y > out/y
    deps: [src/a.py, src/deep, src/sub, src/tmp]
    params: [a, a.rate, a.list.0]
    outs: [out]
  two:
    cmd: cp out/y z
    deps: [out/y]
    outs: [z]
"""
FILES = {
    "params.yaml": PARAMS,
    "dvc.yaml": STAGES,
    "src/a.py": "a\n",
    "src/sub/ü b.py": "b\r\n",
    "src/deep/d": "d\n",
    "src/sub/__pycache__/a.pyc": "x",
    "src/tmp/t": "t\n",
    "src/deep/e/skip/q": "q\n",
    "src/deep/skip/s": "s\n",
    "src/deep/e/a.log": "k\n",
    "src/deep/e/keep.log": "k\n",
    "src/.dvcignore": "skip/\n",
}


SEVERAL = """\
stages:
  last: {cmd: "true", deps: [x]}
  each: {foreach: "${models.names}", do: {cmd: "echo ${item}"}}
  first: {matrix: {size: [10, 2, large]}, cmd: "echo ${item.size}"}
"""


def test_lockgate_reads_the_record_and_hashes_as_dvc_does(tmp_path, dvc):
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content.encode())
    (tmp_path / ".dvcignore").write_text("__pycache__\n*.log\n/src/tmp/\n!keep.log\n")
    dvc(tmp_path, "repro", "--quiet")
    lock = DvcLock(tmp_path)
    one, two = lock.stages()
    assert one.params["params.yaml"]["a"] == lock.params("params.yaml")["a"]
    hashes = {**one.deps, **one.outs, **two.deps, **two.outs}
    assert hashes == {path: lock.digest(path) for path in hashes}
    assert len(hashes) == 7
    (tmp_path / "dvc.yaml").write_text(SEVERAL)
    (tmp_path / "params.yaml").write_text("models: {names: [b, a]}\n")
    assert DvcLock(tmp_path).names() == dvc(tmp_path, "stage", "list", "--name-only").split()
