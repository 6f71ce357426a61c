"""Where DVC runs this process as a stage: all that it reads is listed, and stays as it is."""

from collections.abc import Callable
from typing import TypeVar

from lockgate.usecases.making.stages.guard import guarded, note_sources
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.sources import look_at_reading, note_reading

T = TypeVar("T")


def as_stage(instruments: Instruments, work: Callable[[], T]) -> T:
    """Do the work, as that stage where this process is one. Raises ``SourceError`` as ``guarded`` does."""
    project, stage = instruments.project(), instruments.stage()
    if stage is None:
        return work()
    reads, noticed = instruments.reads(), look_at_reading(project, instruments.repository())
    with guarded(stage, instruments.stage_lock, reads, instruments.plugin) as begun:
        done = work()
    note_sources(project, begun)
    note_reading(project, stage, noticed())
    return done
