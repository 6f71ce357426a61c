"""What libraries say beside the work is kept in a file, counted and named; what the project itself says is shown."""

import fcntl
import os
import subprocess
import sys

import builders
import pytest

pytestmark = pytest.mark.slow

PLUGIN = """\
import logging
import os
import subprocess
import sys
import warnings

import noisy
from lockgate.testing import FakePlugin


class Plugin(FakePlugin):
    def data(self):
        print("the plug-in prints")
        print("the plug-in warns by hand", file=sys.stderr)
        warnings.warn("the plug-in warns")
        logging.getLogger(__name__).warning("the plug-in logs")
        noisy.work()
        os.write(2, b"native code says this\\n")
        subprocess.run(["sh", "-c", "echo a process says this >&2"], check=True)
        exec(os.environ.get("END", ""))
        return super().data()
"""
LIBRARY = """\
import atexit
import logging
import sys
import warnings


def work():
    warnings.warn("it may not converge,\\nit says in two lines", RuntimeWarning)
    logging.getLogger(__name__).warning("an old setting")
    print("a library says this", file=sys.stderr)
    print("a library's progress")
    atexit.register(close, sys.stderr)


def close(stream):
    # As absl does at the end, which TensorFlow brings.
    if stream is not sys.stderr:
        stream.close()
"""
DVC_YAML = """\
stages:
  prepare:
    cmd: lockgate prepare
    deps: [tides.py, env]
    params: [plugin, tables]
"""
KEPT = """\
noisy.py:8: RuntimeWarning: it may not converge,
  it says in two lines
noisy.py:9: WARNING: an old setting
a library says this
native code says this
a process says this
"""
SHOWN = """\
the plug-in warns by hand
tides.py:15: UserWarning: the plug-in warns
tides.py:16: WARNING: the plug-in logs
"""
NAMED = "  5 warnings of libraries: build/logs/prepare.log\n"


@pytest.fixture
def prepare(tmp_path):
    """Run `lockgate prepare` as a process, as in a shell or a stage."""
    installed = tmp_path / "env/lib/site-packages"
    installed.mkdir(parents=True)
    (installed / "noisy.py").write_text(LIBRARY)
    (tmp_path / "tides.py").write_text(PLUGIN)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "params.yaml").write_text(builders.PARAMS.replace("example:", "tides:"))
    (tmp_path / ".gitignore").write_text("build/\n")
    builders.make_repository(tmp_path)

    def run(*flags, verb="prepare", **environment):
        return subprocess.run(
            [sys.executable, "-m", "lockgate", verb, *flags],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(installed), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def kept(tmp_path, name="prepare"):
    return (tmp_path / f"build/logs/{name}.log").read_text()


def test_libraries_are_kept_and_the_project_is_shown(prepare, tmp_path):
    done = prepare()
    assert done.returncode == 0, done.stderr
    assert kept(tmp_path) == KEPT
    assert done.stderr == SHOWN + NAMED
    assert done.stdout.startswith("the plug-in prints\na library's progress\ntraining ")


def test_a_process_that_has_nothing_to_keep_leaves_no_file(prepare, tmp_path):
    (tmp_path / "tides.py").write_text("from lockgate.testing import FakePlugin as Plugin\n")
    (tmp_path / "build/logs").mkdir(parents=True)
    (tmp_path / "build/logs/prepare.log").write_text("of an earlier process\n")
    done = prepare()
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "build/logs").exists()


def test_a_stage_of_a_run_leaves_the_naming_to_the_run(prepare, tmp_path):
    done = prepare(DVC_STAGE="prepare", LOCKGATE_LOGS_NAMED_FOR=str(tmp_path))
    assert (done.stderr, kept(tmp_path)) == (SHOWN, KEPT)


def test_whoever_ran_the_stages_names_their_logs_beside_its_own(prepare, tmp_path):
    stage = "os.environ | {'DVC_STAGE': 'prepare', 'END': ''}"
    command = f"[sys.executable, '-m', 'lockgate', 'prepare'], env={stage}, stderr=subprocess.DEVNULL, check=True"
    done = prepare(END=f"subprocess.run({command})")
    (of_stage,) = (tmp_path / "build/logs").glob("prepare-*.log")
    *shown, named = done.stderr.splitlines()
    assert "".join(f"{line}\n" for line in shown) == SHOWN
    assert named.startswith("  10 warnings of libraries: build/logs/: ")
    assert {"prepare.log (5)", f"{of_stage.name} (5)"} == {*named.partition("logs/: ")[2].split(", ")}


def test_a_fault_shows_the_end_of_the_log(prepare):
    done = prepare("--traceback", END="raise ZeroDivisionError('by the plug-in')")
    assert done.returncode != 0
    shown, _, rest = done.stderr.partition("  the last lines of prepare.log:\n")
    assert shown == SHOWN
    assert rest.startswith("".join(f"    {line}\n" for line in KEPT.splitlines()[-5:]) + NAMED)
    assert 'exec(os.environ.get("END", ""))' in rest.partition("Traceback (most recent call last):")[2]


def test_a_stage_of_a_plain_dvc_repro_that_crashes_leaves_its_last_words_on_the_console(prepare):
    done = prepare(END="os.abort()", DVC_STAGE="prepare")
    assert done.returncode < 0
    words = "".join(f"    {line}\n" for line in KEPT.splitlines()[-5:])
    assert done.stderr == f"{SHOWN}  it ended without a word; the last lines of build/logs/prepare.log:\n{words}"


def test_a_log_that_another_process_writes_is_left_to_it(prepare, tmp_path):
    taken = tmp_path / "build/logs/prepare.log"
    taken.parent.mkdir(parents=True)
    taken.write_text("another's\n")
    with taken.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = prepare()
    (own,) = taken.parent.glob("prepare-*.log")
    assert done.stderr == SHOWN + NAMED.replace("prepare.log", own.name)
    assert (own.read_text(), taken.read_text()) == (KEPT, "another's\n")


def test_a_folder_that_cannot_be_written_shows_all_of_it(prepare, tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/logs").write_text("no folder")
    done = prepare()
    assert done.returncode == 0
    assert "native code says this" in done.stderr
