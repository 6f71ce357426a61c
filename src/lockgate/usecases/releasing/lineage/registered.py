"""The versions of a registry that hold a release, as their tags say."""

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import Doubt, RegisteredVersion
from lockgate.errors import LockgateError
from lockgate.usecases.project.instruments import Instruments


def registered_versions(
    instruments: Instruments, reference: ReleaseReference
) -> tuple[tuple[RegisteredVersion, ...], list[Doubt]]:
    """Each version that is tagged with the release, or with its content; nothing is asked where nothing was begun."""
    try:
        if not instruments.tracking_store().begun():
            return (), []
        registry = instruments.registry()
        state, where = registry.state(reference.name), registry.where().replace(f"{instruments.layout.root}/", "")
    except LockgateError as error:
        return (), [Doubt("registered", f"MLflow cannot say: {error.message}", error.hint)]
    held = [
        each
        for each in state.versions
        if str(reference.release) in (each.release, *each.releases) or each.content == str(reference.content)
    ]
    return tuple(
        RegisteredVersion(
            reference.name,
            each.version,
            where,
            tuple(sorted(alias for alias, version in state.aliases.items() if version == each.version)),
        )
        for each in held
    ), []
