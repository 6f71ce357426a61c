"""The parity gate in words: what it demands, and the figures of what passed."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.words import Told, clause, said

OF_SIZE: Final = " of a number's size"


def words(policy: ParityPolicy, told: Told) -> Iterator[str]:
    """The policy in words; numbers of a regression have no labels, and are held against their size."""
    numbers = told.task == "regression"
    flips = "" if numbers else f"; at most {policy.max_flips} labels flip"
    yield f"the ONNX model answers as the trained one{flips}"
    if policy.tolerance == "calibrated":
        source = f"{said(policy.multiple)} times the source's own error in float32"
        yield f"within {source}, or {said(policy.ulps)} units in the last place where that is more"
    yield from _limits(policy.max_absolute, policy.max_relative, numbers=numbers)
    if policy.without_source == "variation_only":
        yield "an ONNX file without trained model or stored answers passes by its own answers alone"
    varies = f"by at most {said(policy.max_variation)}{OF_SIZE if numbers else ''}"
    yield f"its own answers to a row vary {varies}, in other batches, with other threads, optimised otherwise"
    yield f"each answer within {said(policy.seconds)} seconds and {said(policy.memory_gib)} GiB of memory"


def _limits(absolute: float | None, relative: float | None, *, numbers: bool) -> Iterator[str]:
    """Of a regression both are of the size of a number, so that the smaller one holds."""
    limits = {name: limit for name, limit in (("absolute", absolute), ("relative", relative)) if limit is not None}
    if numbers and limits:
        yield f"within {said(min(limits.values()))}{OF_SIZE}, or of the typical size of its column where that is more"
    elif limits:
        yield "within " + " and ".join(f"{said(limit)} {name}" for name, limit in limits.items())


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
