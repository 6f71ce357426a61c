"""The picture of a selection: the metric and fairness of every candidate, with the policy's limits, as one SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.adapters.pages.templates import template
from lockgate.domain.making.selection import Limits, Selection

TICKS = 6
LINE = 15
"""How far apart two labels must be, in pixels."""


@dataclass(frozen=True)
class Frame:
    """The picture and the plot in it, in pixels from the upper left corner."""

    width: int = 720
    height: int = 480
    left: int = 72
    right: int = 700
    top: int = 40
    bottom: int = 400


@dataclass(frozen=True)
class Tick:
    """A number on an axis, and where it stands in pixels."""

    at: float
    text: str


@dataclass(frozen=True)
class Axis:
    """From the numbers ``low`` to ``high`` onto the pixels ``begin`` to ``end``; ``limit`` is the policy's, a pixel."""

    low: float
    high: float
    begin: float
    end: float
    wanted: float | None

    def at(self, value: float) -> float:
        """The pixel of a number."""
        return round(self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin), 1)

    @property
    def limit(self) -> float | None:
        """The pixel of the policy's limit."""
        return None if self.wanted is None else self.at(self.wanted)

    @property
    def ticks(self) -> list[Tick]:
        """Round numbers within the axis."""
        step = _round_step((self.high - self.low) / TICKS)
        digits = max(0, -math.floor(math.log10(step)))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [Tick(self.at(n * step), f"{n * step:.{digits}f}") for n in range(first, last + 1)]


@dataclass(frozen=True)
class Point:
    """One candidate, and where its label stands, in pixels."""

    name: str
    text: str
    x: float
    y: float
    text_x: float
    text_y: float
    anchor: str
    winner: bool


class SelectionPlots:
    """The plots port: Jinja2 with escaping on."""

    def selection(self, selection: Selection, limits: Limits) -> str:
        """The picture; equal values give equal text."""
        frame, shown = Frame(), _shown(selection)
        across, up = axes(frame, selection, limits)
        drawn = {name for name, _, _ in shown}
        return template("selection.svg.j2").render(
            frame=frame,
            across=across,
            up=up,
            limits=limits,
            metric=selection.metric,
            higher=selection.higher_is_better,
            min_rows=selection.min_rows,
            points=points(frame, across, up, shown, selection.winner),
            absent=[standing for standing in selection.standings if standing.candidate not in drawn],
        )


def axes(frame: Frame, selection: Selection, limits: Limits) -> tuple[Axis, Axis]:
    """Differences from 0 to the right; the metric upward, whichever of its directions is the better one."""
    shown = _shown(selection)
    _, high = _span([0.0, *(odds for _, _, odds in shown)], limits.equalized_odds)
    low, most = _span([value for _, value, _ in shown], limits.floor)
    up = (frame.bottom, frame.top) if selection.higher_is_better else (frame.top, frame.bottom)
    return (
        Axis(0.0, high, frame.left, frame.right, limits.equalized_odds),
        Axis(low, most, *up, limits.floor),
    )


def points(
    frame: Frame, across: Axis, up: Axis, shown: Sequence[tuple[str, float, float]], winner: str | None
) -> list[Point]:
    """Each candidate's point with a label beside it; labels that would overlap move down."""
    placed: list[Point] = []
    for name, value, odds in sorted(shown, key=lambda one: (up.at(one[1]), one[0])):
        x, y = across.at(odds), up.at(value)
        to_the_left = x > (frame.left + frame.right) / 2
        below = [point.text_y + LINE for point in placed if (point.anchor == "end") == to_the_left]
        text_y = round(max([y + 4, *below]), 1)
        text_x, anchor = (x - 14, "end") if to_the_left else (x + 14, "start")
        text = f"{value:.4f}, {odds:.3f}"
        placed.append(Point(name, text, x, y, round(text_x, 1), text_y, anchor, winner=name == winner))
    return placed


def _shown(selection: Selection) -> list[tuple[str, float, float]]:
    """Name, metric and difference of those that have both."""
    return [
        (standing.candidate, standing.value, standing.equalized_odds)
        for standing in selection.standings
        if standing.value is not None and math.isfinite(standing.value) and standing.equalized_odds is not None
    ]


def _span(values: Sequence[float], limit: float | None) -> tuple[float, float]:
    """The smallest and the largest number to be drawn, with some room around them."""
    known = [*values, *([] if limit is None else [limit])] or [0.0, 1.0]
    room = 0.12 * (max(known) - min(known)) or 0.05
    return min(known) - room, max(known) + room


def _round_step(step: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
