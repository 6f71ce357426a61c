"""The policy of a file that belongs to no project: what needs one may be left out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.task_fit import Place, place_in, skills, unfit
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.graphs.read_answers import ReadAnswers
from lockgate.domain.model.task import quantiles_of
from lockgate.domain.statistics.metrics.first_looked_at import by_score
from lockgate.domain.statistics.metrics.registry import metrics_of
from lockgate.errors import SettingsError

BY_ITSELF = ParityPolicy(tolerance="calibrated", max_variation=1e-3)
"""How far a model's own answers may vary, where nobody says it. A float32 classifier of 214 types of files, in wide
use, varies by 8e-5 with the batch; a quantization that looks at the whole batch varies by more than this. Whoever
trains a model can export it otherwise, so that a project's default is narrower; of a file of others its size is all
that can be said."""

LEAST: Final = ParityPolicy.max_variation
"""What float32 needs of numbers, in relation to their size, however near to each other they lie."""


def allowed_variation(policy: Policy | None, answers: Answers) -> ParityPolicy:
    """The parity of the policy, or that of a file; numbers far from 0 may vary by less of their size.

    What answers 273 to 303 is not the same by a thousandth of 288: of such it is a thousandth of how far they lie
    apart (the standard deviation of a column, in relation to its median absolute value), and ``LEAST`` at least.
    """
    parity = BY_ITSELF if policy is None else policy.parity
    if answers.task.kind != "regression" or parity != BY_ITSELF:
        return parity
    known = answers.scores[np.isfinite(answers.scores).all(axis=1)]
    if not len(known):
        return parity
    size, apart = np.median(np.abs(known), axis=0), known.std(axis=0)
    share = float(np.min(np.where(size > apart, apart / np.where(size > 0, size, 1.0), 1.0)))
    return replace(parity, max_variation=max(LEAST, share * parity.max_variation))


@dataclass(frozen=True)
class FilePolicy(Policy):
    """A policy without ``tests``, which a file has none of, or without ``parity``, which is then that of a file."""

    tests: TestsPolicy = field(default=TestsPolicy(), kw_only=True)
    parity: ParityPolicy = field(default=BY_ITSELF, kw_only=True)


@dataclass(frozen=True)
class GivenPolicy:
    """A policy, and how it stands in its file: ``written`` is its ``gates:``, ``line`` where a setting stands there."""

    policy: Policy
    written: Mapping[str, Any] = field(default_factory=dict)
    line: Callable[[Place], str] = lambda _: "--policy"

    def demand_fit(self, read: ReadAnswers, *, forecast: bool) -> None:
        """Raise ``SettingsError`` where it does not fit the task, or asks for numbers that are not there.

        ``forecast`` says whether there is one beside the truth.
        """
        policy, task = self.policy, read.answers.task
        if found := [*unfit(task.kind, policy, self.written, quantiles_of(task))]:
            raise self._wrong(*(message for _, message in found), hint=_hint(found[0][0], read))
        metric = policy.accuracy.metric
        if metric not in metrics_of(task.kind):
            told = f"gates.accuracy.metric: {metric} is brought by a package, which a project names"
            raise self._wrong(told, hint="judge by one of Lockgate's own metrics")
        if not read.scored and policy.calibration is not None:
            told = "gates.calibration: it asks for probabilities, and the model answers labels alone"
            raise self._wrong(told, hint="leave it out, or export the model with its probabilities")
        if not read.scored and by_score(metric):
            told = f"gates.accuracy.metric: {metric} asks for probabilities, and the model answers labels alone"
            raise self._wrong(told, hint="judge it by a metric of labels")
        if not forecast and (relative := skills(policy)):
            told = f"gates.accuracy: {relative[0]} is relative to a naive forecast, and no column is named that has it"
            raise self._wrong(told, hint="name it: --naive COLUMN")

    def _wrong(self, *messages: str, hint: str) -> SettingsError:
        told = "\n".join(f"{self.line(place_in(message))}: {message}" for message in messages)
        return SettingsError(told, hint=hint)


def _hint(place: Place, read: ReadAnswers) -> str:
    task = read.answers.task
    if place == ("gates", "calibration") and task.kind == "regression" and not quantiles_of(task):
        return "where the model answers quantiles, say which: --quantiles 0.05,0.5,0.95"
    return f"the model is judged as one of a {task.kind} task; where it is of another, say --task"
