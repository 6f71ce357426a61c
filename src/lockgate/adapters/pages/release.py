"""The pictures of a release: its ROC curve and its calibration on the held-out rows, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Final

from lockgate.adapters.pages.templates import template
from lockgate.domain.releasing.bundle_files import plot
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.statistics.curves import Bin, answered_and_true, calibration_bins, confidence, roc_curve
from lockgate.domain.statistics.sample import AnySample, Sample, ValueSample

SIZE, LEFT, TOP = 360, 60, 40
"""The plot's side, and its distance from the picture's left and top, in pixels."""
TICKS: Final = (0, 0.2, 0.4, 0.6, 0.8, 1)
SAID: Final = {
    "binary": ("mean probability of the positive class", "share that is positive"),
    "multiclass": ("mean probability of the answered class", "share that is right"),
    "multilabel": ("mean probability of a label", "share of labels that are true"),
}
"""What the axes of the calibration say, by the task."""


class ReleasePlots:
    """The bundle-writer port: `plots/calibration.svg` where there are scores, and `plots/roc.svg` of two classes."""

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """Equal facts give equal text; none of the points is one row's."""
        scores = facts.evidence.scores
        if scores is None or not scores.sample.whole:
            return {}
        rows = f"{scores.rows} held-out rows"
        if isinstance(scores.sample, ValueSample):
            return {plot("calibration"): self._values(rows, scores.sample)}
        drawn = {plot("calibration"): self._calibration(rows, scores.sample, facts.verdict.policy.accuracy.level)}
        if isinstance(scores.sample, Sample):
            curve = roc_curve(scores.sample)
            drawn[plot("roc")] = self._drawn(f"ROC curve on {rows}", "false positive rate", "true positive rate", curve)
        return drawn

    def _calibration(self, rows: str, sample: AnySample, level: float) -> bytes:
        across, up = SAID[sample.task]
        of_two = confidence(sample)
        bins = calibration_bins(of_two, level) if of_two is not None else ()
        points = [(bin_.score, bin_.share) for bin_ in bins]
        return self._drawn(f"Calibration on {rows}", across, up, points, bins)

    def _values(self, rows: str, sample: ValueSample) -> bytes:
        points, low, high = answered_and_true(sample)
        unit = f"{sample.names[0]}: 0 is {low:.4g}, 1 is {high:.4g}"
        return self._drawn(f"Answers and truth on {rows}", f"mean answer of {unit}", "mean of what is true", points)

    def _drawn(
        self, title: str, across: str, up: str, points: Sequence[tuple[float, float]], bins: Sequence[Bin] = ()
    ) -> bytes:
        text = template("curve.svg.j2").render(
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
