"""A release that is packaged and served, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from lockgate.cli.console import Console
from lockgate.domain.names import listed
from lockgate.domain.serving.package_proof import PackageProof
from lockgate.usecases.project.events import Event
from lockgate.usecases.serving.events import ImageSaid, Packaged, PackageNamed, Proved


def _packaged(console: Console, event: Packaged) -> None:
    made = event.package
    console.line(f"  Bento {made.tag}" + ("" if made.created else ": made before"))


def _proved(console: Console, event: Proved) -> None:
    found = event.prediction
    row = console.listed(f"{name}={_shown(value)}" for name, value in found.row.items())
    told = [f"{name} {value:.4f}" for name, value in found.probabilities.items()]
    numbers = console.listed(told + [f"{name} {value:.6g}" for name, value in found.values.items()])
    what = "values" if found.values else "labels and probabilities" if found.label else "probabilities"
    console.line(f"  POST {event.url}/predict")
    console.line(f"    a typical row: {row}")
    console.line(f"    answer: {found.label} ({numbers})" if found.label else f"    answer: {numbers}")
    console.line(f"    rows asked ({', '.join(found.kinds)}): {what} equal the judged model's")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return _tensor(value)
    return "missing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _tensor(value: list[Any]) -> str:
    """Its shape, and between which numbers its cells lie: nobody reads an image as a list."""
    sizes, cells = [len(value)], value
    while cells and isinstance(cells[0], list):
        sizes, cells = [*sizes, len(cells[0])], [cell for part in cells for cell in part]
    if not cells:
        return f"({', '.join(map(str, sizes))})"
    low, high = min(cells), max(cells)
    range_ = f"{_shown(low)} in each cell" if low == high else f"cells from {_shown(low)} to {_shown(high)}"
    return f"({', '.join(map(str, sizes))}: {range_})"


def _named(console: Console, event: PackageNamed) -> None:
    console.line(f"  named {event.package.tag}: {asked_in_words(event.proof)}")


def asked_in_words(proof: PackageProof) -> str:
    """What a package was asked before it got its name."""
    single = f"{listed(proof.rows)} rows"
    if proof.held_out:
        return f"{single} and {proof.held_out} held-out rows are answered as judged"
    return f"{single} are answered as judged; held-out rows were not asked: {proof.unasked}"


def _image(console: Console, event: ImageSaid) -> None:
    console.line(f"    {event.line}")


WORDS: Mapping[type[Event], Callable[[Console, Any], None]] = {
    Packaged: _packaged,
    Proved: _proved,
    PackageNamed: _named,
    ImageSaid: _image,
}
