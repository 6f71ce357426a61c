"""What fairness looks at one by one: each class against all others, each label; an error rate is of whole answers."""

from collections.abc import Mapping

import numpy as np

from lockgate.domain.statistics.groups import Measure
from lockgate.domain.statistics.metrics.one_of_many import one_class
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample


def samples_of(sample: AnySample, measure: Measure) -> Mapping[str, Sample]:
    """Samples of two classes, by the name of the class or label; empty for the only one. None of numbers."""
    if isinstance(sample, Sample):
        return {"": sample}
    if isinstance(sample, ClassSample) and measure == "error_rate":
        return {"": _right(sample)}
    if isinstance(sample, ClassSample | LabelSample):
        return {name: one_class(sample, name) for name in sample.names}
    return {}


def _right(sample: ClassSample) -> Sample:
    """Whether each answer is right: a sample in which every row is positive, and every wrong answer an error."""
    right = np.asarray(sample.truth == sample.predicted)
    return Sample(np.ones_like(right), right, right.astype(np.float64), sample.blocks)
