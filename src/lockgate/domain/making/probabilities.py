"""What the numbers of a task must be: probabilities where it has classes or labels, and any number else."""

import numpy as np

from lockgate.domain.model.task import Task
from lockgate.domain.statistics.sample import Floats

SUM = 1e-3
"""How far from 1 the sum of a row's probabilities may be, and how far outside 0 to 1 each: rounding of float16 too."""


def problem_of_numbers(task: Task, numbers: Floats) -> str:
    """Why numbers ``(rows, width)`` are no answers of this task, with the first such row; empty where they are.

    A row with a number that is not finite is a matter of whoever judges it. Numbers of any size that were meant to go
    through a softmax or a sigmoid, logits, are told as what they are.
    """
    if task.kind == "regression":
        return ""
    known = np.isfinite(numbers).all(axis=1)
    outside = known & ((numbers < -SUM) | (numbers > 1 + SUM)).any(axis=1)
    if outside.any():
        row = int(outside.argmax())
        last = "softmax" if task.labelled else "sigmoid"
        return f"row {row} has {_shown(numbers[row])}: logits, no probabilities; end the network with a {last}"
    if task.labelled and (apart := known & (np.abs(numbers.sum(axis=1) - 1) > SUM)).any():
        row = int(apart.argmax())
        return f"row {row} adds up to {numbers[row].sum():.6g}: {_shown(numbers[row])}; the classes share 1"
    return ""


def _shown(numbers: Floats) -> str:
    more = ", ..." if len(numbers) > 4 else ""  # noqa: PLR2004 - of a line
    return f"({', '.join(f'{value:.4g}' for value in numbers[:4])}{more})"
