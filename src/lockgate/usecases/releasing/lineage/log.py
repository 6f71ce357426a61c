"""``lockgate log``: what an environment named, since when, until when, by whom and why."""

from dataclasses import replace

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.environment_log import EnvironmentLog, Stay
from lockgate.domain.releasing.release import MANIFEST
from lockgate.errors import InputError, LockgateError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import fetch_release, open_release
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.lineage.environments import doubts_of, stays_of


def environment_log(instruments: Instruments, environment: str, *, verify: bool = False) -> EnvironmentLog:
    """The log by the history of what is checked out; ``verify`` opens every release that it names.

    An environment that ``params.yaml`` lists no more has its history still. Raises ``InputError`` for a name that never
    was one.
    """
    project, log = instruments.project(), instruments.commit_log()
    head = instruments.repository().head()
    stays = stays_of(project, environment, log)
    if not stays:
        project.settings.environment(environment)
        raise InputError(
            f"no commit here has deploy/{environment}.yaml", hint="commit it; in a shallow clone: git fetch --unshallow"
        )
    had: dict[ReleaseReference, Stay] = {}
    told = tuple(_with_release(instruments, stay, had, verify=verify) for stay in stays)
    return EnvironmentLog(environment, head, log.branch(), told, doubts_of(stays, log))


def _with_release(instruments: Instruments, stay: Stay, had: dict[ReleaseReference, Stay], *, verify: bool) -> Stay:
    if stay.release is None:
        return stay
    if stay.release not in had:
        had[stay.release] = _had(instruments, stay, stay.release, verify=verify)
    found = had[stay.release]
    return replace(stay, where=found.where, verified=found.verified, problem=stay.problem or found.problem)


def _had(instruments: Instruments, stay: Stay, reference: ReleaseReference, *, verify: bool) -> Stay:
    project = instruments.project()
    folder = project.releases.open(reference.release.short)
    try:
        if folder is None and not verify:
            store = instruments.release_store()
            there = store.document(reference.release, MANIFEST) is not None
            return replace(stay, where=f"the store {store.where}" if there else "")
        folder = folder or fetch_release(project, reference, elsewhere(instruments))
    except LockgateError as error:
        return replace(stay, problem=error.message)
    where = str(folder.relative_to(project.layout.root))
    if not verify:
        return replace(stay, where=where)
    try:
        release = open_release(project, folder)
    except LockgateError as error:
        return replace(stay, where=where, verified=False, problem=error.message)
    return replace(stay, where=where, verified=release.digest == reference.release)
