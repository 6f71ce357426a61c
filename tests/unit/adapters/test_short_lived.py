"""A process that ends without freeing what it loaded ends as another does, as far as anybody sees."""

import gc
import os
import subprocess
import sys

import pytest

from lockgate.processes import short_lived


def run(tmp_path, code, *arguments, **options):
    (tmp_path / "some_module.py").write_text(code)
    command = [*short_lived.as_module("some_module"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("", (0, "", "")),
        ("import sys; print(sys.argv[1:], __name__); sys.exit()", (0, "['a', '--b'] __main__\n", "")),
        ("import sys; sys.exit(3)", (3, "", "")),
        ("import sys; sys.exit(-1)", (255, "", "")),
        ("import sys; sys.exit('a reason')", (1, "", "a reason\n")),
        ("import atexit, sys; atexit.register(print, 'b'); print('a', end=' '); sys.exit(4)", (4, "a b\n", "")),
        (
            "import sys, threading, time\n"
            "threading.Thread(target=lambda: (time.sleep(0.2), print('waited for'))).start()\nsys.exit(5)",
            (5, "waited for\n", ""),
        ),
    ],
)  # fmt: skip
def test_a_module_runs_and_ends_as_python_m_lets_it(tmp_path, code, ended):
    done = run(tmp_path, code, "a", "--b")
    assert (done.returncode, done.stdout, done.stderr) == ended
    usual = subprocess.run(
        [sys.executable, "-m", "some_module", "a", "--b"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (usual.returncode, usual.stdout, usual.stderr) == ended


def test_an_error_is_told_with_its_line(tmp_path):
    done = run(tmp_path, "raise KeyError('lost')")
    assert done.returncode == 1
    assert "some_module.py" in done.stderr
    assert "KeyError: 'lost'" in done.stderr


def test_what_it_holds_is_not_freed_first(tmp_path):
    code = "import sys\nclass Held:\n    def __del__(self): print('freed')\nheld = Held(); held.self = held\nsys.exit()"
    assert run(tmp_path, code).stdout == ""


def test_whoever_reads_what_was_said_may_be_gone(tmp_path):
    read, written = os.pipe()
    os.close(read)
    (tmp_path / "some_module.py").write_text("import sys; print('to nobody'); sys.exit()")
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONUNBUFFERED": ""}
    done = subprocess.run(
        short_lived.as_module("some_module"), env=environment, stdout=written, stderr=subprocess.PIPE, check=False
    )
    os.close(written)
    assert (done.returncode, done.stderr) == (1, b"")


def test_all_objects_are_looked_through_again_when_the_time_to_load_is_over(monkeypatch):
    usual, before = gc.get_threshold(), list(gc.callbacks)
    now = [0.0]
    monkeypatch.setattr(short_lived.time, "monotonic", lambda: now[0])
    try:
        short_lived.load_quickly(10)
        gc.collect()
        assert gc.get_threshold() == (*usual[:2], short_lived.SELDOM)
        now[0] = 10.1
        gc.collect()
        assert gc.get_threshold() == usual
        assert gc.callbacks == before
    finally:
        gc.set_threshold(*usual)
        gc.callbacks[:] = before
