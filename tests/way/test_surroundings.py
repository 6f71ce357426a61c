"""What lies around a project: DVC's cache and remote, files of unlucky names, and what doctor says of each."""

import contextlib
import http.server
import shutil
import subprocess
import threading

import pytest

from lockgate.adapters.dvc import remote
from lockgate.adapters.dvc.failures import not_set_up
from lockgate.adapters.dvc.pipeline import DvcPipeline
from lockgate.domain.project.health import State
from lockgate.errors import DataError

pytestmark = pytest.mark.slow
TAKEN = ("email", "secrets", "types", "queue", "random", "inspect", "yaml", "dvc", "mlflow", "bentoml", "onnxruntime")


def dvc(folder, *arguments):
    subprocess.run(["dvc", *arguments], cwd=folder, check=True, capture_output=True)


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_a_project_with_a_linking_cache_elsewhere_and_files_of_taken_names_is_delivered_and_run_again(
    tutorial, tmp_path, run_lockgate
):
    for name in TAKEN:
        (tutorial / f"{name}.py").write_text("raise RuntimeError('the project took the place')\n")
    dvc(tutorial, "config", "cache.type", "symlink")
    dvc(tutorial, "config", "--local", "cache.dir", str(tmp_path / "shared"))
    for path in ("build", ".dvc/cache", "dvc.lock", "mlflow.db", "mlartifacts"):
        shutil.rmtree(tutorial / path) if (tutorial / path).is_dir() else (tutorial / path).unlink()
    (tutorial / "deploy/staging.yaml").write_text("environment: staging\n")
    git(tutorial, "add", "--all")
    git(tutorial, "commit", "--quiet", "-m", "Files of unlucky names, and a shared cache")
    for verb in ("deliver", "run"):
        done = run_lockgate(tutorial, verb)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "MLflow does not" not in done.stderr
        assert not list((tutorial / "build/untracked").iterdir())
    assert "nothing was retrained" in done.stdout
    model = tutorial / "build/candidates/logistic/export/model.onnx"
    cached = model.resolve()
    assert cached.is_relative_to(tmp_path / "shared")
    assert not any(path.is_symlink() for path in (tutorial / "build/releases").rglob("*"))
    cached.chmod(0o644)
    cached.write_bytes(b"damaged")
    done = run_lockgate(tutorial, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"and so is its copy in a cache that others may share: {cached}" in done.stdout
    assert model.read_bytes() != b"damaged"


def test_doctor_and_a_delivery_agree(tutorial, run_lockgate):
    def looked():
        done = run_lockgate(tutorial, "doctor")
        return done.returncode, done.stdout

    assert looked()[0] == 0
    for name, content in {
        "dvc.lock": "<<<<<<< HEAD\n",
        "dvc.yaml": "x: [\n",
        "mlflow.db": "hello",
        "deploy/staging.yaml": "<<<<<<< HEAD\n",
    }.items():
        before = (tutorial / name).read_bytes()
        (tutorial / name).write_bytes(content.encode() + (b"" if name == "mlflow.db" else before))
        code, said = looked()
        assert (code, "1 to mend" in said) == (2, True), said
        done = run_lockgate(tutorial, "deliver")
        assert done.returncode == 2, (name, done.stdout, done.stderr)
        assert name.rpartition("/")[2] in done.stderr
        assert "Traceback" not in done.stderr
        (tutorial / name).write_bytes(before)
    (tutorial / ".dvc").rename(tutorial / "moved")
    assert "DVC is not set up there" in looked()[1]
    assert "dvc init" in run_lockgate(tutorial, "run").stderr


@pytest.fixture
def with_data(tmp_path):
    """A project whose data are not here."""
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    (tmp_path / "raw.csv").write_text("rows")
    dvc(tmp_path, "add", "--quiet", "raw.csv")
    (tmp_path / "raw.csv").unlink()
    return tmp_path


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
        if url:
            dvc(with_data, "remote", "add", "--quiet", "--force", "--default", "there", str(url))
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
    dvc(with_data, "checkout", "--quiet", "raw.csv.dvc")
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
