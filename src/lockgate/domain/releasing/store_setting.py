"""Which store: one line, as it is written under `store:` in params.yaml or in the environment."""

import re
from dataclasses import dataclass
from enum import StrEnum

VARIABLE = "LOCKGATE_STORE"
FORMS = "a folder, oci://host/repository, dvc, or dvc:<remote>"
ONE_LINE = f"name the store by one line, `store:` in params.yaml or {VARIABLE}: {FORMS}"
_REPOSITORY = re.compile(r"[a-zA-Z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+|\[[0-9a-f:]+\](:\d+)?(/[a-z0-9._-]+)+")


class StoreKind(StrEnum):
    """What keeps releases."""

    FOLDER = "folder"
    OCI = "oci"
    DVC = "dvc"


@dataclass(frozen=True)
class StoreSetting:
    """A store: a path, a registry's host and repository, or the name of a remote of DVC's, empty for the default."""

    kind: StoreKind
    at: str


def store_setting(text: str) -> StoreSetting:
    """Read the line. Raises ``ValueError`` for what is none of the forms, without repeating what may be a password."""
    kind, colon, rest = text.partition(":")
    if text.startswith("oci://"):
        repository = text.removeprefix("oci://")
        if not _REPOSITORY.fullmatch(repository):
            raise ValueError(
                "store: oci:// is followed by host[:port]/repository in lower-case letters, without tag or password"
            )
        return StoreSetting(StoreKind.OCI, repository)
    if "://" in text:
        raise ValueError(
            f"store: {kind}:// is none of its forms: {FORMS}; make it a remote of DVC's: dvc remote add NAME URL"
        )
    if kind == StoreKind.DVC and (not colon or rest):
        return StoreSetting(StoreKind.DVC, rest)
    if not text.strip() or "\0" in text or (colon and kind in {StoreKind.DVC, StoreKind.OCI}):
        raise ValueError(f"store: {FORMS}")
    return StoreSetting(StoreKind.FOLDER, text)
