"""Whether a verdict follows from the evidence beside it, under the policy in the bundle, by the pure decision."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.deciding.verdict import ENGINE, Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.candidate import SIGNATURE
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.bundle_documents import ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.bundle_files import (
    POLICY,
    REQUIRED,
    SCORES,
    VERDICT,
    VERSIONS,
    WAIVERS,
    sealed,
)
from lockgate.domain.releasing.release import Manifest, demand_passed
from lockgate.domain.releasing.signing.keys import Keys
from lockgate.domain.releasing.signing.verification import Difference, told_apart, verdict_differences
from lockgate.errors import GateClosed, InputError, LockgateError
from lockgate.ports import Documents, Files, Keyring, ProjectStore, Tables


@dataclass(frozen=True)
class Bench:
    """What a bundle is verified with, in a project or without one.

    ``committed`` are the keys that a commit names, or those that whoever asks gives in their place; ``own`` those of
    the user. ``named`` tells whether git has named a release as an environment's champion, ``shallow`` that the clone
    may lack the commit which did.
    """

    documents: Documents
    files: Files
    store: ProjectStore
    keyring: Keyring
    tables: Callable[[], Tables]
    committed: Keys
    own: Keys
    named: Callable[[Digest], bool]
    shallow: bool = False


@dataclass(frozen=True)
class Judged:
    """What became of the verdict: differences, the gates that were judged again, and those that were not."""

    differences: tuple[Difference, ...] = ()
    again: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None


def judge_sealed(bench: Bench, folder: Path, manifest: Manifest) -> Judged:
    """Judge the evidence of a bundle again, and hold the verdict beside it to that."""
    try:
        verdict = bench.documents.read(folder / VERDICT, Verdict)
    except InputError as error:
        return Judged((Difference("verdict", VERDICT, told_inside(error.message, folder)),))
    differences = (*_of_verdict(bench, folder, manifest, verdict),)
    if verdict.engine != ENGINE:
        told = (
            f"the verdict was drawn by the rules of version {verdict.engine}, these are {ENGINE}: it is taken as sealed"
        )
        gates = tuple(dict.fromkeys(found.gate for found in verdict.findings))
        return Judged(differences, taken=gates, notes=(told,), verdict=verdict)
    try:
        again = _again(bench, folder, manifest, verdict)
    except LockgateError as error:
        told = f"what the verdict was drawn from cannot be read: {told_inside(error.message, folder)}"
        return Judged((*differences, Difference("verdict", VERDICT, told)), verdict=verdict)
    judged, taken = told_apart(verdict, again)
    return Judged((*differences, *verdict_differences(verdict, again)), judged, taken, (), verdict)


def _of_verdict(bench: Bench, folder: Path, manifest: Manifest, verdict: Verdict) -> Iterator[Difference]:
    """What the verdict says that it is about, and what the documents beside it repeat of it."""
    content = content_of(manifest)
    if content is not None:
        try:
            demand_passed(verdict, content)
        except GateClosed as error:
            yield Difference("verdict", VERDICT, error.message)
    for kind in dict.fromkeys((*REQUIRED, *verdict.evidence)):
        if kind not in verdict.evidence or verdict.evidence[kind] != manifest.files.get(sealed(kind)):
            yield Difference("verdict", sealed(kind), f"the verdict was not drawn from {sealed(kind)} of this bundle")
    if manifest.schema != VERSIONS[0]:
        yield from _of_copies(bench, folder, verdict)


def _of_copies(bench: Bench, folder: Path, verdict: Verdict) -> Iterator[Difference]:
    try:
        if bench.documents.read(folder / POLICY, ResolvedPolicy).gates != verdict.policy:
            yield Difference("verdict", POLICY, f"{POLICY} is not the policy that the verdict was drawn under")
        if bench.documents.read(folder / WAIVERS, UsedWaivers) != UsedWaivers.of(verdict):
            yield Difference("verdict", WAIVERS, f"{WAIVERS} are not the waivers that the verdict used")
    except InputError as error:
        yield Difference("verdict", VERDICT, told_inside(error.message, folder))


def _again(bench: Bench, folder: Path, manifest: Manifest, verdict: Verdict) -> Verdict:
    """The verdict that the pure decision gives of what lies in the bundle: no rows of others, and no champion."""
    kinds = [kind for kind in verdict.evidence if kind in DOCUMENTS and sealed(kind) in manifest.files]
    evidence = Evidence().holding(*(bench.documents.read(folder / sealed(kind), DOCUMENTS[kind]) for kind in kinds))
    least = 1
    if POLICY in manifest.files:
        least = bench.documents.read(folder / POLICY, ResolvedPolicy).min_rows_per_value
    case = Case(
        verdict.candidate,
        bench.documents.read(folder / SIGNATURE, Signature),
        verdict.source,
        verdict.environment,
        replace(evidence, scores=_scores(bench, folder, manifest, evidence)),
        verdict.evidence,
        None,
        verdict.selection,
        sealed=True,
        min_rows_per_value=least,
    )
    return decide(verdict.policy, case, verdict.waivers, verdict.judged_on or date.max)


def _scores(bench: Bench, folder: Path, manifest: Manifest, evidence: Evidence) -> ScoreTable | None:
    """Truth, answer and score of each row, where the bundle has them."""
    accuracy = evidence.of(AccuracyEvidence)
    if accuracy is None or SCORES not in manifest.files:
        return None
    try:
        return ScoreTable.of(bench.tables().read(folder / SCORES), accuracy.task)
    except (KeyError, ValueError, TypeError):  # columns that are no scores: the evidence is taken as it was sealed
        return None


def content_of(manifest: Manifest) -> Digest | None:
    """The content digest; ``None`` where the manifest leaves a file of it out."""
    try:
        return manifest.content
    except KeyError:
        return None


def told_inside(message: str, folder: Path) -> str:
    """A message without the folder that a bundle happens to lie in."""
    return message.replace(f"{folder}/", "")
