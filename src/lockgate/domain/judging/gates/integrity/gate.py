"""The integrity gate: model and evidence are what the stages made, from the params and files that the commit has."""

from collections.abc import Iterable, Sequence

from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.words import ALWAYS
from lockgate.domain.making.stage_records import Lineage
from lockgate.domain.names import listed

GATE = "integrity"
AGAIN = "make it again: `lockgate run`"
STAGE = "`lockgate run`; where no stage of dvc.yaml makes it, let one do so first, with what it reads under `deps`"


def judge_integrity(lineage: Lineage | None) -> tuple[Finding, ...]:
    """Findings on the record of the stages, on what they read, and on what they made."""
    if lineage is None or lineage.problem or lineage.unmade or not lineage.stages:
        unmade = lineage is not None and bool(lineage.unmade) and not lineage.problem
        return (_undecided("recorded", Reason.NOT_MEASURED, _without_record(lineage), STAGE if unmade else AGAIN),)
    recorded = Finding(GATE, "recorded", Outcome.PASSED, f"made by {listed(lineage.stages)}{_unwatched(lineage)}")
    return (recorded, _source(lineage), _committed(lineage), _results(lineage))


def _unwatched(lineage: Lineage) -> str:
    """DVC alone recorded these, when they had ended."""
    if not lineage.own_commands:
        return ""
    return f"; what changed while {listed(lineage.own_commands)} ran is not seen: a command of the project's own"


def _without_record(lineage: Lineage | None) -> str:
    if lineage is None or not (lineage.problem or lineage.unmade):
        return "nothing tells what made the candidate"
    if lineage.gone:
        return f"{listed(lineage.unmade)} was made by {listed(lineage.gone)}, which dvc.yaml does not define any more"
    return lineage.problem or f"dvc.lock has no stage that made {listed(lineage.unmade)}"


def _source(lineage: Lineage) -> Finding:
    changed = [
        f"{stage}: {listed(names)}"
        for stage in lineage.stages
        if (names := _differences(lineage, ("param", "file"), stage))
    ]
    if changed:
        message = f"made from another source; since then has changed, for {listed(changed, '; for ')}"
        return _undecided("source", Reason.OTHER_SOURCE, message, _again(lineage.unseen_by_dvc))
    return Finding(GATE, "source", Outcome.PASSED, "params and files are those that the stages ran on")


def _again(unseen: Sequence[str]) -> str:
    """DVC takes a stage for unchanged where it does not see what has changed: it has to be told."""
    forced = [f"`dvc repro --force --single-item {stage}`" for stage in unseen]
    return f"make it again: {', '.join(forced)}, then `lockgate run`" if forced else AGAIN


def _committed(lineage: Lineage) -> Finding:
    """What git does not have as it is here, no other clone has."""
    if lineage.uncommitted:
        message = f"the stages read what is not in the commit as it is here: {listed(lineage.uncommitted)}"
        remedy = "commit it, or have DVC keep it (`dvc add`); a file that git ignores is in no commit"
        return Finding(GATE, "committed", Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.NOT_COMMITTED)
    return Finding(GATE, "committed", Outcome.PASSED, "the commit has every file that the stages read")


def _results(lineage: Lineage) -> Finding:
    if changed := _differences(lineage, ("result",)):
        return _undecided("results", Reason.OTHER_RESULT, f"not what the stages made: {listed(changed)}")
    return Finding(GATE, "results", Outcome.PASSED, "what lies here is what the stages made")


def _differences(lineage: Lineage, kinds: Iterable[str], stage: str | None = None) -> list[str]:
    wanted = frozenset(kinds)
    records = (each for each in lineage.records if each.kind in wanted and stage in {None, each.stage})
    return [name for record in records for name in record.differences()]


def _undecided(rule: str, reason: str, message: str, remedy: str = AGAIN) -> Finding:
    return Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def judge(_: None, case: Case) -> tuple[Finding, ...]:
    """What the stages recorded of the case's candidate and evidence, and what its commits did to the policy."""
    loosened = case.evidence.beside.loosened
    return (*judge_integrity(case.evidence.lineage), *([_loosened(loosened)] if loosened else []))


def _loosened(settings: Sequence[str]) -> Finding:
    """A policy that is loosened for a candidate judges that candidate alone: somebody has to want it so."""
    message = f"the policy demands less by the change that it judges: {listed(settings)}"
    remedy = "loosen it in a commit of its own, or have a waiver for integrity in deploy/waivers.yaml"
    return Finding(GATE, "policy", Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.POLICY_LOOSENED)


WORDS = {
    ALWAYS: "model and evidence are what the stages of dvc.lock made, from the params and files that are here",
}
"""It has no settings."""

INTEGRITY = Gate(
    name=GATE,
    without_project="nothing says what the model was made from",
    judge=judge,
    required=True,
    sealed=False,
    words=WORDS,
    reasons=(
        Reason.OTHER_SOURCE,
        Reason.OTHER_RESULT,
        Reason.NOT_COMMITTED,
        Reason.POLICY_LOOSENED,
    ),
)
