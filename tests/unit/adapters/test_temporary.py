"""What a process that was killed has left half written is seen by nobody, and removed by the next that writes there."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.processes import temporary

KILLED = """
import os, pathlib, signal, sys
from lockgate.adapters.files.local_files import LocalFiles
target = pathlib.Path(sys.argv[1])
with LocalFiles().place(target, {}) as folder:
    (folder / "half").touch()
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def left(tmp_path):
    """A folder that was being placed as `tmp_path/whole` when its process was killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "whole")], stdout=subprocess.PIPE, text=True, check=False
    )
    (path,) = tmp_path.iterdir()
    assert str(path) == done.stdout.strip()
    return path


def age(path):
    os.utime(path, (0, 0))


def test_what_was_left_is_removed_by_the_next_that_places_the_same(left, tmp_path):
    age(left)
    with LocalFiles().place(tmp_path / "whole", {}):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_what_was_written_just_now_stays(left, tmp_path):
    temporary.prefix(tmp_path, "whole")
    assert left.exists()


@pytest.mark.parametrize("name", [".whole-{pid}-abc", ".whole-x", ".whole-1-a.b", ".other-{gone}-abc", "whole"])
def test_what_is_another_processes_or_has_another_name_stays(tmp_path, name):
    gone = subprocess.Popen(["true"])
    gone.wait()
    path = tmp_path / name.format(pid=os.getpid(), gone=gone.pid)
    path.touch()
    age(path)
    temporary.prefix(tmp_path, "whole")
    assert path.exists()


def test_a_file_that_was_left_is_removed_when_it_is_written(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    half = tmp_path / f".verdict.json-{gone.pid}-abc"
    half.touch()
    age(half)
    LocalFiles().write_bytes(tmp_path / "verdict.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.json"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    LocalFiles().write_bytes(pipe, b"page")
    reader.join()
    assert (read, pipe.is_fifo()) == ([b"page"], True)


def test_no_file_takes_the_place_of_a_device():
    with pytest.raises(OSError, match="No space left") as raised:
        LocalFiles().write_bytes(Path("/dev/full"), b"page")
    assert (raised.value.filename, Path("/dev/full").is_char_device()) == ("/dev/full", True)
