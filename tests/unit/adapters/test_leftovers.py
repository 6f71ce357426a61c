"""A delivery after one that was killed waits for what is ending, names what runs on, and lets servers be."""

import os
import signal
import threading

import pytest

from lockgate.adapters.leftovers import await_left, leftovers
from lockgate.cli.wiring.project import alone
from lockgate.domain.project.health import State
from lockgate.domain.project.layout import Layout
from lockgate.errors import Busy

RUNS = "trap '' TERM; echo $$; while :; do sleep 0.05; done"
ENDS = "trap 'while [ ! -e {go} ]; do sleep 0.02; done; exit' TERM; echo $$; while :; do sleep 0.02; done"


def kill(*processes):
    for each in processes:
        os.kill(each if isinstance(each, int) else each.pid, signal.SIGKILL)
        if not isinstance(each, int):
            each.wait()


def test_what_is_ending_is_waited_for_and_said(starter, tmp_path):
    process, _, command = starter(ENDS.format(go=tmp_path / "go"), what="run the stages")
    kill(process)
    said, told = [], threading.Event()

    def go():
        told.wait(10)
        (tmp_path / "go").touch()

    waiting = threading.Thread(target=go)
    waiting.start()
    await_left(tmp_path, lambda line: (said.append(line), told.set()))
    waiting.join()
    (line,) = said
    assert line.startswith(f"waiting for what a delivery that was killed is ending: process {command}, since ")


def test_what_runs_on_is_named_with_the_way_to_end_it(starter, tmp_path):
    process, supervisor, command = starter(RUNS, what="run the stages")
    kill(supervisor, process)
    with pytest.raises(Busy) as caught, alone(Layout(tmp_path)):
        pytest.fail("it began")
    assert f"a delivery that was killed has left process {command}, since " in caught.value.message
    assert caught.value.hint == f"wait for it, or end it: kill -- -{command}"
    (part,) = leftovers(tmp_path)
    assert (part.state, part.blocks, part.remedy) == (State.WRONG, True, f"kill -- -{command}")


def test_a_server_that_was_left_blocks_no_delivery(starter, tmp_path):
    process, supervisor, command = starter(RUNS, what="serve example:1")
    kill(supervisor, process)
    await_left(tmp_path, pytest.fail)
    (part,) = leftovers(tmp_path)
    assert not part.blocks
    assert f"process {command}" in part.found
    assert part.found.endswith("started to serve example:1")


def test_what_a_living_process_has_started_is_none_of_these(starter, tmp_path):
    starter(RUNS, what="run the stages")
    await_left(tmp_path, pytest.fail)
    assert leftovers(tmp_path) == []
