"""``lockgate doctor``: look at everything that a delivery needs, and say how to mend what is wrong."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from lockgate.domain.project.health import Health, Part, State
from lockgate.errors import EXIT_FAULT, FOREIGN, LockgateError

Probe = Callable[[], Sequence[Part]]


def examine(probes: Sequence[tuple[str, Probe]]) -> Health:
    """Look at everything at once; a probe that fails is itself a finding, under its name."""
    with ThreadPoolExecutor(len(probes)) as pool:
        found = pool.map(lambda named: _look(*named), probes)
        return Health(tuple(part for parts in found for part in parts))


def part_of(name: str, error: LockgateError) -> Part:
    """What an error says of a part: a fault is of what does not answer, anything else is here and wrong."""
    state = State.UNREACHABLE if error.exit_code == EXIT_FAULT else State.WRONG
    return Part(name, state, error.message, error.hint)


def _look(name: str, probe: Probe) -> Sequence[Part]:
    try:
        return probe()
    except LockgateError as error:
        return [part_of(name, error)]
    except FOREIGN as error:
        return [Part(name, State.WRONG, f"{type(error).__name__}: {error}", "lockgate --traceback doctor")]
