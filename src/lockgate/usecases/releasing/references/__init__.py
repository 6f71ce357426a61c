"""What people name a release by: its digest, a folder, a Bento, an image, an environment, a version of a registry."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.releasing.bundle_files import MANIFEST
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.errors import DocumentError
from lockgate.ports import ProjectStore
from lockgate.usecases.project.champions import committed_champion
from lockgate.usecases.project.instruments import Instruments

Kind: TypeAlias = Literal["folder", "bento", "image", "environment", "release", "registry"]

REGISTERED: Final = re.compile(
    r"(?:models:/)?(?P<name>[\w.-]+)@(?P<alias>[\w.-]+)|models:/(?P<of>[\w.-]+)/(?P<version>\d+)"
)
DIGEST: Final = re.compile(r"(?:[\w.-]+:)?(?P<hex>[0-9a-f]{7,64})", re.IGNORECASE)
LABEL: Final = "lockgate.release"
FORMS: Final = (
    "name it by the start of its digest, a folder, a Bento's folder, an image, an environment, models:/NAME/VERSION or"
    " NAME@ALIAS"
)


@dataclass(frozen=True)
class Reference:
    """What a REF names.

    ``digest`` is the release that it is said to be, ``None`` where only the bundle itself says it. ``folder`` is where
    that lies without being fetched. ``name`` is the model's, empty where it is not known yet.
    """

    text: str
    kind: Kind
    digest: Digest | None = None
    folder: Path | None = None
    name: str = ""

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"the {self.kind} {self.text}" if self.kind != "bento" else f"the Bento {self.text}"


def in_folder(store: ProjectStore, text: str) -> Reference | None:
    """A bundle or a Bento that lies there; ``None`` where that is no folder of one."""
    path = Path(text)
    if not text or not store.has_folder(path):
        return None
    for kind, inside in (("folder", path), ("bento", path / "src" / "release")):
        if store.has(inside / MANIFEST):
            return Reference(text, "folder" if kind == "folder" else "bento", folder=inside)
    return None


def find_reference(instruments: Instruments, text: str) -> Reference:
    """What a REF names; nothing is fetched and nothing verified.

    An environment goes before a folder of its name, which is told apart by a slash. Raises ``DocumentError`` for what
    names nothing.
    """
    project = instruments.project()
    if text in project.settings.environments:
        return _champion(instruments, text)
    if (lies := in_folder(project.store, text)) is not None:
        return lies
    if match := REGISTERED.fullmatch(text):
        return _registered(instruments, text, match)
    found = _by_digest(instruments, text)
    if found is not None:
        return found
    return _image(instruments, text)


def _champion(instruments: Instruments, environment: str) -> Reference:
    named = committed_champion(instruments.project(), environment, instruments.repository())
    if named is None:
        raise DocumentError(f"{environment} names no release yet", hint=f"lockgate promote {environment}")
    return Reference(environment, "environment", named.release, name=named.name)


def _registered(instruments: Instruments, text: str, match: "re.Match[str]") -> Reference:
    """The release that a model version was made of, as its tags say: whoever opens it, verifies that."""
    name, alias, number = match["name"] or match["of"], match["alias"], match["version"]
    registry = instruments.registry()
    state = registry.state(name)
    number = number or state.aliases.get(alias, "")
    version = state.version(number)
    if version is None:
        aliases = listed(f"{name}@{each}" for each in state.aliases) or "none"
        there = listed(each.version for each in state.versions) or "none"
        raise DocumentError(
            f"{text} is not in the registry {registry.where()}", hint=f"versions: {there}; aliases: {aliases}"
        )
    if not version.release:
        raise DocumentError(f"{name} version {number} is no release's", hint="see: lockgate registry check")
    return Reference(text, "registry", _digest(version.release, f"{name} version {number}"), name=name)


def _by_digest(instruments: Instruments, text: str) -> Reference | None:
    """The release here or in the store whose digest starts so; ``None`` where there is none, or it is no digest."""
    match = DIGEST.fullmatch(text)
    if match is None:
        return None
    project, start = instruments.project(), match["hex"].lower()
    manifests = {each: project.releases.manifest(each) for each in project.releases.versions() if _alike(each, start)}
    found = [manifest for manifest in manifests.values() if manifest.release.hex.startswith(start)]
    if len(found) > 1:
        names = listed(manifest.release for manifest in found)
        raise DocumentError(f"{len(found)} releases start with {start}: {names}", hint="give more digits")
    if found:
        return Reference(text, "release", found[0].release, name=found[0].name)
    stored = [each.digest for each in instruments.release_store().releases() if each.digest.hex.startswith(start)]
    if len(stored) > 1:
        raise DocumentError(f"{len(stored)} releases start with {start}: {listed(stored)}", hint="give more digits")
    return Reference(text, "release", stored[0]) if stored else None


def _alike(version: str, start: str) -> bool:
    """A folder may be called by what it does not hold: the digest is asked, the name only spares reading others."""
    return version.startswith(start[: len(version)])


def _image(instruments: Instruments, text: str) -> Reference:
    if not re.search(r"[:/]", text) or text.startswith((".", "/")) or DIGEST.fullmatch(text):
        there = listed(instruments.project().releases.versions()) or "none"
        asked = f", and none in {instruments.release_store().where}" if DIGEST.fullmatch(text) else ""
        raise DocumentError(f"{text!r} names no release; here are: {there}{asked}", hint=FORMS)
    return Reference(text, "image", _digest(instruments.images().label(text, LABEL), f"the image {text}"))


def _digest(text: str, where: str) -> Digest:
    try:
        return Digest.parse(text)
    except ValueError as error:
        raise DocumentError(f"{where} says that it is release {text!r}", hint="that is no digest of one") from error


def as_named(reference: Reference) -> ReleaseReference | None:
    """As an environment would name it, to be fetched; ``None`` where no digest is known."""
    digest = reference.digest
    return None if digest is None else ReleaseReference(reference.name, digest, digest)
