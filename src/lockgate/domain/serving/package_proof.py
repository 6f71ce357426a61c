"""What a package was asked before it got its name, and what it held then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest, digest_of_files

PROOF = "lockgate-proof.json"
"""The document's name in a package's folder."""


@dataclass(frozen=True)
class PackageProof:
    """A package that answered as the judged model does: of what release, made of what, and asked for which rows.

    ``made_of`` is the digest of every file that it was made of, the service's and the bundle's, and ``holds`` that of
    every file that it was then; ``service`` is the commit that has the service's files. ``rows`` are the kinds of
    single rows that it was asked. It was asked for ``held_out`` rows of the table whose DVC hash is ``data``: all of
    them, or none, and ``unasked`` says why. ``served`` is what it said that it runs on.
    """

    release: Digest
    service: str
    made_of: Digest
    holds: Digest
    tool: str
    rows: tuple[str, ...]
    held_out: int
    data: Digest
    unasked: str
    served: dict[str, str]
    schema: Literal["lockgate/package-proof/1"] = "lockgate/package-proof/1"

    def covers(self, release: Digest, parts: Mapping[str, Digest], held: Mapping[str, Digest], tool: str) -> bool:
        """Whether it is of a package of that release, made of those parts by that tool, that holds these files now."""
        now = (release, digest_of_files(parts), digest_of_files(held), tool)
        return (self.release, self.made_of, self.holds, self.tool) == now


def odd_source(parts: Mapping[str, Digest], source: Mapping[str, Digest], bundle: str) -> tuple[str, ...]:
    """The files of a package's source that are not what it is made of: others, changed ones, and those that it lacks.

    The service's own settings say which of its files are taken; its ``service.py`` and the ``bundle`` always are.
    """
    always = {name for name in parts if name == "service.py" or name.startswith(f"{bundle}/")}
    return tuple(sorted({name for name, digest in source.items() if parts.get(name) != digest} | always - {*source}))
