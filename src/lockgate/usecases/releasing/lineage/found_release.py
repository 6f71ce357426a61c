"""The release that a lineage is of: its bundle, where one can be had, and what is in it, whole or not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.lineage.document import Doubt
from lockgate.domain.releasing.release import PROVENANCE, VERDICT, Provenance, Release
from lockgate.errors import LockgateError
from lockgate.ports import CommitLog
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release

T = TypeVar("T")


@dataclass(frozen=True)
class FoundRelease:
    """A release that was named, and what could be read of it; a doubt says why what could not.

    ``opened`` is the release itself, where the bundle verifies and is the one that was named.
    """

    reference: ReleaseReference
    folder: Path | None = None
    where: str = ""
    verified: bool | None = None
    verdict: Verdict | None = None
    provenance: Provenance | None = None
    signer: str = ""
    doubts: tuple[Doubt, ...] = ()
    opened: Release | None = None


def read_release(project: Project, reference: ReleaseReference, folder: Path, where: str) -> FoundRelease:
    """What lies in a bundle. One that does not verify is told all the same, and said to be so."""
    doubts: list[Doubt] = []
    signer = ""
    opened: Release | None = None
    try:
        release = open_release(project, folder)
        signer, opened = _signer(release), release if release.digest == reference.release else None
        if opened is None:
            doubts.append(Doubt("release", f"{where} holds another release"))
        if not signer:
            doubts.append(Doubt("release", "it is of before there were signatures, and has none"))
    except LockgateError as error:
        doubts.append(Doubt("release", f"it does not verify: {error.message}", error.hint))
    verdict = _tried(project, folder / VERDICT, Verdict, doubts)
    provenance = _tried(project, folder / PROVENANCE, Provenance, doubts)
    verified = opened is not None
    return FoundRelease(reference, folder, where, verified, verdict, provenance, signer, tuple(doubts), opened)


def _signer(release: Release) -> str:
    """The key that signed it, in words; empty where there is none."""
    if release.signer is None:
        return ""
    by = "a key that the repository names" if release.signer.committed else "a key of this user's own"
    return f"{release.signer.name} {release.signer.fingerprint.short}, {by}" + (", retired" * release.signer.retired)


def not_had(reference: ReleaseReference, why: str, hint: str) -> FoundRelease:
    """A release that git names and that cannot be had here: what git says is all that is told."""
    return FoundRelease(reference, doubts=(Doubt("release", why, hint),))


def named_in_git(project: Project, log: CommitLog) -> Iterator[ReleaseReference]:
    """Every release that a file of an environment named in any commit of any branch or tag that is here."""
    seen: set[ReleaseReference] = set()
    for content in log.ever(project.layout.deploy):
        try:
            named = project.documents.parse_settings(content, "", Deployment).champion
        except LockgateError:  # another file of that folder, or one that was never whole
            continue
        if named is not None and named not in seen:
            seen.add(named)
            yield named


def raw_json(project: Project, path: Path) -> dict[str, Any]:
    """A JSON document as it stands, whatever its class; empty where it cannot be read."""
    try:
        found = json.loads(project.store.content(path))
    except (LockgateError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tried(project: Project, path: Path, kind: type[T], doubts: list[Doubt]) -> T | None:
    try:
        return project.documents.read(path, kind)
    except LockgateError as error:
        doubts.append(Doubt("release", error.message))
        return None
