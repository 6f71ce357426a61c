"""Bad days, for real: one clear message, nothing lost, and the next run goes on."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from servers import free_port, mlflow_server
from tutorial import quickly_tested

pytestmark = pytest.mark.slow
LOCKGATE = str(Path(sys.executable).parent / "lockgate")
BEGUN = []


def alter(folder, name, *changes):
    path = folder / name
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.unlink()
    path.write_text(text)


def commit(folder):
    subprocess.run(["git", "-C", str(folder), "commit", "-qam", "Changed"], check=True)


def short_training(folder):
    """The torch candidate has other parameters, so that it trains again, and not for long."""
    path = folder / "params.yaml"
    text = path.read_text()
    assert text.index("\n  torch:") < text.index("epochs: 30") < text.index("\n  tensorflow:")
    path.unlink()
    path.write_text(text.replace("epochs: 30", "epochs: 2", 1))
    commit(folder)


@pytest.fixture(autouse=True)
def begun():
    """What a test began and did not end, as one that fails does not, ends with it."""
    BEGUN.clear()
    yield
    for process in BEGUN:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def begin(folder, *arguments, **environment):
    process = subprocess.Popen(
        [LOCKGATE, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    BEGUN.append(process)
    return process


def read_until(process, mark):
    said = ""
    for line in process.stdout:
        said += line
        if mark in line:
            return said
    pytest.fail(f"{mark!r} was never said:\n{said}")


def processes_in(folder):
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink().is_relative_to(folder):
                found.append((entry.parent.name, (entry.parent / "cmdline").read_text().replace("\0", " ")))
    return found


def left_after(folder, seconds):
    """What still runs there when the system has had its time to take the ended ones away."""
    deadline = time.monotonic() + seconds
    while (left := processes_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def test_a_tracking_server_that_is_down_at_the_start_stops_the_delivery_before_anything_runs(tutorial, run_lockgate):
    alter(tutorial, "params.yaml", ("C: 1.0", "C: 0.5"))
    commit(tutorial)
    uri = f"http://127.0.0.1:{free_port()}"
    done = run_lockgate(tutorial, "run", MLFLOW_TRACKING_URI=uri)
    assert done.returncode == 1
    assert f"MLflow at {uri}" in done.stderr
    assert "start it, or set MLFLOW_TRACKING_URI right" in done.stderr
    assert "runs:" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_run_goes_on_though_others_are_begun_beside_it_and_its_tracking_server_is_killed(
    tutorial, run_lockgate, empty_database, tmp_path
):
    """The others touch nothing, and MLflow is sent later what it has missed."""
    alter(tutorial, "params.yaml", ("C: 1.0", "C: 0.5"))
    commit(tutorial)
    verdict = (tutorial / "build/verdict.json").read_bytes()
    (tmp_path / "server").mkdir()
    shutil.copy(empty_database, tmp_path / "server")
    store, port = f"sqlite:///{tmp_path}/server/mlflow.db", free_port()
    with mlflow_server(tmp_path / "server", store, port) as (url, server):
        settings = {"MLFLOW_TRACKING_URI": url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
        process = begin(tutorial, "run", **settings)
        said = read_until(process, "train@logistic runs")
        os.killpg(server.pid, signal.SIGKILL)
        for verb in ("deliver", "run"):
            done = run_lockgate(tutorial, verb)
            assert done.returncode == 1
            assert f"another delivery is at work in this working copy: process {process.pid}, since" in done.stderr
        said += process.communicate(timeout=200)[0]
    assert process.returncode == 0, said
    assert (tutorial / "build/verdict.json").read_bytes() == verdict
    assert "MLflow does not answer, the work goes on" in said
    assert "the next delivery sends it" in said
    for stage in ("train@logistic", "check@logistic"):
        assert f"ran      {stage}" in said
    with mlflow_server(tmp_path / "server", store, port):
        done = run_lockgate(tutorial, "run", **settings)
        assert done.returncode == 0, done.stderr
        assert "nothing was retrained" in done.stdout
        names = tracked_names(url)
    assert "logistic" in names
    assert not list((tutorial / "build/untracked").iterdir())


def tracked_names(url):
    def asked(what, question):
        request = urllib.request.Request(f"{url}/api/2.0/mlflow/{what}/search", json.dumps(question).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)[what]

    experiments = [each["experiment_id"] for each in asked("experiments", {"max_results": 10})]
    runs = asked("runs", {"experiment_ids": experiments, "max_results": 100})
    return {run["info"]["run_name"] for run in runs if run["info"]["status"] == "FINISHED"}


@pytest.fixture
def small_disk(tutorial):
    """The project's `build` on a disk of its own, and a function that fills it."""
    build = tutorial / "build"
    kept = tutorial / "kept"
    build.rename(kept)
    build.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(build)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk, and no package changes that")
    try:
        subprocess.run(["cp", "-a", f"{kept}/.", str(build)], check=True)

        def fill():
            with contextlib.suppress(OSError), (build / "filler").open("wb") as filler:
                while True:
                    filler.write(b"\0" * 4096)
                    filler.flush()

        yield fill
    finally:
        subprocess.run(["umount", "--lazy", str(build)], check=True)


