"""The parity gate in words: what it demands, and the figures of what passed."""

import math
from collections.abc import Iterator, Mapping

from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.words import Told, clause, said


def words(policy: ParityPolicy, _: Told) -> Iterator[str]:
    """The policy in words."""
    yield f"the ONNX model answers as the trained one; at most {policy.max_flips} labels flip"
    if policy.tolerance == "calibrated":
        source = f"{said(policy.multiple)} times the source's own error in float32"
        yield f"within {source}, or {said(policy.ulps)} units in the last place where that is more"
    limits = {"absolute": policy.max_absolute, "relative": policy.max_relative}
    if told := " and ".join(f"{said(limit)} {name}" for name, limit in limits.items() if limit is not None):
        yield f"within {told}"
    if policy.without_source == "variation_only":
        yield "an ONNX file without trained model or stored answers passes by its own answers alone"
    varies = f"by at most {said(policy.max_variation)}"
    yield f"its own answers to a row vary {varies}, in other batches, with other threads, optimised otherwise"
    yield f"each answer within {said(policy.seconds)} seconds and {said(policy.memory_gib)} GiB of memory"


def figures(passed: Mapping[str, Finding], _: str) -> str:
    """The largest difference and the flips, of the export or of a package."""
    compared = (
        f
        for rule, f in passed.items()
        if (f.limit and rule.startswith("packaged ")) or rule.endswith((": absolute", ": calibrated"))
    )
    told = (max(compared, key=_share, default=None), passed.get("flips"), passed.get("packaged flips"))
    return ", ".join(clause(found) for found in told if found is not None)


def _share(found: Finding) -> float:
    return (found.measured or 0.0) / (found.limit or math.inf)
