"""Names of files that a bundle may hold: whatever an archive, a registry or a disk says, no other is written or read.

A name that is taken here is the same file on every disk and in every format: it lies in the bundle's own folder, it
differs from every other name where upper and lower case are one, and its kind is one of those that no reader executes.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from lockgate.domain.names import listed
from lockgate.errors import DocumentError

ELSEWHERE: Final = "take the release from where it was published, or seal it again"

MOST_FILES: Final = 1_000
MOST_BYTES: Final = 2**31
"""Of one file: an ONNX file cannot have more."""
MOST_BYTES_OF_ALL: Final = 2**32
MOST_DEPTH: Final = 4
MOST_LETTERS: Final = 200
"""Of a whole name, as UTF-8: disks take 255 of one part."""

KINDS: Final = frozenset(
    [".csv", ".html", ".json", ".md", ".onnx", ".parquet", ".png", ".sig", ".svg", ".txt", ".yaml"]
)
"""The endings of files that are read as data. Pickles (`.pkl`, `.joblib`, `.pt`, `.npy` with objects) run code."""
PICKLES: Final = frozenset(
    [".bin", ".ckpt", ".dill", ".h5", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth"]
)
"""Endings of files that may hold Python objects: what is unpickled runs code."""

_DEVICES: Final = frozenset(
    {"aux", "con", "nul", "prn", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))}
)
"""Names that are no files on Windows, whatever their ending."""
_FORBIDDEN: Final = frozenset('<>:"|?*\\')


def why_unsafe(name: str) -> str | None:
    """Why no file of a bundle may be called so; ``None`` where it may. ``name`` is a relative POSIX path."""
    parts = name.split("/")
    if not name or name.startswith("/") or PurePosixPath(name).is_absolute():
        return "it is not the path of a file in the bundle"
    if any(part in {"", ".", ".."} for part in parts):
        return "it leaves the bundle's folder, or goes in a circle"
    if len(parts) > MOST_DEPTH or _size(name) > MOST_LETTERS:
        return "it is too long"
    for part in parts:
        if (why := _why_unsafe_part(part)) is not None:
            return why
    kind = PurePosixPath(name).suffix.lower()
    if kind in PICKLES:
        return "such a file may hold Python objects, and reading it may run code"
    return None if kind in KINDS else "no file of a release is of this kind"


def _why_unsafe_part(part: str) -> str | None:
    if part.startswith("."):
        return "it is hidden"
    if part != part.strip() or part.endswith("."):
        return "disks drop a space or a point at its end"
    if any(letter in _FORBIDDEN or unicodedata.category(letter)[0] == "C" for letter in part):
        return "it has a character that is none of a name"
    if unicodedata.normalize("NFC", part) != part:
        return "disks write its letters in two ways"
    return "it is a device on Windows" if part.partition(".")[0].lower() in _DEVICES else None


def _size(name: str) -> int:
    return len(name.encode("utf-8", errors="surrogatepass"))


def unsafe_names(names: Iterable[str]) -> dict[str, str]:
    """Each of these names that a bundle may not hold, in order, and why: unsafe ones, and twins of others.

    Twins are one file where upper and lower case are one; so are a file and a folder of one name.
    """
    every = sorted(set(names))
    found = {name: why for name in every if (why := why_unsafe(name)) is not None}
    for name, other in _twins(every):
        found.setdefault(name, f"on some disks it is the same file as {shown(other)}")
    return {name: found[name] for name in every if name in found}


def _twins(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names that another one takes the place of, with that other one: each file and folder is spelt in one way."""
    spelt: dict[str, tuple[str, str]] = {}
    for name in names:
        path = PurePosixPath(name)
        for place in (f"{path.as_posix()}", *(f"{folder.as_posix()}/" for folder in path.parents)):
            written, first = spelt.setdefault(_folded(place.rstrip("/")), (place, name))
            if written != place:
                yield name, first
                yield first, name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def shown(name: str) -> str:
    """A name in a message: what is no plain text is escaped, so that it cannot forge a line of the console."""
    return name if name and name.isprintable() else ascii(name)


def demand_safe(names: Iterable[str], where: str) -> None:
    """Raise ``DocumentError`` with the names among these that a bundle may not hold, and why.

    ``where`` is what holds them. Whoever writes files by names from outside asks before the first byte is written.
    """
    every = tuple(names)
    if len(every) > MOST_FILES:
        raise DocumentError(f"{where}: {len(every)} files, at most {MOST_FILES} are taken", hint=ELSEWHERE)
    if found := unsafe_names(every):
        told = listed((f"{shown(name)}: {why}" for name, why in found.items()), "; ")
        raise DocumentError(f"{where}: no name of a release's file: {told}", hint=ELSEWHERE)
    if len(every) != len(set(every)):
        raise DocumentError(f"{where}: a name stands there twice", hint=ELSEWHERE)


def demand_sizes(sizes: Mapping[str, int], where: str) -> None:
    """Raise ``DocumentError`` where a file, or all of them, are larger than any release is; sizes are in bytes."""
    for name, size in sizes.items():
        if not 0 <= size <= MOST_BYTES:
            raise DocumentError(
                f"{where}: {shown(name)} is said to have {size} bytes, at most {MOST_BYTES} are taken",
                hint=ELSEWHERE,
            )
    if (total := sum(sizes.values())) > MOST_BYTES_OF_ALL:
        raise DocumentError(
            f"{where}: {total} bytes in all, at most {MOST_BYTES_OF_ALL} are taken",
            hint=ELSEWHERE,
        )
