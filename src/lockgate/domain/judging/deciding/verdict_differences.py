"""What two verdicts on one candidate do not say alike, in words: whoever judges again tells what has changed."""

from collections.abc import Iterator

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Finding

ALIKE = ("outcome", "candidate", "findings", "waivers", "selection", "off", "meant", "environment")


def differences(drawn: Verdict, again: Verdict) -> Iterator[str]:
    """What the first one does not say as the second does; the days on which they were drawn may differ."""
    if drawn.source != again.source:
        yield f"it is of the commit {drawn.source.commit[:12]}, the evidence of {again.source.commit[:12]}"
    if drawn.champion != again.champion:
        yield f"it was drawn against {_champion(drawn.champion)}, now there is {_champion(again.champion)}"
    if drawn.anchor != again.anchor:
        yield f"its anchor is {_anchor(drawn.anchor)}, now it is {_anchor(again.anchor)}"
    for kind in sorted({*drawn.evidence, *again.evidence}):
        if drawn.evidence.get(kind) != again.evidence.get(kind):
            yield f"the {kind} evidence is another"
    yield from _findings(drawn, again)
    for name in ALIKE:
        if getattr(drawn, name) != getattr(again, name):
            yield f"its {name}"


def _findings(drawn: Verdict, again: Verdict) -> Iterator[str]:
    lacking = [found for found in again.findings if found not in drawn.findings]
    for said in drawn.findings:
        if said not in again.findings:
            yield f"it has the finding {_told(said)}"
    for found in lacking:
        yield f"it lacks the finding {_told(found)}"


def _champion(release: Digest | None) -> str:
    return "no champion" if release is None else f"the champion {release.short}"


def _anchor(release: Digest | None) -> str:
    return "not known" if release is None else f"the release {release.short}"


def _told(finding: Finding) -> str:
    return f"{finding.gate}, {finding.rule}: {finding.outcome}: {finding.message}"
