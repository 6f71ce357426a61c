"""Who holds DVC's locks is named, and a lock of a process that is gone holds nobody."""

import fcntl
import json
import os
import subprocess
import sys

import pytest

from lockgate.adapters.dvc.busy import busy, release_stale

SAID = """ERROR: failed to reproduce 'train@a': '{root}/build/epochs.csv' is busy, it is being blocked by:
  (PID {pid}): /usr/bin/dvc repro --pull
  (PID {pid}): /usr/bin/dvc repro --pull

If there are no processes with such PIDs, you can manually remove '.dvc/tmp/rwlock' and try again.
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def other():
    """A process with the command line of a `dvc repro --pull`."""
    code = "print(flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "repro", "--pull"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.communicate()


def test_a_file_in_use_is_told_with_the_process_that_uses_it(root, other):
    found = busy(SAID.format(root=root, pid=other.pid), root)
    assert found.message.startswith(f"build/epochs.csv is in use by process {other.pid}, since ")
    assert found.message.endswith("repro --pull)")
    assert found.message.count("process") == 1
    assert found.hint == f"wait for it, or end it: kill {other.pid}"


def test_a_lock_that_somebody_holds_is_told_with_its_holder(root):
    said = "ERROR: Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."
    code = (
        f"import fcntl; f = open({str(root / '.dvc/tmp/lock')!r}, 'w'); fcntl.flock(f, 2); print(flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    assert busy(said, root).message.startswith(f"dvc is in use here by process {holder.pid}, since ")
    holder.communicate()
    assert busy(said, root).hint == "run it again"


def test_other_words_of_dvc_are_not_taken_for_a_lock(root):
    assert busy("ERROR: failed to reproduce 'train@a': failed to run: false, exited with 1", root) is None


def test_locks_of_processes_that_are_gone_are_taken_away_and_others_stay(root, other):
    gone = subprocess.Popen(["true"])
    gone.wait()
    alive = {"pid": other.pid, "cmd": "/usr/bin/dvc repro --pull"}
    another = {"pid": os.getpid(), "cmd": "/usr/bin/dvc repro train"}
    dead = {"pid": gone.pid, "cmd": "/usr/bin/dvc repro"}
    path = root / ".dvc/tmp/rwlock"
    path.write_text(
        json.dumps({"write": {"a": alive, "b": dead, "c": another}, "read": {"d": [alive, dead], "e": [another]}})
    )
    release_stale(root)
    assert json.loads(path.read_text()) == {"write": {"a": alive}, "read": {"d": [alive]}}


@pytest.mark.parametrize("content", [None, "[]", '{"write": 3}', "{}"])
def test_a_record_that_is_none_stays_as_it_is(root, content):
    path = root / ".dvc/tmp/rwlock"
    if content is not None:
        path.write_text(content)
    release_stale(root)
    assert (path.read_text() if path.exists() else None) == content


@pytest.mark.parametrize("content", ["", '{"write": {"a'])
def test_a_record_that_a_killed_process_was_writing_stops_no_later_dvc(root, content):
    path = root / ".dvc/tmp/rwlock"
    path.write_text(content)
    with (root / ".dvc/tmp/rwlock.lock").open("a") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        release_stale(root)
        assert path.read_text() == content
    release_stale(root)
    assert path.read_text() == "{}"
