"""Everything that the use cases tell has words on the console."""

import importlib
import pkgutil

import pytest

import lockgate.usecases
from lockgate.cli.console import Console
from lockgate.usecases.deliver.events import Reached, Skipped, Station, Why
from lockgate.usecases.project.events import Event

STATIONS = [found.name for found in pkgutil.iter_modules(lockgate.usecases.__path__) if found.ispkg]


def events_of(station):
    """The events that a station tells; a station without any has no module of them."""
    folder = importlib.import_module(f"lockgate.usecases.{station}")
    if "events" not in {found.name for found in pkgutil.iter_modules(folder.__path__)}:
        return set()
    module = importlib.import_module(f"lockgate.usecases.{station}.events")
    found = {each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Event)}
    return {each for each in found if each.__module__ == module.__name__} - {Event}


def test_there_are_events_to_word():
    assert {station for station in STATIONS if events_of(station)} >= {"making", "measuring", "judging", "deliver"}


@pytest.mark.parametrize("station", STATIONS)
def test_every_event_of_a_station_has_words_and_nothing_else_has(station):
    told = events_of(station)
    words = importlib.import_module(f"lockgate.cli.words.{station}").WORDS if told else {}
    assert set(words) == told


def test_events_are_told_by_their_station_alone():
    """The console finds the words by the module that an event is of."""
    for found in pkgutil.walk_packages(lockgate.usecases.__path__, "lockgate.usecases."):
        importlib.import_module(found.name)
    waiting, strays = [Event], set()
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("lockgate.") and not each.__module__.endswith(".events"):
                strays.add(each)
    assert strays == set()


@pytest.mark.parametrize("station", Station)
def test_every_station_has_a_title(station, capsys):
    Console().tell(Reached(station))
    assert capsys.readouterr().out.strip()


def test_what_is_left_out_in_silence_is_told_where_everything_was_asked_for(capsys):
    skipped = Skipped(Station.LATENCY, Why.OFF)
    Console().tell(skipped)
    assert capsys.readouterr().out == ""
    Console(verbose=True).tell(skipped)
    assert capsys.readouterr().out == "  latency: the policy does not ask for it\n"
