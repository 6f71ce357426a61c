"""What every gate says where there is nothing sound to judge."""

from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason

RECHECK = "run `lockgate run`, which collects the evidence again"


def unmeasured(gate: str, message: str, reason: str, remedy: str = RECHECK) -> Finding:
    """Undecided: the evidence is absent, of something else, or unsound; no waiver stands in for it."""
    return Finding(gate, "measured", Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def measured_otherwise(gate: str, whose: str, measured: str, here: str, remedy: str = RECHECK) -> Finding:
    """Undecided: by the libraries or the Lockgate of here it might have come out differently."""
    message = f"{whose} measured with `{measured}`; in this environment it would be with `{here}`"
    return unmeasured(gate, message, Reason.MEASURED_OTHERWISE, remedy)


BY_THE_POINT = "; judged by the point, as evidence of before has no bounds: `lockgate run` measures them"
"""Said of evidence that an older version made: it is judged as that version did."""


def bootstrap(gate: str) -> str:
    """What lets a first release pass where there is no champion yet."""
    return f"a first release needs a waiver for {gate} with `scope: no-champion-yet` in deploy/waivers.yaml"
