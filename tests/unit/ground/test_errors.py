"""Every error ends in an exit code of the contract."""

import pytest

from lockgate import errors
from lockgate.cli.boundary import guarded


def descendants(kind):
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


def made(kind):
    arguments = {errors.StageFailed: ("train", 9), errors.MissingTool: ("mlflow", "mlflow")}
    return kind(*arguments.get(kind, ("what happened",)))


OURS = sorted((kind for kind in descendants(errors.LockgateError) if kind.__module__ == errors.__name__), key=repr)


def contract(kind):
    if kind is errors.StageFailed:
        return 9
    if issubclass(kind, errors.GateClosed):
        return {errors.Refused: 3, errors.Undecided: 4}.get(kind, 1)
    return 2 if issubclass(kind, errors.InputError) else 1


@pytest.mark.parametrize("kind", OURS)
def test_an_error_becomes_its_exit_code_and_a_message_without_a_traceback(kind, capsys):
    def work():
        raise made(kind)

    assert guarded(work) == contract(kind)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Traceback" not in said


def test_every_error_class_is_drawn_in_the_tree():
    assert all(f"{kind.__name__} " in errors.__doc__ for kind in OURS)


def test_an_error_says_what_to_do_next():
    assert str(errors.InputError("wrong", hint="do this")) == "wrong\n  do this"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyError("x"), RecursionError("deep")])
def test_any_other_exception_is_a_fault(error, capsys):
    def work():
        raise error

    assert guarded(work) == 1
    assert type(error).__name__ in capsys.readouterr().err


def test_an_interrupt_ends_with_130(capsys):
    def work():
        raise KeyboardInterrupt

    assert guarded(work) == 130
    assert "run it again" in capsys.readouterr().err


def test_a_result_is_handed_through():
    assert [guarded(lambda code=code: code) for code in (0, 3, 4)] == [0, 3, 4]
