"""What lies around a project: DVC's cache and remote, and what doctor says of each."""

import contextlib
import http.server
import shutil
import subprocess
import threading

import pytest
from one_process import OneProcess

from lockgate.adapters.dvc import remote
from lockgate.adapters.dvc.failures import not_set_up
from lockgate.adapters.dvc.pipeline import DvcPipeline
from lockgate.domain.project.health import State
from lockgate.errors import DataError

pytestmark = pytest.mark.slow
DEFAULT = """\
[core]
    remote = there
['remote "there"']
"""
"""As `dvc remote add --default there URL` writes it, but the address."""


def dvc(folder, *arguments):
    subprocess.run(["dvc", *arguments], cwd=folder, check=True, capture_output=True)


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def user(tutorial):
    process = OneProcess("lockgate.cli.main:run", tutorial)
    yield process
    process.end()


def test_doctor_and_a_delivery_agree(tutorial, user):
    """What one finds, the other stops at. Doctor finds all at once, of DVC's files the first."""
    conflict = b"<<<<<<< HEAD\n"
    before = {
        name: (tutorial / name).read_bytes() for name in ("dvc.lock", "dvc.yaml", "mlflow.db", "deploy/staging.yaml")
    }
    damaged = {
        "dvc.lock": conflict + before["dvc.lock"],
        "dvc.yaml": b"x: [\n",
        "mlflow.db": b"hello",
        "deploy/staging.yaml": conflict + before["deploy/staging.yaml"],
    }
    for wrong in (("dvc.lock", "mlflow.db", "deploy/staging.yaml"), ("dvc.yaml",)):
        for name in wrong:
            (tutorial / name).write_bytes(damaged[name])
        code, said = user.call("doctor")
        assert (code, f"{len(wrong)} to mend" in said) == (2, True), said
        left = {*wrong}
        while left:
            code, said = user.call("deliver")
            assert code == 2, (left, said)
            assert "Traceback" not in said
            (name,) = (name for name in left if name.rpartition("/")[2] in said.partition("error: ")[2])
            (tutorial / name).write_bytes(before[name])
            left.remove(name)
    (tutorial / ".dvc").rename(tutorial / "moved")
    assert "DVC is not set up there" in user.call("doctor")[1]
    assert "dvc init" in user.call("run")[1]


@pytest.fixture(scope="module")
def without_data(tmp_path_factory):
    """Made once, and never changed: see with_data."""
    root = tmp_path_factory.mktemp("data") / "project"
    root.mkdir()
    git(root, "init", "--quiet")
    dvc(root, "init", "--quiet")
    (root / "raw.csv").write_text("rows")
    dvc(root, "add", "--quiet", "raw.csv")
    (root / "raw.csv").unlink()
    return root


@pytest.fixture
def with_data(without_data, tmp_path):
    """A project whose data are not here; a copy, free to be changed."""
    return shutil.copytree(without_data, tmp_path / "project")


@contextlib.contextmanager
def serving(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/store"
        server.shutdown()


def test_a_remote_is_asked_and_needed_only_where_data_have_to_come_from_it(with_data, tmp_path_factory):
    def looked(url=None):
        if url:  # as `dvc remote add --default there URL` writes it
            (with_data / ".dvc/config").write_text(
                f"[core]\n    remote = there\n['remote \"there\"']\n    url = {url}\n"
            )
        (part,) = remote.look(with_data)
        return part.state, part.blocks, part.found

    assert looked() == (State.MISSING, False, "none is set"), "the cache has the data"
    shared = tmp_path_factory.mktemp("remote")
    store = shared / "store"
    assert looked(store) == (State.UNREACHABLE, False, f"{store} is not there")
    dvc(with_data, "push")
    shutil.rmtree(with_data / ".dvc/cache/files")
    assert looked() == (State.THERE, False, str(store))
    for dead in (shared / "none", "http://127.0.0.1:9/store", "ssh://127.0.0.1:9/store"):
        state, blocks, found = looked(dead)
        assert (state, blocks) == (State.UNREACHABLE, True)
        assert found.endswith("raw.csv must come from it")
    with serving(shared) as url:
        assert looked(url)[:2] == (State.THERE, False)
        for path in [*store.rglob("*")]:
            if path.is_file():
                path.unlink()
        assert looked() == (State.MISSING, True, f"{url} does not have raw.csv")


def test_a_clone_that_has_neither_results_nor_a_cache_lacks_nothing(with_data):
    stages = "stages:\n  first:\n    cmd: echo 1 > a\n    outs: [a]\n  last:\n    cmd: 'true'\n    deps: [a, raw.csv]\n"
    (with_data / "dvc.yaml").write_text(stages)
    (with_data / "raw.csv").write_text("rows")
    dvc(with_data, "repro", "--quiet")
    for path in ("a", "raw.csv"):
        (with_data / path).unlink()
    shutil.rmtree(with_data / ".dvc/cache/files")
    assert {"first", "last"} <= {*DvcPipeline(with_data).pending(None)}


def test_a_stage_that_reads_a_file_that_is_gone_is_told_before_anything_runs(with_data):
    stages = "stages:\n  last:\n    cmd: 'true'\n    deps: [raw.csv, serving/requirements.txt]\n"
    (with_data / "dvc.yaml").write_text(stages)
    with pytest.raises(DataError, match=r"stage last reads serving/requirements\.txt: not there"):
        DvcPipeline(with_data).pending(None)


def test_a_remote_that_never_answers_is_given_up(with_data, monkeypatch):
    (with_data / ".dvc/config").write_text(f"{DEFAULT}    url = ssh://127.0.0.1:9/store\n")
    monkeypatch.setattr(remote, "SECONDS", 0.1)
    (part,) = remote.look(with_data)
    assert (part.state, part.found) == (State.UNREACHABLE, "no answer within 0.1 s")


@pytest.mark.parametrize("folder", [".", "services/it's mine"])
def test_dvc_is_set_up_by_the_command_that_is_named_in_a_folder_of_a_repository_too(tmp_path, folder):
    git(tmp_path, "init", "--quiet")
    root = tmp_path / folder
    root.mkdir(parents=True, exist_ok=True)
    command = not_set_up(root).hint.partition(", and")[0]
    subprocess.run(["bash", "-c", command], check=True, capture_output=True, cwd=tmp_path)
    assert (root / ".dvc/config").is_file()
