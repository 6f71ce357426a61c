"""What verifying a bundle has found: every difference from what was sealed, and not the first alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import OPENING, Finding
from lockgate.domain.releasing.bundle_files import OUTSIDE, demanded, is_known
from lockgate.domain.releasing.release import Manifest
from lockgate.domain.releasing.safe_names import MOST_FILES, shown, unsafe_names
from lockgate.domain.releasing.signing.keys import Signer

What: TypeAlias = Literal[
    "changed", "missing", "additional", "renamed", "unsafe", "form", "signature", "verdict", "other"
]
State: TypeAlias = Literal["verified", "refused", "undecided"]


@dataclass(frozen=True)
class Difference:
    """A file that is not as it was sealed, or what does not follow from the others; ``message`` says how."""

    what: What
    file: str
    message: str


@dataclass(frozen=True)
class Verification:
    """What a REF was found to be.

    ``state`` is ``verified``, ``refused`` where something differs, or ``undecided`` where that cannot be told: a
    release of before there were signatures that no commit names. ``signer`` is the trusted key that signed it.
    ``judged_again`` are the gates whose findings follow from the evidence in the bundle, ``as_sealed`` those that need
    rows or a champion that no bundle holds. ``notes`` are what else there is to know.
    """

    reference: str
    state: State
    name: str
    release: Digest | None
    content: Digest | None
    signer: Signer | None
    differences: tuple[Difference, ...]
    judged_again: tuple[str, ...] = ()
    as_sealed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    schema: Literal["lockgate/verification/1"] = "lockgate/verification/1"


def file_differences(manifest: Manifest, found: Mapping[str, Digest]) -> Iterator[Difference]:
    """Every file that was changed, is missing, was added or is called otherwise; ``found`` are all that lie there."""
    there = {name: digest for name, digest in found.items() if name not in OUTSIDE}
    missing = {*manifest.files, *demanded(manifest.schema)} - set(there)
    added = {name for name in there if name not in manifest.files}
    for name in sorted(added):
        was = next((other for other in sorted(missing) if manifest.files.get(other) == there[name]), None)
        if was is None:
            yield Difference(
                "additional", shown(name), f"{shown(name)} is in no release: the manifest does not name it"
            )
            continue
        missing.discard(was)
        yield Difference("renamed", shown(was), f"{was} is called {shown(name)} here")
    for name in sorted(missing):
        yield Difference("missing", shown(name), f"{shown(name)} is missing")
    for name in sorted(set(there) & set(manifest.files)):
        if there[name] != manifest.files[name]:
            told = f"{shown(name)} was changed: it is {there[name].short}, sealed was {manifest.files[name].short}"
            yield Difference("changed", shown(name), told)
    for name in sorted(name for name in manifest.files if not is_known(name)):
        yield Difference("other", shown(name), f"{shown(name)}: no release of this Lockgate holds a file called so")


def name_differences(names: Mapping[str, object], odd: Mapping[str, str]) -> Iterator[Difference]:
    """Every name that no file of a bundle may have; ``odd`` are what is no plain file, with what it is."""
    for name, why in unsafe_names([*names]).items():
        yield Difference("unsafe", shown(name), f"{shown(name)}: {why}")
    for name, kind in sorted(odd.items()):
        yield Difference("unsafe", shown(name), f"{shown(name)} is {kind}, no plain file")
    if len(names) > MOST_FILES:
        yield Difference("unsafe", "", f"{len(names)} files, at most {MOST_FILES} are taken")


UNTOLD = frozenset(
    {
        "gate-failed",
        "measured-otherwise",
        "missing-slice",
        "no-champion",
        "no-reference",
        "no-scores",
        "not-measured",
        "unknown-feature",
    }
)
"""Reasons of findings that say: what is judged is not here. A bundle has no rows of others, and no champion."""
NEAR = 1e-6


def verdict_differences(drawn: Verdict, again: Verdict) -> Iterator[Difference]:
    """Every finding of a verdict that the evidence beside it contradicts, under the policy of the verdict."""
    for said in drawn.findings:
        found = _same_rule(again, said)
        if found is None or found.reason in UNTOLD:
            continue
        if said.outcome in OPENING and found.outcome not in OPENING:
            told = f"the verdict says {said.outcome}, its evidence gives {found.outcome}: {found.message}"
            yield Difference("verdict", "verdict.json", f"{said.gate}, {said.rule}: {told}")
        elif not _near(said.measured, found.measured):
            told = f"the verdict says {said.measured}, its evidence {found.measured}"
            yield Difference("verdict", "verdict.json", f"{said.gate}, {said.rule}: {told}")


def told_apart(drawn: Verdict, again: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The gates of which each finding was judged again, and those of which one is taken as it was sealed."""
    every = tuple(dict.fromkeys(said.gate for said in drawn.findings))
    taken = {
        said.gate for said in drawn.findings if (found := _same_rule(again, said)) is None or found.reason in UNTOLD
    }
    return tuple(gate for gate in every if gate not in taken), tuple(gate for gate in every if gate in taken)


def _same_rule(verdict: Verdict, said: Finding) -> Finding | None:
    return next((each for each in verdict.findings if (each.gate, each.rule) == (said.gate, said.rule)), None)


def _near(said: float | None, found: float | None) -> bool:
    if said is None or found is None:
        return True
    return abs(said - found) <= NEAR * max(1.0, abs(said), abs(found))


def state_of(differences: tuple[Difference, ...], signer: Signer | None, *, vouched: bool) -> State:
    """``vouched``: an unsigned release of before is named by a commit, or whoever asks takes it."""
    if differences:
        return "refused"
    return "verified" if signer is not None or vouched else "undecided"
