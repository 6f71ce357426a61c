"""Why a metric has no value on some rows, or no interval, in words."""

from collections.abc import Iterator, Mapping

import numpy as np

from lockgate.domain.names import listed
from lockgate.domain.statistics.blocks import too_few_blocks
from lockgate.domain.statistics.metrics.coverage_error import crossed_rows
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metrics_of
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Places, Sample, ValueSample

NAMED = 5
BIT = 1e-6
"""By so much two float32 probabilities may differ that are meant to be equal."""


def remarks(metrics: Mapping[str, float | None], sample: AnySample) -> Iterator[str]:
    """What a reader of the metrics has to know of the answers: why some are no number, and whether quantiles cross."""
    known = metrics_of(sample.task)
    reasons: dict[str, list[str]] = {}
    for name in (name for name, found in metrics.items() if found is None):
        why = why_no_value(known[name], sample) if name in known else ""
        reasons.setdefault(why or _of_two(sample), []).append(name)
    yield from (f"no number for {listed(names)}: {why}" for why, names in reasons.items() if why)
    if isinstance(sample, ValueSample) and (crossed := int(crossed_rows(sample).sum())):
        told = f"quantiles cross in {crossed} of {sample.rows} rows: a higher one is below a lower one"
        yield f"{told}; gates.calibration.max_crossing limits them"
    if isinstance(sample, ClassSample) and (other := _other_label(sample)):
        told = f"in {other} of {sample.rows} rows the label is not the class of the largest probability"
        yield f"{told}: are the classes handed over in the order of the probabilities?"


def _other_label(sample: ClassSample) -> int:
    """In how many rows another class than the label is surely likelier; a last bit is none."""
    known = (sample.predicted >= 0) & np.isfinite(sample.scores).all(axis=1)
    scores = sample.scores[known]
    return int((scores.max(axis=1) - scores[np.arange(len(scores)), sample.predicted[known]] > BIT).sum())


def _of_two(sample: AnySample) -> str:
    if not isinstance(sample, Sample):
        return ""
    if lost := int((~np.isfinite(sample.scores)).sum()):
        return f"{lost} of {sample.rows} rows have an answer that is no finite number"
    return "" if sample.whole else "all rows are of one class"


def why_no_value(metric: Metric, sample: AnySample) -> str:
    """Why the metric is no number on these rows; empty where nothing is known of it.

    Of two classes it is empty: there the rows lack a class, or a score.
    """
    if isinstance(sample, Sample):
        return ""
    if not sample.rows:
        return "there are no rows"
    lost = int((~np.isfinite(sample.said).reshape(sample.rows, -1).all(axis=1)).sum())
    if lost:
        return f"{lost} of {sample.rows} rows have an answer that is no finite number"
    if isinstance(sample, ValueSample):
        return _of_numbers(metric, sample)
    return _of_classes(metric, sample) if isinstance(sample, ClassSample) else _of_labels(metric, sample)


def why_no_interval(sample: AnySample) -> str:
    """Why a metric that has a value has no interval."""
    if few := too_few_blocks(sample):
        return few
    return "" if isinstance(sample, Sample) else "no row differs from another, so that nothing tells how sure it is"


def _of_classes(metric: Metric, sample: ClassSample) -> str:
    counts = np.bincount(sample.truth, minlength=len(sample.names))
    never, always = _never_and_always(metric, sample, counts)
    if never:
        return f"no row is of {_some(never)}"
    if metric.of and always:
        return f"every row is of {_some(always)}"
    return "" if len(sample.names) > NAMED else f"there are {len(sample.names)} classes"


def _of_labels(metric: Metric, sample: LabelSample) -> str:
    never, always = _never_and_always(metric, sample, sample.truth.sum(axis=0))
    told = [f"no row has {_some(never)}"] if never else []
    return " and ".join(told + ([f"every row has {_some(always)}"] if always else []))


def _never_and_always(metric: Metric, sample: ClassSample | LabelSample, counts: Places) -> tuple[list[str], list[str]]:
    """The classes or labels that no row has, and that every row has; for a metric of one of them, that one alone."""
    own = [(name, int(rows)) for name, rows in zip(sample.names, counts, strict=True) if metric.of in {"", name}]
    return [name for name, rows in own if not rows], [name for name, rows in own if rows == sample.rows]


def _of_numbers(metric: Metric, sample: ValueSample) -> str:
    if not np.isfinite(sample.truth).all():
        return "a true value is no finite number"
    if metric.parts is not None and sample.naive is None and not np.isfinite(metric.parts(sample)).any():
        return "there is no naive forecast beside the answers"
    if metric.parts is not None and (lost := int((~np.isfinite(metric.parts(sample)).all(axis=1)).sum())):
        return f"{lost} of {sample.rows} rows have a value or an answer that it is not defined for, such as 0 or less"
    return "what it is relative to does not vary, or is never wrong"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return listed([repr(name) for name in names[:NAMED]]) + more
