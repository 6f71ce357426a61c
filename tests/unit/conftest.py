"""What the unit tests share: the golden files, and a project in which nothing heavy is needed."""

import itertools
import os
import shutil
import signal
import subprocess
import sys

import builders
import pytest
from builders import GOLDEN, git
from hypothesis import settings

from lockgate.cli.main import run
from lockgate.domain.releasing.deployment import Deployment
from lockgate.processes import procfs

# A loaded machine makes an example slow, and not wrong. Who waits for quick tests gets some examples, CI gets them all.
EXAMPLES = 100 if os.environ.get("LOCKGATE_DEMAND_ALL") else 25
settings.register_profile("unhurried", parent=settings.default, deadline=None, max_examples=EXAMPLES)
settings.load_profile("unhurried")


def pytest_addoption(parser):
    parser.addoption("--update-goldens", action="store_true", help="Write the golden files anew; review the diff.")


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_disks():
    """Files are written thousands of times, and no test takes the power away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def fake_models():
    """A verb that asks a model is quick: the projects of these tests have fake ones."""
    with pytest.MonkeyPatch.context() as patch:
        builders.answering_fakes(patch)
        yield


@pytest.fixture(scope="session")
def users(tmp_path_factory):
    """For each test a folder of its own, which is not there before somebody writes: few tests do."""
    home = tmp_path_factory.mktemp("users")
    return (home / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_store(users, monkeypatch):
    """Where releases lie with nothing configured: a folder of this test's user alone."""
    data = next(users)
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    return data / "lockgate"


@pytest.fixture
def golden(request):
    """Compare text with a golden file, or write it where the update flag was given."""

    def check(name, text):
        path = GOLDEN / name
        if request.config.getoption("--update-goldens", default=False):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return check


@pytest.fixture(scope="session")
def made_project(tmp_path_factory):
    """Made once, by git and with its evidence, and never changed: see project."""
    return builders.make_project(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture
def project(made_project, tmp_path):
    """A committed project whose one candidate has evidence that passes every gate; a copy, free to be changed."""
    return shutil.copytree(made_project, tmp_path / "project")


@pytest.fixture(scope="session")
def released_project(made_project, tmp_path_factory):
    """Made once, with a release of the candidate that passed, and never changed."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("released") / "project")
    assert run(["-C", str(root), "gate"]) == 0
    builders.sealed(root)
    return root


@pytest.fixture(scope="session")
def serving_project(released_project, tmp_path_factory):
    """Made once: that release serves staging, and lies in the store beside the project. Never changed."""
    home = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        root = shutil.copytree(released_project, home / "project")
        assert run(["-C", str(root), "promote", "staging"]) == 0
    return builders.packed(root)


@pytest.fixture
def serving(serving_project, tmp_path, own_store):
    """A copy of it with a copy of its store, free to be changed."""
    shutil.copytree(serving_project.parent / "data/lockgate", own_store)
    return shutil.copytree(serving_project, tmp_path / "project")


@pytest.fixture
def run_python():
    """Run code in a fresh interpreter; the names of the modules that it imported."""

    def run(code):
        command = [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n' + ' '.join(sys.modules))"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}

    return run


@pytest.fixture
def lockgate(project, capfd, monkeypatch):
    """Run a verb in the project: its exit code, and what it said."""
    monkeypatch.setenv("LOCKGATE_TRACEBACK", "")

    def call(*arguments, root=project):
        capfd.readouterr()
        code = run(["-C", str(root), *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return call


@pytest.fixture
def evidence(project):
    return project / "build/candidates/fake/evidence"


@pytest.fixture
def deployed(project):
    """The champion of staging in the file as committed."""

    def read():
        path = project / "build/committed.yaml"
        path.write_text(git(project, "show", "HEAD:deploy/staging.yaml"))
        return builders.DOCUMENTS.read_settings(path, Deployment).champion

    return read


@pytest.fixture
def starter(tmp_path):
    """Another process that starts a script: itself, its supervisor, the script's process. All end with the test."""
    ended = []

    def start(script, *, what="serve it", everything=False):
        code = (
            "import os, pathlib, sys\nfrom lockgate.processes.starting import begun\n"
            f"with begun(['sh', '-c', sys.argv[1]], pathlib.Path({str(tmp_path)!r}), {what!r}, os.environ,"
            f" grace=5, everything={everything}) as process:\n    print(process.pid, flush=True)\n    process.wait()\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code, script], stdout=subprocess.PIPE, text=True)
        ended.append(process)
        lines = [int(process.stdout.readline()) for _ in range(2)]
        command = next(line for line in lines if procfs.command(line).startswith("sh"))
        supervisor = next(line for line in lines if line != command)
        ended.append(command)
        return process, supervisor, command

    yield start
    for each in ended:
        if isinstance(each, int):
            if procfs.status(each):
                os.killpg(os.getpgid(each), signal.SIGKILL)
        else:
            each.kill()
            each.wait()
            each.stdout.close()
