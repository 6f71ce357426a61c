"""What a lineage is asked of: an environment, now or then, or a release; and what that names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import Asked, Doubt
from lockgate.domain.releasing.lineage.environment_log import Stay
from lockgate.domain.releasing.lineage.moments import at, moment
from lockgate.domain.releasing.release import MANIFEST, Manifest
from lockgate.errors import DocumentError, InputError, LockgateError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.lineage.environments import CUT, doubts_of, stays_of
from lockgate.usecases.releasing.lineage.found_release import FoundRelease, named_in_git, not_had, read_release
from lockgate.usecases.releasing.references import FORMS, find_reference

UNSHALLOW = "git fetch --unshallow"
_NAME = re.compile(r"[\w.-]+")
_DIGITS = re.compile(r"(?:[\w.-]+[: ])?(?:sha256:)?(?P<hex>[0-9a-fA-F]{6,64})")


@dataclass(frozen=True)
class Answer:
    """What was asked, and the release that it names; ``None`` where an environment named none."""

    asked: Asked
    found: FoundRelease | None
    doubts: tuple[Doubt, ...] = ()


def answer(instruments: Instruments, reference: str, when: str | None) -> Answer:
    """Find what a reference names; ``when`` goes with an environment alone."""
    project, log = instruments.project(), instruments.commit_log()
    could_be = reference in project.settings.environments or _NAME.fullmatch(reference)
    if could_be and (stays := stays_of(project, reference, log)):
        return _of_environment(instruments, reference, stays, moment(when) if when else None)
    if reference in project.settings.environments:
        raise InputError(
            f"no commit here has deploy/{reference}.yaml", hint="commit it; in a shallow clone: " + UNSHALLOW
        )
    if when:
        names = listed(project.settings.environments, " or ")
        raise InputError(f"{reference!r} is no environment: --at asks what one named then", hint=f"name {names}")
    return Answer(Asked(reference), _named(instruments, reference))


def _of_environment(instruments: Instruments, environment: str, stays: Sequence[Stay], when: datetime | None) -> Answer:
    log = instruments.commit_log()
    stay = at(stays, when) if when else stays[0]
    asked = Asked(environment, environment, when.isoformat() if when else None)
    if stay is None:
        first = stays[-1].since
        hint = CUT.format(first.short) if log.shallow() else "that is the first commit that had its file"
        raise InputError(
            f"deploy/{environment}.yaml is in no commit before {first.committed_at}, and {asked.at} is", hint=hint
        )
    about = f"environment: {environment}"
    doubts = [Doubt(about, why, UNSHALLOW if log.shallow() else "") for why in doubts_of(stays, log)]
    if log.branch() is None:
        doubts.append(Doubt(about, "by the history of a detached HEAD: a branch may say otherwise"))
    if stay.problem:
        doubts.append(Doubt(about, f"the file of {stay.since.short} cannot be read: {stay.problem}"))
    found = None if stay.release is None else fetched(instruments, stay.release)
    return Answer(asked, found, tuple(doubts))


def fetched(instruments: Instruments, reference: ReleaseReference) -> FoundRelease:
    """A release that git names, read from where it can be had."""
    project = instruments.project()
    folder = project.releases.open(reference.release.short)
    if folder is None:
        try:
            folder = fetch_release(project, reference, elsewhere(instruments))
        except LockgateError as error:
            return not_had(reference, error.message, error.hint)
    found = read_release(project, reference, folder, folder.relative_to(project.layout.root).as_posix())
    return replace(found, doubts=(*found.doubts, *_not_stored(instruments, reference)))


def _not_stored(instruments: Instruments, reference: ReleaseReference) -> Iterator[Doubt]:
    """A doubt where the store does not have it: what lies here alone does not exist for others."""
    try:
        store = instruments.release_store()
        if store.document(reference.release, MANIFEST) is None:
            yield Doubt(
                "store", f"the store {store.where} does not have it", f"lockgate store put {reference.release.short}"
            )
    except LockgateError as error:
        yield Doubt("store", f"the store cannot say whether it has it: {error.message}", error.hint)


def _named(instruments: Instruments, reference: str) -> FoundRelease:
    """A folder, a Bento, an image or a version of a registry, as ``find_reference`` knows them, or a release."""
    project = instruments.project()
    found = None if _DIGITS.fullmatch(reference.strip()) else find_reference(instruments, reference)
    if found is None:
        return _by_digest(instruments, reference)
    if found.folder is not None:
        manifest = project.documents.read(found.folder / MANIFEST, Manifest)
        named = ReleaseReference(manifest.name, manifest.release, manifest.content)
        return read_release(project, named, found.folder, found.words)
    if found.digest is None:
        raise DocumentError(f"{reference!r} names no release", hint=FORMS)
    return _of_digest(instruments, found.digest, found.name or project.settings.model)


def _of_digest(instruments: Instruments, digest: Digest, name: str) -> FoundRelease:
    """A release by its whole digest: its content is what its bundle says, where it can be had."""
    known = (*_lying_here(instruments.project()), *named_in_git(instruments.project(), instruments.commit_log()))
    reference = next((each for each in known if each.release == digest), ReleaseReference(name, digest, digest))
    found = fetched(instruments, reference)
    if found.verdict is None:
        return found
    return replace(found, reference=ReleaseReference(name, digest, found.verdict.content))


def _by_digest(instruments: Instruments, reference: str) -> FoundRelease:
    project = instruments.project()
    digits = _DIGITS.fullmatch(reference.strip())
    known = {*_lying_here(project), *named_in_git(project, instruments.commit_log())} if digits else set()
    start = digits["hex"].lower() if digits else ""
    found = sorted((each for each in known if each.release.hex.startswith(start)), key=lambda each: each.release.hex)
    if len(found) == 1:
        return fetched(instruments, found[0])
    if not found and (stored := _in_store(instruments, start)):
        return _of_digest(instruments, stored, project.settings.model)
    if not found and (of := [each for each in known if each.content.hex.startswith(start)]):
        versions = listed(each.release.short for each in of)
        raise DocumentError(f"{reference!r} is a content, no release", hint=f"its releases: {versions}")
    there = listed(f"{each.name} {each.release.short}" for each in found or sorted(known, key=str)) or "none yet"
    raise DocumentError(f"{len(found)} releases match {reference!r}", hint=f"there are: {there}")


def _in_store(instruments: Instruments, start: str) -> Digest | None:
    """The only release of the store whose digest starts so. Of a store that does not answer, nothing is known."""
    try:
        found = [each.digest for each in instruments.release_store().releases() if each.digest.hex.startswith(start)]
    except LockgateError:
        return None
    return found[0] if start and len(found) == 1 else None


def _lying_here(project: Project) -> list[ReleaseReference]:
    found = []
    for version in project.releases.versions():
        try:
            manifest = project.releases.manifest(version)
        except LockgateError:  # whoever opens it says what is wrong with it
            continue
        found.append(ReleaseReference(manifest.name, manifest.release, manifest.content))
    return found
