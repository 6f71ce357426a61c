"""The packages of an environment, as a lock file or a list of pins names them."""

import re
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*(?P<version>[\w.!+-]+))?(?=\s|$|[;,@<>=!~(\\])"
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package in one version; ``hashes`` are the SHA-256 of the files that may be installed, none where none is told.

    ``name`` is written as indexes do: in lower case, with ``-`` for whatever parts it. ``version`` is empty where the
    file leaves it open.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()


def pins_of(text: str) -> tuple[Pin, ...]:
    """The packages of a `requirements` file, in its order, each version once; a line goes on after a ``\\`` at its end.

    Options, and comments, are no packages.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if (pin := _LINE.match(line.strip())) is not None:
            key = (re.sub(r"[-_.]+", "-", pin["name"]).lower(), pin["version"] or "")
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *_HASH.findall(line))))
    return tuple(Pin(name, version, hashes) for (name, version), hashes in found.items())
