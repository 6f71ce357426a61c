"""What the console shows: short by default, whole with -v, plain where no terminal is, paths as one would type them."""

import io
import sys

import click
import pytest

from lockgate.cli.boundary import guarded
from lockgate.cli.console import Console
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.errors import DataError, InputError
from lockgate.usecases.judging.events import DrillEnded, PlantJudged


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("wanted", "shown"), [("", "\x1b[1mGate\x1b[0m\n"), ("1", "Gate\n")])
def test_colours_are_for_a_terminal_that_wants_them(monkeypatch, wanted, shown):
    monkeypatch.setenv("NO_COLOR", wanted)
    monkeypatch.setattr(sys, "stdout", Terminal())
    Console().title("Gate")
    assert sys.stdout.getvalue() == shown


def test_no_colours_go_into_a_file(capsys):
    Console().line(click.style("passed", fg="green"))
    assert capsys.readouterr().out == "passed\n"


def test_a_list_is_whole_where_everything_was_asked_for():
    names = [f"p{number}" for number in range(784)]
    assert Console().listed(names) == ", ".join(names[:10]) + " and 774 more"
    assert Console(verbose=True).listed(names) == ", ".join(names)


def test_an_error_names_files_from_where_one_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def work():
        raise DataError(f"{tmp_path}/build/test.parquet: gone", hint=f"see {tmp_path}/params.yaml and {tmp_path}")

    assert guarded(work) == 2
    assert capsys.readouterr().err == f"error: build/test.parquet: gone\n  see params.yaml and {tmp_path}\n"


ODD = "yes\n\x1b[31mred\u202e"
"""A class that ends a line, colours what follows and turns it."""


def test_names_of_others_do_not_steer_the_terminal(capsys):
    def work():
        raise InputError(f"there is no {ODD}", hint="name one")

    guarded(work)
    assert capsys.readouterr().err == "error: there is no yes\n\\x1b[31mred\\u202e\n  name one\n"
    found = Finding("accuracy", f"class {ODD}: floor", Outcome.PASSED, f"recall of {ODD} 0.9", remedy=ODD)
    Console(verbose=True).findings([found])
    line, remedy = capsys.readouterr().out.splitlines()
    assert line.endswith("class yes\\n\\x1b[31mred\\u202e: floor: recall of yes\\n\\x1b[31mred\\u202e 0.9")
    assert remedy == "            -> yes\\n\\x1b[31mred\\u202e"


@pytest.mark.parametrize("gone", [False, True])
def test_an_error_is_said_wherever_one_stands(tmp_path, monkeypatch, capsys, gone):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone" if gone else "/")
    if gone:
        (tmp_path / "gone").rmdir()

    def work():
        raise InputError("/a/b: no")

    assert guarded(work) == 2
    assert capsys.readouterr().err == "error: /a/b: no\n"


STOPPED = Drilled("a constant", "accuracy", Fate.STOPPED, "floor: roc_auc 0.5", Outcome.REFUSED, "below-floor", 1.25)
HELD = Drilled("a twin", "every gate", Fate.HELD, "accuracy, champion: 0.0", Outcome.UNDECIDED, "not-enough-rows")
OFF = [Drilled(name, "data", Fate.OFF, "gates.data is off") for name in ("a leak", "a copy")]


@pytest.mark.parametrize(
    ("result", "short", "whole"),
    [
        (STOPPED, "refused, below-floor (1.25 s)", "refused, below-floor: floor: roc_auc 0.5 (1.25 s)"),
        (HELD, "undecided, not-enough-rows: accuracy, champion: 0.0", "undecided, not-enough-rows: accuracy, champion"),
        (OFF[0], "", "gates.data is off"),
    ],
    ids=["stopped", "held", "off"],
)
def test_a_plant_that_went_as_it_must_is_told_in_short(capsys, result, short, whole):
    Console().tell(PlantJudged(result))
    said = capsys.readouterr().out
    assert (short in said) if short else not said
    Console().tell(PlantJudged(result, chosen=True))
    assert whole in capsys.readouterr().out
    Console(verbose=True).tell(PlantJudged(result))
    assert whole in capsys.readouterr().out


def test_what_shows_nothing_is_counted_by_its_reason_and_what_went_wrong_is_named(capsys):
    Console().tell(DrillEnded(DrillReport("model", sha256(b""), (STOPPED, HELD, *OFF))))
    assert capsys.readouterr().out.splitlines() == [
        "  2 show nothing here: gates.data is off (2)",
        "  1 of 2 did not go as they must: a twin",
    ]
    Console().tell(DrillEnded(DrillReport("model", sha256(b""), (STOPPED,))))
    assert capsys.readouterr().out == "  all of 1 went as they must\n"
