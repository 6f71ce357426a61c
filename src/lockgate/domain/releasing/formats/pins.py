"""The packages of an environment, as a lock file or a list of pins names them."""

import re
from dataclasses import dataclass
from typing import Final

_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*(?P<version>[\w.!+-]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package in one version; ``hashes`` are the SHA-256 of the files that may be installed, none where none is told.

    ``name`` is written as indexes do: in lower case, with ``-`` for whatever parts it.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()


def pins_of(text: str) -> tuple[Pin, ...]:
    """The packages of a `requirements` file, in its order; a line goes on after a ``\\`` at its end."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if (pin := _PIN.match(line.strip())) is not None:
            name = re.sub(r"[-_.]+", "-", pin["name"]).lower()
            found.append(Pin(name, pin["version"], tuple(_HASH.findall(line))))
    return tuple(found)
