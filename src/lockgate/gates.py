"""What a gate is made of: for whoever writes one, and for Lockgate's own.

A package installs a ``Gate`` under the entry point group ``lockgate.gates``: ``docs/extending.md``. ``judge_interval``
holds an ``Estimate``, one model's by ``estimate`` or a paired one by ``difference``, to a ``Rule`` by the bounds of its
interval; ``judge_worst`` does so for many claims at once. ``unsound`` and ``without_champion`` say why there is nothing
to judge. ``lockgate.testing.contracts`` has the suite that any gate passes.
"""

from lockgate.domain.judging.protocol.anchor import ANCHOR_RULE, Anchor
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import (
    CHAMPION_RULE,
    Champion,
    its_own_model,
    no_champion,
    not_comparable,
)
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.extensions.measurable import Measurable
from lockgate.domain.judging.protocol.extensions.metric import metric_failed, unusable
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate, Mode
from lockgate.domain.judging.protocol.interval_rule import (
    Rule,
    chance,
    judge_interval,
    judge_worst,
    least_room,
    worst_claim,
)
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.judging.protocol.reason import OwnReason, Reason
from lockgate.domain.judging.protocol.score_evidence import inconsistent, own_model, unsound, without_champion
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT, RECHECK, unmeasured
from lockgate.domain.judging.protocol.words import ALWAYS, BOUND, Line, Told, clause, in_words, said, with_bounds
from lockgate.domain.model.candidate import Subject
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate, Interval

__all__ = [
    "ALWAYS",
    "ANCHOR_RULE",
    "BOUND",
    "BY_THE_POINT",
    "CHAMPION_RULE",
    "RECHECK",
    "Anchor",
    "Case",
    "Champion",
    "Estimate",
    "Evidence",
    "Finding",
    "Gate",
    "Interval",
    "Line",
    "Measurable",
    "Mode",
    "Outcome",
    "OwnReason",
    "ProjectFacts",
    "Reason",
    "Rule",
    "Subject",
    "Told",
    "chance",
    "clause",
    "difference",
    "estimate",
    "in_words",
    "inconsistent",
    "its_own_model",
    "judge_interval",
    "judge_worst",
    "least_room",
    "metric_failed",
    "no_champion",
    "not_comparable",
    "own_model",
    "said",
    "unmeasured",
    "unsound",
    "unusable",
    "with_bounds",
    "without_champion",
    "worst_claim",
]
