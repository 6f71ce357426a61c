"""Verbs that DVC runs as stages."""

import functools
from collections.abc import Callable

from lockgate.usecases.making.stages import process as stage_process
from lockgate.usecases.project.instruments import Instruments


def as_stage(command: Callable[..., int]) -> Callable[..., int]:
    """Where DVC runs this verb as a stage, demand that all it reads is listed and stays as it is."""

    @functools.wraps(command)
    def wrapped(instruments: Instruments, /, *args: object, **kwargs: object) -> int:
        return stage_process.as_stage(instruments, lambda: command(instruments, *args, **kwargs))

    return wrapped
