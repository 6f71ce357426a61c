"""A plant of the integrity gate: stages that ran before what they read was changed."""

from dataclasses import replace

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


PLANTS = (Simple("a candidate of another commit", "integrity", (Reason.OTHER_SOURCE,), other_source, place=25),)
