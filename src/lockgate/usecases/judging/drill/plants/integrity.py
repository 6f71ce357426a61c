"""Plants of the integrity gate: stages that ran before what they read was changed, and a policy made to measure."""

from dataclasses import replace

from lockgate.domain.judging.deciding.policy_changes import policy_changes
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.making.stage_records import ABSENT
from lockgate.usecases.judging.drill.plant import Bed, Planted, Simple


def other_source(_: Bed) -> Planted:
    """The stages ran before one of the files or params changed that they read."""

    def change(evidence: Evidence) -> Evidence:
        lineage = evidence.lineage
        if lineage is None:
            return evidence
        read = next((record for record in lineage.records if record.kind != "result"), None)
        records = (replace(each, found=ABSENT) if each is read else each for each in lineage.records)
        return replace(evidence, lineage=replace(lineage, records=tuple(records)))

    return Planted(change=change)


def loosened_policy(bed: Bed) -> Planted:
    """The commit that changed the candidate lets one more test be skipped."""
    tests = bed.policy.tests
    looser = replace(bed.policy, tests=replace(tests, max_skipped=tests.max_skipped + 1))
    told = tuple(str(change) for change in policy_changes(bed.policy, looser) if change.looser)

    def change(evidence: Evidence) -> Evidence:
        return replace(evidence, beside=replace(evidence.beside, loosened=told))

    return Planted(change=change)


PLANTS = (
    Simple("a candidate of another commit", "integrity", (Reason.OTHER_SOURCE,), other_source, place=25),
    Simple("policy loosened in the same commit", "integrity", (Reason.POLICY_LOOSENED,), loosened_policy),
)
