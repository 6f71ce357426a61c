"""What ends a process ends a verb with the code of the contract, once, unless it was switched off."""

import os
import signal

import pytest

from lockgate.cli.boundary import guarded
from lockgate.errors import EXIT_INTERRUPTED


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_each_ends_a_verb_as_ctrl_c_does(sign, capsys):
    before = signal.getsignal(sign)
    assert guarded(lambda: os.kill(os.getpid(), sign)) == EXIT_INTERRUPTED
    assert "interrupted: what was finished is kept" in capsys.readouterr().err
    assert signal.getsignal(sign) is before


@pytest.fixture
def ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_verb_under_nohup_goes_on_when_the_terminal_closes(ignored):
    def work():
        os.kill(os.getpid(), signal.SIGHUP)
        return 0

    assert guarded(work) == 0
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_terminal_that_says_twice_that_it_closes_does_not_end_the_tidying_up():
    tidied = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGHUP)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            tidied.append(True)

    assert guarded(work) == EXIT_INTERRUPTED
    assert tidied


def test_a_terminal_that_has_gone_changes_no_exit_code(monkeypatch):
    class Gone:
        def write(self, _):
            raise OSError(5, "Input/output error")

        flush = write

    monkeypatch.setattr("sys.stderr", Gone())
    assert guarded(lambda: os.kill(os.getpid(), signal.SIGHUP)) == EXIT_INTERRUPTED
