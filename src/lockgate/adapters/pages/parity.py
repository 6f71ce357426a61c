"""The picture of a parity check: histogram of errors, flips, worst rows, settings, as one self-contained page."""

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.adapters.pages.templates import template
from lockgate.domain.judging.gates.parity.differences import EDGES
from lockgate.domain.judging.gates.parity.evidence import OutputParity, ParityEvidence
from lockgate.domain.judging.protocol.finding import Finding, overall

WIDTH, HEIGHT = 44, 150
"""Of a bar with its gap, and of the plot, in pixels."""


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: what it counts, how many, and where it is drawn."""

    label: str
    count: int
    x: float
    y: float
    height: float


class ParityPages:
    """The pages port: Jinja2 with escaping on."""

    def parity(self, evidence: ParityEvidence, findings: Sequence[Finding]) -> str:
        """The page; equal evidence gives equal text."""
        return template("parity.html.j2").render(
            evidence=evidence,
            findings=findings,
            outcome=overall(tuple(findings)),
            bars=bars,
            numbers=[output for output in evidence.outputs if output.quantiles],
            height=HEIGHT,
            width=WIDTH,
            number=number,
        )


def bars(output: OutputParity) -> list[Bar]:
    """The histogram's bars; heights are of the square root of the count, so that a single cell can be seen."""
    labels = ["equal", *(f"≤{edge:.0e}".replace("e-0", "e-").replace("e+00", "") for edge in EDGES), ">1"]
    most = max(output.histogram) ** 0.5 or 1.0
    made = []
    for place, (label, count) in enumerate(zip(labels, output.histogram, strict=True)):
        height = max(2.0, HEIGHT * count**0.5 / most) if count else 0.0
        made.append(Bar(label, count, place * WIDTH, round(HEIGHT - height, 1), round(height, 1)))
    return made


def number(value: float | None) -> str:
    """Two significant digits."""
    return "none" if value is None else f"{value:.1e}" if value else "0"
