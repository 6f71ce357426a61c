"""``lockgate image``: the two environments that change with their lock files, and one release on top of the second."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.releasing.release import PROVENANCE, Provenance, Release
from lockgate.errors import DocumentError, InputError
from lockgate.ports import Images, Package, Wheelhouse
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.project.stored.named_release import named_release
from lockgate.usecases.serving.events import ImageSaid
from lockgate.usecases.serving.package import package
from lockgate.usecases.serving.packaged_parity import answers_as_judged

OCI = "org.opencontainers.image"
"""The prefix of the labels that the OCI image specification names (annotations.md)."""


@dataclass(frozen=True)
class Image:
    """A container image: its tag is a pointer, its id is its content."""

    tag: str
    id: str
    labels: Mapping[str, str]


def train(project: Project, tag: str | None, images: Images, wheels: Wheelhouse, say: Callable[[str], None]) -> Image:
    """The training environment: every package of the lock file, and the project's own wheel."""
    images.ping()
    lock = _lock(project, "requirements.lock")
    packages = _packages(project, lock, wheels, say, sources=True)
    own = project.layout.build / "wheels" / "project"
    wheels.project(project.layout.root, own)
    context = {"requirements.lock": lock, "wheels": packages, "dist": own}
    return _environment(project, "train", tag, context, images, say)


def serving(project: Project, tag: str | None, images: Images, wheels: Wheelhouse, say: Callable[[str], None]) -> Image:
    """The serving environment: every package of its own, smaller lock file, and no model."""
    images.ping()
    lock = _lock(project, "docker/serving/requirements.lock")
    context = {"requirements.lock": lock, "wheels": _packages(project, lock, wheels, say, sources=False)}
    return _environment(project, "serving", tag, context, images, say)


def build_train(instruments: Instruments, tag: str | None, tell: Tell) -> Image:
    """The training environment of this project."""
    return train(instruments.project(), tag, instruments.images(), instruments.wheelhouse(), _telling(tell))


def build_serving(instruments: Instruments, tag: str | None, tell: Tell) -> Image:
    """The serving environment of this project."""
    return serving(instruments.project(), tag, instruments.images(), instruments.wheelhouse(), _telling(tell))


def build_release(
    instruments: Instruments, version: str | None, environment: str | None, tag: str | None, tell: Tell
) -> Image:
    """The release of that version, by default that of the latest verdict, packaged and laid on its environment."""
    images = instruments.images()
    _, folder = named_release(instruments, version)
    images.ping()
    return release(instruments, package(instruments, folder).package, environment, tag, _telling(tell))


def _telling(tell: Tell) -> Callable[[str], None]:
    return lambda line: tell(ImageSaid(line))


def release(
    instruments: Instruments, package: Package, environment: str | None, tag: str | None, say: Callable[[str], None]
) -> Image:
    """A packaged release on the serving environment; its tag is set once the image answers as judged.

    Opening it demands a `passed` verdict for exactly its content. Raises ``GateClosed`` where the image answers
    otherwise: then what had the tag before has it still.
    """
    project, images = instruments.project(), instruments.images()
    opened = open_release(project, package.release)
    tag = tag or f"lockgate/{opened.name}:{opened.version}"
    images.find(tag)  # what is no tag is said before anything is built
    base = environment or _environment_tag(project, "serving")
    found = images.find(base)
    if found is None:
        # The engine would look for the name on a public registry, where it may be anyone's.
        raise InputError(
            f"the engine has no serving environment {base}",
            hint="build it: lockgate image serving; or pull it, and name it with --environment",
        )
    labels = _release_labels(project, opened, package, base, found)
    dockerfile = project.layout.root / "docker" / "serving" / "release.Dockerfile"
    made = images.build({".": package.path}, dockerfile, None, {"ENVIRONMENT": found}, labels, say)
    try:
        say(f"asking what {tag} is to be, before it is: {made}")
        _ask(instruments, opened, package, made, tag)
        images.name(made, tag)
    finally:
        images.discard(made)
    return Image(tag, made, labels)


def _ask(instruments: Instruments, release: Release, package: Package, image: str, tag: str) -> None:
    """Raise ``GateClosed`` unless the image of that id answers as judged."""
    project, runtime = instruments.project(), instruments.runtime(soon=True)
    with instruments.images().serve(image) as url:
        answering = instruments.client(url)
        answers_as_judged(project, release, package.release, answering, tag, runtime, instruments.tables())


def _environment(
    project: Project,
    name: str,
    tag: str | None,
    context: Mapping[str, Path],
    images: Images,
    say: Callable[[str], None],
) -> Image:
    tag = tag or _environment_tag(project, name)
    # No commit: equal packages give an equal image, whichever commit asked for it.
    labels = {"lockgate.lock": str(project.files.sha256(context["requirements.lock"]))}
    dockerfile = project.layout.root / "docker" / name / "Dockerfile"
    return Image(tag, images.build(context, dockerfile, tag, {}, labels, say), labels)


def _environment_tag(project: Project, name: str) -> str:
    return f"lockgate/{project.settings.model}-{name}"


def _release_labels(
    project: Project, release: Release, package: Package, environment: str, found: str
) -> Mapping[str, str]:
    source = project.documents.read(package.release / PROVENANCE, Provenance).source
    return {
        f"{OCI}.title": release.name,
        f"{OCI}.description": f"the model {release.name}, release {release.version}, served by BentoML",
        f"{OCI}.version": release.version,
        f"{OCI}.revision": source.commit,
        f"{OCI}.base.name": environment,
        "lockgate.release": str(release.digest),
        "lockgate.content": str(release.content),
        "lockgate.environment": found,
    }


def _lock(project: Project, name: str) -> Path:
    lock = project.layout.root / name
    if not project.store.has(lock) or project.store.has_folder(lock):
        raise DocumentError(
            f"{lock}: missing",
            hint="an image is made of a lock file with hashes, as `uv pip compile --generate-hashes` writes it",
        )
    return lock


def _packages(project: Project, lock: Path, wheels: Wheelhouse, say: Callable[[str], None], *, sources: bool) -> Path:
    """The wheels of a lock file, in a folder that is named by the file's content."""
    folder = project.layout.build / "wheels" / project.files.sha256(lock).short
    name = lock.relative_to(project.layout.root)
    if not project.store.has(folder):
        say(f"collecting the packages of {name}: some minutes, once for each content of this file")
    wheels.collect(lock, folder, sources=sources)
    return folder
