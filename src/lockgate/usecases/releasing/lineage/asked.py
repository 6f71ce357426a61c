"""What a lineage is asked of: an environment, now or then, or a release; and what that names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import Asked, Doubt
from lockgate.domain.releasing.lineage.environment_log import Stay
from lockgate.domain.releasing.lineage.moments import at, moment
from lockgate.errors import DocumentError, InputError, LockgateError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.releasing.lineage.environments import CUT, doubts_of, stays_of
from lockgate.usecases.releasing.lineage.found_release import FoundRelease, named_in_git, not_had, read_release

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
    return Answer(Asked(reference), _by_digest(instruments, reference))


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
    if folder is not None:
        return read_release(project, reference, folder, folder.relative_to(project.layout.root).as_posix())
    return not_had(reference, "it does not lie here", "lockgate release")


def _by_digest(instruments: Instruments, reference: str) -> FoundRelease:
    project = instruments.project()
    digits = _DIGITS.fullmatch(reference.strip())
    known = {*_lying_here(project), *named_in_git(project, instruments.commit_log())} if digits else set()
    start = digits["hex"].lower() if digits else ""
    found = sorted((each for each in known if each.release.hex.startswith(start)), key=lambda each: each.release.hex)
    if len(found) == 1:
        return fetched(instruments, found[0])
    if not found and (of := [each for each in known if each.content.hex.startswith(start)]):
        versions = listed(each.release.short for each in of)
        raise DocumentError(f"{reference!r} is a content, no release", hint=f"its releases: {versions}")
    there = listed(f"{each.name} {each.release.short}" for each in found or sorted(known, key=str)) or "none yet"
    raise DocumentError(f"{len(found)} releases match {reference!r}", hint=f"there are: {there}")


def _lying_here(project: Project) -> Sequence[ReleaseReference]:
    found = []
    for version in project.releases.versions():
        try:
            manifest = project.releases.manifest(version)
        except LockgateError:  # whoever opens it says what is wrong with it
            continue
        found.append(ReleaseReference(manifest.name, manifest.release, manifest.content))
    return found
