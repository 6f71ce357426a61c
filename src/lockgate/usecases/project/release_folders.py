"""Opening releases: from the local folder, or from the registry; what is opened is verified."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest, Release, demand_passed, verified
from lockgate.errors import DocumentError, GateClosed
from lockgate.ports import Registry
from lockgate.usecases.project.project import Project, find_candidate


def open_release(project: Project, folder: Path) -> Release:
    """Verify a bundle: every file against the manifest, and a `passed` verdict for exactly its content."""
    manifest = project.documents.read(folder / MANIFEST, Manifest)
    found = {name: digest for name, digest in project.files.tree(folder).items() if name != MANIFEST}
    return verified(manifest, found, project.documents.read(folder / VERDICT, Verdict))


def latest_release(project: Project, version: str | None) -> tuple[Release, Path]:
    """The release of that version (or of the start of one), or else the one that the latest verdict was sealed in.

    Where none was sealed because the champion has the same content already, it is the champion's.
    """
    folders = _folders(project)
    if version is not None:
        return _named(project, folders, version)
    verdict = project.files.sha256(project.layout.verdict)
    for folder in folders:
        if project.files.sha256(folder / VERDICT) == verdict:
            return open_release(project, folder), folder
    latest = project.documents.read(project.layout.verdict, Verdict)
    demand_passed(latest, latest.content)
    champion = project.documents.read_settings(project.layout.environment(latest.environment), Deployment).champion
    if (serving := release_of(project, latest.content, champion, None)) is not None:
        return serving
    raise DocumentError(
        "the latest verdict is not sealed in a release",
        hint="seal it: lockgate release; or name a release of before: --release VERSION",
    )


def release_of(
    project: Project, content: Digest, champion: ReleaseReference | None, registry: Registry | None
) -> tuple[Release, Path] | None:
    """The champion's release, where it has that content and can be had: to seal the same content anew adds nothing."""
    if champion is None or champion.content != content:
        return None
    folder = fetch_release(project, champion, registry)
    return None if folder is None else (open_release(project, folder), folder)


def _folders(project: Project) -> list[Path]:
    # A hidden folder is one that a seal was killed in.
    return sorted(path.parent for path in project.layout.releases.glob(f"[!.]*/{MANIFEST}"))


def _named(project: Project, folders: Sequence[Path], version: str) -> tuple[Release, Path]:
    """The release whose digest starts so, with ``sha256:`` or the model's name before it as Lockgate prints them."""
    wanted = version.rpartition(":")[2].lower()
    found = [folder for folder in folders if wanted and folder.name.startswith(wanted[: len(folder.name)])]
    if len(found) == 1 and (release := open_release(project, found[0])).digest.hex.startswith(wanted):
        return release, found[0]
    there = listed(folder.name for folder in folders) or "none yet"
    if of := [folder.name for folder in folders if wanted and _content(project, folder).hex.startswith(wanted)]:
        raise DocumentError(f"{version!r} is a content, no release", hint=f"its releases: {listed(of)}")
    count = len(found) if len(found) != 1 else 0
    raise DocumentError(f"{count} releases match {version!r}", hint=f"there are: {there}")


def _content(project: Project, folder: Path) -> Digest:
    return project.documents.read(folder / MANIFEST, Manifest).content


def contents(project: Project) -> Iterator[Digest]:
    """The content of each candidate and of each release that lies here, as far as it can be read."""
    for name in project.settings.candidates:
        if candidate := find_candidate(project, name):
            yield candidate.content
    for folder in _folders(project):
        try:
            yield _content(project, folder)
        except DocumentError:  # whoever opens it says what is wrong with it
            continue


def fetch_release(project: Project, reference: ReleaseReference, registry: Registry | None) -> Path | None:
    """The folder of a release that git names; ``None`` where neither disk nor registry has it whole."""
    folder = project.layout.release(reference.release.short)
    if not (folder / MANIFEST).exists() and registry is not None:
        registry.fetch(reference.release, reference.name, folder)
    try:
        release = open_release(project, folder)
    except (DocumentError, GateClosed):
        return None
    return folder if release.digest == reference.release else None
