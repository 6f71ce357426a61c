"""What people name a release by: its digest, a folder, a Bento, an image, an environment, a version of a registry."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.releasing.bundle_files import MANIFEST, SIGNED, VERDICT
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import DocumentError, InputError, ToolError
from lockgate.ports import Images, ProjectStore
from lockgate.ports.serving.packages import BUNDLE, SOURCE
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
    that lies without being fetched. ``name`` is the model's, empty where it is not known yet. ``image`` is the id of
    the image: a tag may name another one a moment later.
    """

    text: str
    kind: Kind
    digest: Digest | None = None
    folder: Path | None = None
    name: str = ""
    image: str = ""

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"the {self.kind} {self.text}" if self.kind != "bento" else f"the Bento {self.text}"


def in_folder(store: ProjectStore, text: str) -> Reference | None:
    """A bundle or a Bento that lies there, whatever it lacks; ``None`` where that is no folder of one."""
    path = Path(text)
    if not text or not store.has_folder(path):
        return None
    if any(store.has(path / name) for name in (MANIFEST, SIGNED, VERDICT)):
        return Reference(text, "folder", folder=path)
    inside = path / SOURCE / BUNDLE
    return Reference(text, "bento", folder=inside) if store.has_folder(inside) else None


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
    return _by_digest(instruments, text) or _image(instruments, text)


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
    found = list[Manifest]()
    for version in (each for each in project.releases.versions() if _alike(each, start)):
        try:
            manifest = project.releases.manifest(version)
        except DocumentError:  # whoever looks at the folder says what is wrong with it
            return Reference(text, "release", folder=project.releases.open(version))
        found += [manifest] if manifest.release.hex.startswith(start) else []
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
    """An image of the engine.

    Raises ``DocumentError`` with everybody who was asked where it has none of that name, ``ToolError`` where the engine
    does not answer.
    """
    asked = [f"here are: {listed(instruments.project().releases.versions()) or 'none'}"]
    if DIGEST.fullmatch(text):
        asked.append(f"none in {instruments.release_store().where}")
    if instruments.store().has(Path(text)) and text:
        asked.append(f"what lies at {text} has no {MANIFEST}")
    if re.search(r"[:/]", text) and not text.startswith((".", "/")):
        images = instruments.images()
        try:
            image = images.find(text)
        except InputError as error:
            asked.append(f"as an image: {error.message}")
        except ToolError as error:
            told = f"{'; '.join(asked)}; as an image: {error.message}"
            raise ToolError(f"{text!r} names no release that can be found; {told}", hint=error.hint) from error
        else:
            if image is not None:
                return Reference(text, "image", _labelled(images, image, text), image=image)
            asked.append("the Docker engine has no such image")
    raise DocumentError(f"{text!r} names no release; {'; '.join(asked)}", hint=FORMS)


def _labelled(images: Images, image: str, text: str) -> Digest:
    try:
        label = images.label(image, LABEL)
    except DocumentError as error:
        raise DocumentError(f"the image {text} is no release's: {error.message}", hint=error.hint) from error
    return _digest(label, f"the image {text}")


def _digest(text: str, where: str) -> Digest:
    try:
        return Digest.parse(text)
    except ValueError as error:
        raise DocumentError(f"{where} says that it is release {text!r}", hint="that is no digest of one") from error


def as_named(reference: Reference) -> ReleaseReference | None:
    """As an environment would name it, to be fetched; ``None`` where no digest is known."""
    digest = reference.digest
    return None if digest is None else ReleaseReference(reference.name, digest, digest)
