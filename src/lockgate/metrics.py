"""What a metric of your own is made of: see docs/extending.md. Its public face."""

from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.sample import ClassSample, LabelSample, Sample, ValueSample

__all__ = ["ClassSample", "Interval", "LabelSample", "Metric", "Sample", "ValueSample"]