def test_a_full_disk_leaves_the_evidence_of_before_fails_the_stage_of_a_run_and_the_next_one_goes_on(
    tutorial, run_lockgate, small_disk
):
    evidence = tutorial / "build/candidates/logistic/evidence"
    before = {path.name: path.read_bytes() for path in evidence.iterdir()}
    small_disk()
    done = run_lockgate(tutorial, "check", "accuracy", "--candidate", "logistic")
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert "make room and run it again" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in evidence.iterdir()} == before
    (tutorial / "build/filler").unlink()
    # The stage that checks, and no other, has to run again.
    with (tutorial / "serving/requirements.txt").open("a") as file:
        file.write("# Another.\n")
    process = begin(tutorial, "run", "--candidate", "logistic")
    read_until(process, "check@logistic runs")
    small_disk()
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 1, said
    assert "the disk is full" in said
    (tutorial / "build/filler").unlink()
    done = run_lockgate(tutorial, "run", "--candidate", "logistic")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran      check@logistic" in done.stdout


STATIONS = (
    ("prepare runs", (signal.SIGTERM,)),
    ("train@logistic runs", (signal.SIGINT,)),
    ("export@logistic runs", (signal.SIGHUP,)),
    ("check@logistic runs", (signal.SIGKILL,)),
    ("Check: the project's own tests", (signal.SIGTERM,)),
    ("Serve", (signal.SIGHUP, signal.SIGKILL)),
)
TAKEN = ("email", "secrets", "types", "queue", "random", "inspect", "yaml", "dvc", "mlflow", "bentoml", "onnxruntime")

LONG = """

def test_that_takes_its_time():
    import time
    time.sleep(1)
"""


@pytest.fixture
def undelivered(tutorial, empty_database, tmp_path):
    """The project as nobody has delivered it yet, with a linking cache elsewhere and files of unlucky names."""
    for name in ("build", ".dvc/cache", "mlartifacts"):
        shutil.rmtree(tutorial / name)
    (tutorial / "dvc.lock").unlink()
    shutil.copy(empty_database, tutorial)
    (tutorial / "deploy/staging.yaml").write_text("environment: staging\n")
    for name in TAKEN:
        (tutorial / f"{name}.py").write_text("raise RuntimeError('the project took the place')\n")
    for setting in (("cache.type", "symlink"), ("--local", "cache.dir", str(tmp_path / "shared"))):
        subprocess.run(["dvc", "config", *setting], cwd=tutorial, check=True)
    quickly_tested(tutorial, LONG)
    subprocess.run(["git", "-C", str(tutorial), "add", "--all"], check=True)
    commit(tutorial)
    return tutorial


def test_whatever_ends_a_delivery_ends_all_its_processes_and_the_next_one_goes_on(undelivered, run_lockgate, tmp_path):
    done = set()
    for mark, signs in STATIONS:
        for sign in signs:
            process = begin(undelivered, "deliver")
            said = read_until(process, mark)
            time.sleep(0.4)
            # Ctrl-C on a terminal and its end reach all of its processes, an orchestrator's SIGTERM the first one.
            at_once = sign in {signal.SIGINT, signal.SIGHUP}
            os.killpg(process.pid, sign) if at_once else process.send_signal(sign)
            said += process.communicate(timeout=60)[0]
            killed = sign is signal.SIGKILL
            assert process.returncode == (-sign if killed else 130), (mark, sign, said)
            assert killed != ("interrupted: what was finished is kept; run it again to go on" in said)
            assert left_after(undelivered, seconds=40 if killed else 5) == [], (mark, sign)
            ran = set(re.findall(r"^ *ran +(\S+) in ", said, re.MULTILINE))
            assert not ran & done, (mark, sign, said)
            done |= ran
    assert done == {"prepare", *(f"{verb}@logistic" for verb in ("train", "export", "check"))}
    last = run_lockgate(undelivered, "deliver")
    assert last.returncode == 0, last.stdout + last.stderr
    assert "nothing was retrained" in last.stdout
    assert "MLflow does not" not in last.stderr
    assert not list((undelivered / "build/untracked").iterdir())
    # Whatever lies around it: the cache that others share is linked to, and a release is whole without it.
    assert (undelivered / "build/candidates/logistic/export/model.onnx").resolve().is_relative_to(tmp_path / "shared")
    assert not any(path.is_symlink() for path in (undelivered / "build/releases").rglob("*"))


