"""How a document that was kept differs from the same one measured again."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

from lockgate.domain.statistics.bounds.means import Spread

CLOSE: Final = 1e-4
"""How far one number may be from that of another day, of its own size where that is above 1."""
ANSWER: Final = 1e-5
"""How far one probability may be from that of another day: other processors and threads move it by less than 1e-6."""
METRIC: Final = 1e-4
"""The same for a metric over all rows, of its own size where that is above 1."""
ABOUT: Final = frozenset({"subject", "tools", "method", "schema", "task"})
"""What says of which model, with what and how it was measured: other rules hold for these."""
SPREAD: Final = ("error", "error times skewness", "error times kurtosis", "blocks", "degrees")
ABSENT: Final = "absent"


def first_difference(kept: object, today: object) -> str:
    """The first value that differs, by its place in the document, with both; empty where none does."""
    ours, theirs = dict(_values("", kept)), dict(_values("", today))
    for place in [*ours, *(place for place in theirs if place not in ours)]:
        one, other = ours.get(place, ABSENT), theirs.get(place, ABSENT)
        if not _alike(one, other):
            return f"{place} is {_told(one)}, and {_told(other)} when it is measured again"
    return ""


def _values(place: str, found: object) -> Iterator[tuple[str, object]]:
    """Every value with no others in it, by the names on the way to it."""
    if isinstance(found, Spread):
        # What the rows' form widens a bound by is in parts of the error: of next to nothing, the form is that of noise.
        form = (found.error, found.error * found.skewness, found.error * found.kurtosis)
        told = (*form, found.blocks, found.degrees)
        parts: Mapping[str, object] = {f"{place}.{name}": each for name, each in zip(SPREAD, told, strict=True)}
    elif is_dataclass(found):
        named = [each.name for each in fields(found) if place or each.name not in ABOUT]
        parts = {f"{place}.{name}".lstrip("."): getattr(found, name) for name in named}
    elif isinstance(found, Mapping):
        parts = {f"{place}[{key}]": value for key, value in found.items()}
    elif isinstance(found, Sequence) and not isinstance(found, str):
        parts = {f"{place}[{_name(value, index)}]": value for index, value in enumerate(found)}
    else:
        yield place, found
        return
    for inside, value in parts.items():
        yield from _values(inside, value)


def _name(entry: object, index: int) -> str:
    """What people call an entry: its row, its column and what was done to it, else its number."""
    found = [getattr(entry, name, "") for name in ("column", "kind")]
    if hasattr(entry, "row"):
        found.insert(0, f"row {entry.row}")
    return " ".join(map(str, filter(None, found))) or str(index)


def _alike(kept: object, today: object) -> bool:
    if isinstance(kept, float) and isinstance(today, float | int) and not isinstance(today, bool):
        return math.isclose(kept, today, rel_tol=CLOSE, abs_tol=CLOSE) or (math.isnan(kept) and math.isnan(today))
    if isinstance(today, float) and not isinstance(kept, float):
        return isinstance(kept, int) and not isinstance(kept, bool) and _alike(today, kept)
    return kept == today and isinstance(kept, bool) == isinstance(today, bool)


def _told(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
