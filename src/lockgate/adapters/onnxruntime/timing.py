"""Taking the time of several calls, in turns."""

import gc
import time
from collections.abc import Callable, Sequence

FEWEST = 21
WARM_UP = 3


def in_turns(calls: Sequence[Callable[[], object]], rounds: int, seconds: float) -> list[list[float]]:
    """The seconds of every round for each call; who is first changes from round to round, so that none gains by it.

    The first rounds warm up and do not count. It ends early where ``seconds`` are over, never before ``FEWEST`` rounds.
    """
    for _ in range(WARM_UP):
        for call in calls:
            call()
    taken: list[list[float]] = [[] for _ in calls]
    order, end = list(range(len(calls))), time.perf_counter() + seconds
    collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(rounds):
            if number >= FEWEST and time.perf_counter() > end:
                break
            for index in order if number % 2 == 0 else reversed(order):
                start = time.perf_counter()
                calls[index]()
                taken[index].append(time.perf_counter() - start)
    finally:
        if collecting:
            gc.enable()
    return taken
