"""The paired difference of two models on the same rows, with the interval that suits the metric."""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.domain.statistics.bootstrap import cell_draws, paired_resamples
from lockgate.domain.statistics.estimates import around, logit_interval, percentiles
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.means import paired_mean_interval
from lockgate.domain.statistics.metrics.registry import METRICS, average_precision, value
from lockgate.domain.statistics.proportions import quantile, tango
from lockgate.domain.statistics.ranks import WRONG, apart, common, delong_difference
from lockgate.domain.statistics.sample import Floats, Sample, Truths

SHARES: Mapping[str, Callable[[Truths], Truths]] = {
    "accuracy": np.ones_like,
    "recall": lambda labels: labels,
    "specificity": np.logical_not,
}
"""Of which rows such a metric is the share of right answers."""


def difference(metric: str, ours: Sample, theirs: Sample, level: float) -> Estimate:
    """How much better ours is on the same rows: positive is better, whatever the metric's direction.

    Raises ``ValueError`` where the two are not of the same rows.
    """
    if ours.rows != theirs.rows or not np.array_equal(ours.labels, theirs.labels):
        raise ValueError("a paired difference needs the same rows with the same labels")
    mine, others, known = value(metric, ours), value(metric, theirs), METRICS[metric]
    if mine is None or others is None:
        return Estimate(None, None, ours.rows)
    sign = 1.0 if known.higher_is_better else -1.0
    if known.kind == "auc":
        return delong_difference(ours.labels, ours.scores, theirs.scores, level)
    return Estimate(sign * (mine - others), _paired(metric, ours, theirs, level, sign), ours.rows)


def nearest_twin(sample: Sample) -> Sample:
    """Another model that answers as this one does, but for the last bit of one score: no model could be more alike."""
    scores = sample.scores.copy()
    scores[:1] = np.nextafter(scores[:1], 0.5)
    return Sample(sample.labels, sample.predicted, scores)


def _paired(metric: str, ours: Sample, theirs: Sample, level: float, sign: float) -> Interval:
    known = METRICS[metric]
    if metric in SHARES:
        of = SHARES[metric](ours.labels)
        right, their_right = (ours.labels == each.predicted for each in (ours, theirs))
        return tango(
            int((right & ~their_right & of).sum()), int((~right & their_right & of).sum()), int(of.sum()), level
        )
    if known.of_cells is not None:
        drawn = _paired_cells(ours, theirs)
        gain = sign * (known.of_cells(*_confusion(drawn, axis=2)) - known.of_cells(*_confusion(drawn, axis=1)))
        return around(_gain(metric, ours, theirs, sign), percentiles(gain, level, "resampled counts"))
    if known.of_rows is not None:
        return paired_mean_interval(known, ours, theirs, level, sign)
    return _average_precision(ours, theirs, level)


def _average_precision(ours: Sample, theirs: Sample, level: float) -> Interval:
    """Percentiles, at least as wide as their spread makes a normal interval; near 1 as each model's own makes it."""
    metric = "average_precision"
    drawn = paired_resamples([metric], ours, theirs)[metric]
    middle, error = percentiles(drawn, level, "resampled rows"), float(drawn.std(ddof=1))
    found = [average_precision(each) for each in (ours, theirs)]
    gain, reach = found[0] - found[1], quantile(level) * error
    low, high = min(middle.low, gain - reach), max(middle.high, gain + reach)
    wrong = min(ours.labels.sum(), (~ours.labels).sum()) * (1 - max(found))
    if np.array_equal(ours.scores, theirs.scores) or not (error == 0 or wrong < WRONG):
        return Interval(low, high, level, middle.method)
    parts = [logit_interval(metric, *each, level) for each in zip((ours, theirs), found, strict=True)]
    mine, others = (float(paired_resamples([metric], each)[metric].var(ddof=1)) for each in (ours, theirs))
    shared = common(mine, others, error * error)
    down = apart(found[0] - parts[0].low, parts[1].high - found[1], shared)
    up = apart(parts[0].high - found[0], found[1] - parts[1].low, shared)
    return Interval(min(low, gain - down), max(high, gain + up), level, "resampled rows and mover")


def _gain(metric: str, ours: Sample, theirs: Sample, sign: float) -> float:
    """``sign`` times ours - theirs, of two that have the metric."""
    return sign * ((value(metric, ours) or 0.0) - (value(metric, theirs) or 0.0))


def _paired_cells(ours: Sample, theirs: Sample) -> Floats:
    """Draws of shares ``(resamples, label, ours, theirs)``."""
    code = 4 * ours.labels + 2 * ours.predicted + theirs.predicted
    return cell_draws(np.bincount(code, minlength=8).astype(np.float64).reshape(2, 2, 2))


def _confusion(shares: Floats, axis: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The four cells of one model; ``axis`` (after the draws) is the other model's, which is summed over."""
    own = shares.sum(axis=axis + 1)
    return own[:, 1, 1], own[:, 0, 1], own[:, 1, 0], own[:, 0, 0]
