"""The pictures of a release: its ROC curve and its calibration on the held-out rows, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Final

import jinja2

from lockgate.domain.releasing.bundle_files import plot
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.statistics.curves import Bin, calibration_bins, roc_curve

SIZE, LEFT, TOP = 360, 60, 40
"""The plot's side, and its distance from the picture's left and top, in pixels."""
TICKS: Final = (0, 0.2, 0.4, 0.6, 0.8, 1)


class ReleasePlots:
    """The bundle-writer port: `plots/roc.svg` and `plots/calibration.svg` where there are scores of two classes."""

    def __init__(self) -> None:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("lockgate.adapters.pages", "."),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("curve.svg.j2")

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """Equal facts give equal text; none of the points is one row's."""
        scores = facts.evidence.scores
        if scores is None or not scores.binary.whole:
            return {}
        bins = calibration_bins(scores.binary, facts.verdict.policy.accuracy.level)
        rows = f"{scores.rows} held-out rows"
        return {
            plot("roc"): self._drawn(
                f"ROC curve on {rows}", "false positive rate", "true positive rate", roc_curve(scores.binary)
            ),
            plot("calibration"): self._drawn(
                f"Calibration on {rows}",
                "mean probability of the positive class",
                "share that is positive",
                [(bin_.score, bin_.share) for bin_ in bins],
                bins,
            ),
        }

    def _drawn(
        self, title: str, across: str, up: str, points: Sequence[tuple[float, float]], bins: Sequence[Bin] = ()
    ) -> bytes:
        text = self._template.render(
            title=title,
            across=across,
            up=up,
            points=points,
            bins=bins,
            ticks=TICKS,
            size=SIZE,
            left=LEFT,
            top=TOP,
            x=across_at,
            y=up_at,
        )
        return f"{text}\n".encode()


def across_at(share: float) -> float:
    """The pixel of a share on the axis that goes across."""
    return round(LEFT + share * SIZE, 1)


def up_at(share: float) -> float:
    """The same on the one that goes up."""
    return round(TOP + (1 - share) * SIZE, 1)