def flip_a_bit(path):
    """What a failing disk does: the content is another, size, mode and date are the same."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cached(folder, name):
    for line in (folder / "dvc.lock").read_text().split("- path: ")[1:]:
        if line.startswith(name):
            md5 = line.split("md5: ")[1].split()[0]
            return folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    raise AssertionError(name)


def test_a_file_that_is_damaged_in_the_remote_is_not_taken_for_the_data_and_one_that_is_not_there_is_named(
    delivered_clone, run_lockgate
):
    (delivered_clone / "data/raw/adult.data.gz").unlink()
    remote = delivered_clone / "data/remote"
    for path in (remote / "files/md5").glob("*/*"):
        (delivered_clone / ".dvc/cache" / path.relative_to(remote)).unlink()
        flip_a_bit(path)
        path.chmod(0o644)  # as git has it: DVC trusts what it has found sound itself
    for _ in range(2):
        done = run_lockgate(delivered_clone, "run")
        assert done.returncode == 2
        assert "data is missing and could not be pulled: data/raw/adult.data.gz" in done.stderr
        assert "dvc remote" in done.stderr
        assert "Traceback" not in done.stderr
        shutil.rmtree(remote, ignore_errors=True)


def test_damaged_files_are_found_and_had_or_made_again(delivered_clone, run_lockgate):
    raw = delivered_clone / "data/raw/adult.data.gz"
    md5 = (raw.parent / "adult.data.gz.dvc").read_text().split("md5: ")[1].split()[0]
    flip_a_bit(delivered_clone / ".dvc/cache/files/md5" / md5[:2] / md5[2:])
    raw.unlink()
    done = run_lockgate(delivered_clone, "run")
    assert done.returncode == 2
    assert "data/raw/adult.data.gz: what the cache or the remote has is not the file that git names" in done.stderr
    # A result that is not here, and one that DVC takes for unchanged.
    table, model = "build/data/test.parquet", "build/candidates/torch/export/model.onnx"
    sound = {name: (delivered_clone / name).read_bytes() for name in (table, model)}
    flip_a_bit(cached(delivered_clone, table))
    (delivered_clone / table).unlink()
    flip_a_bit(delivered_clone / model)
    done = run_lockgate(delivered_clone, "run")
    assert done.returncode == 0, done.stderr
    for told in ("pulled data/raw/adult.data.gz", *(f"{name} was not what dvc.lock says" for name in sound)):
        assert told in done.stdout
    assert "ran      prepare" in done.stdout
    assert "ran      train@" not in done.stdout
    assert {name: (delivered_clone / name).read_bytes() for name in sound} == sound
    assert cached(delivered_clone, table).read_bytes() == sound[table]


@pytest.fixture(scope="module")
def without_torch(tmp_path_factory):
    """An environment of links, as uv, Nix and conda make them, that has everything but PyTorch."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    ours = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    theirs = next(folder.glob("lib/python*/site-packages"))
    for entry in ours.iterdir():
        if entry.name not in {"torch", "torchgen", "functorch"} and not entry.name.startswith("torch-"):
            (theirs / entry.name).symlink_to(entry)
    for name in ("lockgate", "dvc"):
        script = folder / "bin" / name
        script.write_text(f"#!{folder}/bin/python\nimport sys\nfrom {name}.__main__ import main\nsys.exit(main())\n")
        script.chmod(0o755)
    return folder / "bin"


def test_a_framework_that_is_not_installed_puts_its_candidate_out_and_says_how_to_get_it(
    delivered_clone, without_torch
):
    short_training(delivered_clone)
    environment = os.environ | {"PATH": f"{without_torch}{os.pathsep}{os.environ['PATH']}"}

    def run(*arguments):
        command = [str(without_torch / "lockgate"), *arguments]
        return subprocess.run(
            command, cwd=delivered_clone, env=environment, capture_output=True, text=True, check=False
        )

    looked = run("doctor")
    assert looked.returncode == 2
    assert "missing     packages for torch: no torch\n            -> pip install 'lockgate[torch]'" in looked.stdout
    done = run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "torch is not installed",
        "pip install 'lockgate[torch]'",
        "candidate torch is out: train@torch failed",
        "cached   check@tensorflow",
    ):
        assert told in done.stdout, done.stdout + done.stderr
    verdict = json.loads(run("gate", "--json").stdout)
    standings = {standing["candidate"]: standing for standing in verdict["selection"]["standings"]}
    assert standings["torch"]["value"] is None
    assert standings["tensorflow"]["value"] > 0.8
