"""What Lockgate starts ends with it, however it ends; what is left all the same is found and named."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockgate.processes import procfs, supervisor
from lockgate.processes.found import described, holding, left_running, listening
from lockgate.processes.starting import begun, ran

FOREVER = "while :; do sleep 0.05; done"
DEAF = f"trap '' TERM; echo $$; {FOREVER}"


def start(root, script, **options):
    return begun(["sh", "-c", script], root, "test", os.environ, stdout=subprocess.PIPE, text=True, **options)


def gone(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while (there := procfs.status(pid) is not None) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not there


@pytest.mark.parametrize("code", [0, 3, 143])
def test_a_command_ends_with_its_own_code(tmp_path, code):
    done = ran(["sh", "-c", f"echo said; exit {code}"], tmp_path, "test", os.environ, stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (code, "said\n")


def test_a_command_that_a_signal_ends_is_told_by_that_signal(tmp_path):
    assert ran(["sh", "-c", "kill -ABRT $$"], tmp_path, "test", os.environ).returncode == -signal.SIGABRT


def test_a_command_that_cannot_be_run_says_so(tmp_path):
    done = ran(["./absent"], tmp_path, "test", os.environ, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (126, "./absent cannot be run: No such file or directory\n")


def test_a_command_runs_with_the_signals_of_a_fresh_process_and_no_input(tmp_path):
    code = "import signal; print(signal.getsignal(signal.SIGPIPE).name, input())"
    done = ran(
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL); {code}"],
        tmp_path, "test", os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "EOFError" in done.stderr
    pipe = ran(["sh", "-c", "yes | head -1; exit 7"], tmp_path, "test", os.environ, stdout=subprocess.PIPE, text=True)
    assert (pipe.returncode, pipe.stdout) == (7, "y\n")


def test_leaving_the_block_ends_the_command_and_what_it_started(tmp_path):
    with start(tmp_path, f"({FOREVER}) & echo $!; {FOREVER}") as process:
        child = int(process.stdout.readline())
        assert procfs.status(child)
    assert process.returncode == -signal.SIGTERM
    assert procfs.status(child) is None


def test_what_does_not_end_politely_is_killed_after_its_grace(tmp_path):
    with start(tmp_path, DEAF, grace=0.1) as process:
        child = int(process.stdout.readline())
    assert process.returncode == -signal.SIGKILL
    assert procfs.status(child) is None


def test_what_is_stopped_is_ended_too(tmp_path):
    with start(tmp_path, f"echo $$; {FOREVER}", grace=5) as process:
        os.kill(int(process.stdout.readline()), signal.SIGSTOP)
    assert process.returncode == -signal.SIGTERM


def test_a_command_that_says_much_while_it_ends_can_end(tmp_path):
    with start(tmp_path, f"trap 'seq 100000; exit 5' TERM; echo $$; {FOREVER}") as process:
        process.stdout.readline()
    assert process.returncode == 5


def test_a_command_ends_with_its_time(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        ran(["sh", "-c", FOREVER], tmp_path, "test", os.environ, timeout=0.1)


def test_a_command_that_is_ended_as_it_begins_hears_of_it():
    """Between the moment when it is a process and the one when it is the command."""
    command = [sys.executable, "-I", "-S", supervisor.__file__, "5", "group", "sh", "-c", FOREVER]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == -signal.SIGTERM


def test_a_worker_with_a_session_of_its_own_is_ended_where_everything_is_meant(tmp_path):
    script = f"setsid sh -c 'echo $$; {FOREVER}' & {FOREVER}"
    with start(tmp_path, script, everything=True) as process:
        worker = int(process.stdout.readline())
    assert procfs.status(worker) is None
    with start(tmp_path, script.replace("$$;", "$$; exec >/dev/null;")) as process:
        daemon = int(process.stdout.readline())
    assert procfs.status(daemon)
    os.kill(daemon, signal.SIGKILL)


def test_a_command_ends_with_the_one_who_started_it_and_was_killed(starter):
    process, supervisor, command = starter(f"echo $$; {FOREVER}")
    process.kill()
    assert gone(command)
    assert gone(supervisor)


def test_a_command_ends_with_its_supervisor(starter):
    _, supervisor, command = starter(f"echo $$; {FOREVER}")
    os.kill(supervisor, signal.SIGKILL)
    assert gone(command)


def test_what_runs_on_when_all_who_should_end_it_are_gone_is_found_with_the_way_to_end_it(starter, tmp_path):
    process, supervisor, command = starter(DEAF)
    assert left_running(tmp_path) == []
    os.kill(supervisor, signal.SIGSTOP)
    process.kill()
    process.wait()
    (left,) = left_running(tmp_path)
    assert left.ending
    os.kill(supervisor, signal.SIGKILL)
    assert gone(supervisor)
    (left,) = left_running(tmp_path)
    assert not left.ending
    assert (left.pid, left.mark.what, left.mark.pid) == (command, "serve it", process.pid)
    assert str(left).startswith(f"process {command}, since ")
    assert left.remedy == f"kill -- -{command}"
    assert left_running(tmp_path / "another") == []


def test_who_listens_on_a_port_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert listening(server.getsockname()[1]).pid == os.getpid()
    assert listening(1) is None


def test_who_holds_a_lock_is_found(tmp_path):
    path = tmp_path / "lock"
    with start(tmp_path, f"exec flock {path} sh -c 'echo; {FOREVER}'") as process:
        process.stdout.readline()
        assert holding(path).command.startswith("flock")
    assert holding(path) is None


def test_a_process_that_is_gone_is_none():
    process = subprocess.Popen(["true"])
    process.wait()
    assert described(process.pid) is None


def test_the_supervisor_loads_nothing_but_what_it_needs(run_python):
    import lockgate.processes.supervisor as module

    path = Path(module.__file__)
    names = run_python(f"import sys; sys.path.insert(0, {str(path.parent)!r}); import supervisor")
    assert not names & {"subprocess", "json", "lockgate", "ctypes"}
