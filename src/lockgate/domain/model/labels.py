"""Labels: the one written form of a class, and what a binary task demands of classes wherever they are read.

A label may be a text, a whole number (``1``, ``1.0``) or a truth value; NumPy's scalars count as Python's. Everywhere
behind the table that it came from it is a text: as it stands, ``1``, ``true``.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.inputs import Array
from lockgate.domain.names import listed, meant

BINARY = (
    "a binary task is of two classes; tables.task in params.yaml may be multiclass, multilabel or regression as well"
)
SHOWN = 8
"""How many classes a message names before it counts the rest."""
NUMBER = "a column of such numbers is what a regression answers: tables.task in params.yaml"
EXACT = 2**53
"""Below it, float64 has every whole number."""
MANY = 20
"""More whole numbers than these are values."""
MOST_CLASSES = 1000
"""More are numbers or names of rows, and no classes."""
MOST_COMPARED = 100
"""How many classes are compared with each other; where there are more, a space is not what is wrong."""


class Label(str):
    """A class in its written form, where people may write it as text, as a number or as a truth value."""

    __slots__ = ()


def written(label: object) -> str:
    """The written form of a label. Raises ``ValueError``, with what is wrong, for what is none."""
    plain = label.item() if isinstance(label, np.generic) else label
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, int):
        return str(int(plain))
    if isinstance(plain, float) and plain.is_integer() and abs(plain) < EXACT:
        return str(int(plain))
    if isinstance(plain, str) and plain:
        return str(plain)
    told = f"{_told(label)} is no label: a label is a text that is not empty, a whole number, or true or false"
    raise ValueError(f"{told}; {NUMBER}" if isinstance(plain, float) and math.isfinite(plain) else told)


def written_classes(classes: object) -> tuple[str, ...]:
    """Classes in their written form, in their order. Raises ``TypeError`` or ``ValueError`` for what are none."""
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise TypeError(f"found {_told(classes)}")
    return tuple(written(label) for label in classes)


def number_of(name: str) -> int | None:
    """The whole number that a framework answers in place of a class in its written form; ``None`` for a text."""
    if name in {"false", "true"}:
        return int(name == "true")
    try:
        number = int(name)
    except ValueError:
        return None
    return number if str(number) == name else None


def written_labels(labels: Array) -> npt.NDArray[np.object_]:
    """``(rows,)`` labels in their written form. Raises ``ValueError`` with the row of what is no label."""
    if labels.dtype.kind in "Mm":
        raise ValueError(f"row 0: {_told(labels[0])} is no label: write dates as text")
    items = labels.tolist()
    if labels.dtype.kind == "O" and _all_texts(items):
        return labels.astype(object, copy=False)
    forms = [_written_at(row, item) for row, item in enumerate(items)]
    kinds = [_kind(item) for item in items]
    if other := next((row for row, kind in enumerate(kinds) if kind != kinds[0]), 0):
        raise ValueError(
            f"row 0 is {_told(items[0])} and row {other} is {_told(items[other])}: give labels of one kind"
        )
    return np.array(forms, dtype=object)


def _kind(item: object) -> str:
    if isinstance(item, str):
        return "text"
    return "truth" if isinstance(item, bool | np.bool_) else "number"


def _all_texts(items: list[object]) -> bool:
    try:
        return all(type(item) is str and item for item in set(items))
    except TypeError:  # what cannot be hashed is no text
        return False


def _written_at(row: int, item: object) -> str:
    try:
        return written(item)
    except ValueError as error:
        raise ValueError(f"row {row}: {error}") from error


def _told(value: object) -> str:
    """A value and its type, for messages; a missing one by its name alone."""
    return str(value) if value is None or value != value else f"{value!r} ({type(value).__name__})"  # noqa: PLR0124


def counted(labels: Array) -> dict[str, int]:
    """How many of ``(rows,)`` labels are of each class, by its written form, in the order of the names."""
    return dict(sorted(Counter(written_labels(labels).tolist()).items()))


def problem_of_classes(classes: Sequence[str], positive: str) -> str:
    """What a binary task cannot have: other than two classes, or a positive one that is none of them; else empty."""
    if len(classes) != 2 or len(set(classes)) != 2:  # noqa: PLR2004 - that is what binary means
        named = f"{_number_of_classes(len(classes))}{': ' if classes else ''}{listed_classes(classes)}"
        return _joined(f"{named}; {BINARY}", alike(classes))
    if positive not in classes:
        told = f"tables.positive is {positive!r}, the classes are {listed_classes(classes)}{meant(positive, classes)}"
        return _joined(told, (found for found in alike((*classes, positive)) if ascii(positive) in found))
    return ""


def problem_of_tables(counts: Mapping[str, Mapping[str, int]], positive: str) -> str:
    """The same of tables by split: how often each class occurs in it. Every table has rows of both classes."""
    everywhere = tuple(dict.fromkeys(name for found in counts.values() for name in found))
    if len(everywhere) == 2 and all(len(found) == 2 for found in counts.values()):  # noqa: PLR2004 - binary
        return problem_of_classes(everywhere, positive)
    tables = "; ".join(f"{split}: {listed_classes(found, found)}" for split, found in counts.items())
    if len(everywhere) > 2:  # noqa: PLR2004 - binary
        found = f"the tables have {len(everywhere)} classes; {_likelier_task(everywhere)}; {tables}"
    else:
        found = f"each table needs rows of both classes; {tables}"
    return _joined(found, alike(everywhere))


def _likelier_task(classes: Sequence[str]) -> str:
    """What a binary task is, or what is meant where so many whole numbers are no classes."""
    numbers = len(classes) > MANY and all(number_of(name) is not None for name in classes)
    return "so many whole numbers are no classes: task: regression is meant" if numbers else BINARY


def problem_of_many(counts: Mapping[str, Mapping[str, int]]) -> str:
    """What tables of several classes cannot have: fewer than two, or one that the training table never shows."""
    every = tuple(dict.fromkeys(name for found in counts.values() for name in found))
    tables = "; ".join(f"{split}: {listed_classes(found, found)}" for split, found in counts.items())
    if len(every) < 2:  # noqa: PLR2004 - one is no choice
        return _joined(f"at least two classes; {tables}", ())
    seen = counts.get("training", every)
    if unseen := [name for name in every if name not in seen]:
        where = [split for split, found in counts.items() if any(name in found for name in unseen)]
        told = f"{listed_classes(unseen)} in the {listed(where)} table, and training never saw it"
        return _joined(told, (found for found in alike(every) if any(ascii(name) in found for name in unseen)))
    if len(every) > MOST_CLASSES:
        return f"{len(every)} classes, and at most {MOST_CLASSES} are judged; is tables.task: regression meant?"
    return ""


def problem_of_rows(labels: Iterable[str], classes: Sequence[str]) -> str:
    """Why rows with these true classes are not rows of a model of ``classes``; empty where they are."""
    found = sorted(set(labels))
    if unknown := [name for name in found if name not in classes]:
        told = f"rows are of {listed_classes(unknown)}, the model's classes are {listed_classes(classes)}"
        return _joined(told, alike((*classes, *unknown)))
    return ""


def problem_of_order(handed_over: Sequence[str], model: Sequence[str]) -> str:
    """How the classes that were handed over differ from those that the model itself has; empty where they do not."""
    if list(handed_over) == list(model):
        return ""
    ours, theirs = listed_classes(handed_over), listed_classes(model)
    if sorted(handed_over) == sorted(model):
        return f"the classes are handed over in the order {ours}, and the model's probabilities have the order {theirs}"
    told = f"the classes {ours} are handed over, and the model has {theirs}"
    return _joined(told, alike(dict.fromkeys((*handed_over, *model))))


def listed_classes(classes: Iterable[str], rows: Mapping[str, int] | None = None) -> str:
    """Classes as a message names them, quoted, with the rows of each; beyond ``SHOWN`` the rest is counted."""
    names = list(classes)
    shown = [f"{name!r} ({_rows(rows[name])})" if rows else repr(name) for name in names]
    return listed(shown, most=SHOWN)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def alike(classes: Iterable[str]) -> Iterator[str]:
    """What tells two classes apart that look the same, for each such pair."""
    for one, other in combinations(list(dict.fromkeys(classes))[:MOST_COMPARED], 2):
        if one != other and (how := _difference(one, other)):
            yield f"{one!a} and {other!a} differ by {how} only"


def _difference(one: str, other: str) -> str:
    """Which of the marks that one does not see tell two texts apart; empty for texts that are others."""
    found = []
    for how, plain in _PLAIN.items():
        after = plain(one), plain(other)
        found += [how] if one != other and after != (one, other) else []
        one, other = after
    return " and ".join(found) if one == other else ""


def _visible(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc"} or char.isspace())


_PLAIN: dict[str, Callable[[str], str]] = {
    "a space": lambda text: "".join(text.split()),
    "their Unicode form": lambda text: unicodedata.normalize("NFKC", text),
    "an invisible character": _visible,
    "case": str.casefold,
}


def _number_of_classes(count: int) -> str:
    return {0: "no classes", 1: "one class"}.get(count, f"{count} classes")


def _joined(message: str, more: Iterable[str]) -> str:
    return "; ".join([message, *more])
